"""How long `copier copy` of this template takes, compared with an empty template.

Run it with `uv run python benchmarks/copy_time.py`.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def seconds(template: Path, destination: Path) -> float:
    """Copy a template into a new folder, and return the seconds of the whole process."""
    command = [sys.executable, "-m", "copier", "copy", "--defaults", "--quiet"]
    started = time.perf_counter()
    subprocess.run([*command, template, destination], check=True)
    return time.perf_counter() - started


def main() -> None:
    """Print the seconds of a copy, and the ratio of the two."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        templates = {"an empty template": root / "empty", "this template": root / "this"}
        for folder in templates.values():
            folder.mkdir()
        (root / "empty" / "copier.yml").touch()
        shutil.copy(ROOT / "copier.yml", root / "this")
        for part in ("includes", "template", "guard/src"):
            shutil.copytree(ROOT / part, root / "this" / part)
        times: dict[str, list[float]] = {label: [] for label in templates}
        for number in range(rounds):  # interleaved, so that a slow moment hits both
            for label, template in templates.items():
                times[label].append(seconds(template, root / f"{template.name}-{number}"))
    medians = {label: statistics.median(values) for label, values in times.items()}
    for label, median in medians.items():
        print(f"{label}: {median:.3f} s, {median / medians['an empty template']:.2f} times")


if __name__ == "__main__":
    main()
