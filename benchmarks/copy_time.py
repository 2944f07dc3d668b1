"""What `copier copy` of this template costs, beside an empty template and one without any Jinja.

The second makes the same files and asks the same questions, but every file, name and default is a
plain text: that is what Copier itself needs for them.

Run it with `uv run python benchmarks/copy_time.py`. It counts the time of the processor, with that
of the programs that Copier starts. The smallest of some rounds counts, because other work on the
machine only adds time.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]


def seconds(template: Path, destination: Path, bytecode: Path) -> float:
    """Copy a template into a new folder, and return the seconds of the processor for all of it."""
    command = [sys.executable, "-m", "copier", "copy", "--defaults", "--quiet"]
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(bytecode)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*command, template, destination], env=environment, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def plain(folder: Path, project: Path) -> Path:
    """Write a template without Jinja that makes the files of a project and asks what ours asks."""
    shutil.copytree(project, folder / "template")
    asked = yaml.safe_load((ROOT / "copier.yml").read_text(encoding="utf-8"))
    answered = yaml.safe_load((project / ".copier-answers.yml").read_text(encoding="utf-8"))
    questions: dict[str, Any] = {"_subdirectory": "template"}
    for key in answered.keys() & asked.keys():
        values = asked[key].get("choices", {})
        offered = values if isinstance(values, list) else list(values.values())
        questions[key] = {
            **{name: asked[key][name] for name in ("type", "multiselect") if name in asked[key]},
            "default": answered[key],
            "choices": [one["value"] if isinstance(one, dict) else one for one in offered],
        }
    (folder / "copier.yml").write_text(yaml.safe_dump(questions), encoding="utf-8")
    return folder


def main() -> None:
    """Print the seconds of a copy, and the ratio to the empty template."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for label in ("empty", "this"):
            (root / label).mkdir()
        (root / "empty" / "copier.yml").touch()
        shutil.copy(ROOT / "copier.yml", root / "this")
        for part in ("includes", "template", "guard/src"):
            shutil.copytree(ROOT / part, root / "this" / part)
        seconds(root / "this", root / "project", root / "bytecode")  # compiles Copier, too
        templates = {
            "an empty template": root / "empty",
            "the same without Jinja": plain(root / "plain", root / "project"),
            "this template": root / "this",
        }
        least = dict.fromkeys(templates, float("inf"))
        for number in range(rounds):  # interleaved, so that a slow moment hits all
            for label, template in templates.items():
                destination = root / "copies" / f"{template.name}-{number}"
                took = seconds(template, destination, root / "bytecode")
                least[label] = min(least[label], took)
    for label, took in least.items():
        print(f"{label}: {took:.2f} s, {took / least['an empty template']:.2f} times")


if __name__ == "__main__":
    main()
