r"""What a check of real repositories costs, beside ruff, the flake8 plugins, and the limit.

    uv run --with flake8 --with flake8-async --with flake8-pytest-style \
        benchmarks/real_repositories.py FOLDER

FOLDER holds checkouts, each in a folder of its own. The limit is the least that a program in Python
can take which looks at async tests: to start, and to parse the test files that hold async code. CPU
is that of all processes. Every command runs once before it is measured, and its fastest round
counts. `check` finds an empty cache each time, `again` that of the run before. The exit status is 1
if a promise does not hold.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

HOOKS = Path(__file__).parents[1] / "hooks"
PARSE = """\
import ast, sys

for file in sys.stdin.read().split("\\0"):
    with open(file, "rb") as code:
        ast.parse(code.read())
"""
IS_ASYNC = re.compile(rb"\basync def\b|\bawait\b")
COMMANDS = {
    "check": ("-m", "async_test_template", "check"),
    "again": ("-m", "async_test_template", "check"),
    "ruff": ("-m", "ruff", "check", "--select", "PT,ASYNC", "--no-cache", "--quiet", "--isolated"),
    "flake8": ("-m", "flake8", "--isolated", "--select", "PT,ASYNC", "--quiet"),
    "limit": ("-c", PARSE),
}
#: The promises: check beside the limit, all repositories together and the slowest one.
TOGETHER, SLOWEST = 1.8, 3.0
#: How many times as fast as the flake8 plugins.
FLAKE8 = 30
#: And how many times as fast where nothing has changed, all repositories together.
AGAIN = 5


class Cost(NamedTuple):
    """What a command takes, in seconds."""

    cpu: float
    wall: float


def main() -> int:
    """Print a table, the sums, and the promises that do not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="a folder of checkouts")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--skip", choices=COMMANDS, nargs="*", default=[], help="commands to leave")
    options = parser.parse_args()
    names = [name for name in COMMANDS if name not in options.skip]
    print("| repository | files | parsed |", " | ".join(f"{n} CPU | wall" for n in names), "|")
    print("|---|" + "---:|" * (2 + 2 * len(names)))
    costs: list[dict[str, Cost]] = []
    for root in sorted(path for path in options.folder.iterdir() if path.is_dir()):
        files = sorted(root.rglob("*.py"))
        parsed = [file for file in files if is_parsed(file)]
        costs.append({name: cost(name, root, parsed, options.rounds) for name in names})
        row = " | ".join(f"{c.cpu:.2f} | {c.wall:.2f}" for c in costs[-1].values())
        print(f"| {root.name} | {len(files)} | {len(parsed)} | {row} |", flush=True)
    for title, of in (("together", math.fsum), ("median", statistics.median)):
        sums = [
            f"{of([c[n].cpu for c in costs]):.2f} | {of([c[n].wall for c in costs]):.2f}"
            for n in names
        ]
        print(f"| {title} | | |", " | ".join(sums), "|")
    broken = list(tell(costs))
    print("", *broken, sep="\n")
    return int(bool(broken))


def is_parsed(file: Path) -> bool:
    """Tell whether a file is one of tests that holds async code."""
    name = file.name
    is_test = name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"
    return is_test and IS_ASYNC.search(file.read_bytes()) is not None


def cost(name: str, root: Path, parsed: list[Path], rounds: int) -> Cost:
    """Return the least CPU time and the least wall time of a command on a repository."""
    arguments = COMMANDS[name]
    given = "" if name == "limit" else str(root)
    text = "\0".join(map(str, parsed)) if name == "limit" and parsed else os.devnull
    command = [sys.executable, *arguments, *filter(None, [given])]
    measured: list[Cost] = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds + 1):
            cache = Path(folder, "kept" if name == "again" else str(number))
            measured.append(run(command, text, cache))
    # The first one does not count.
    del measured[0]
    return Cost(min(one.cpu for one in measured), min(one.wall for one in measured))


def run(command: list[str], text: str, cache: Path) -> Cost:
    """Measure one process with all that it starts; it may report findings, and must not fail."""
    environment = {**os.environ, "PYTHONPATH": str(HOOKS), "XDG_CACHE_HOME": str(cache)}
    # An installed package has its bytecode.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    # 2: a file that this Python cannot parse.
    done = subprocess.run(
        command, input=text.encode(), env=environment, capture_output=True, check=False
    )
    wall, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in {0, 1, 2} or b"No module named" in done.stderr:
        raise subprocess.CalledProcessError(done.returncode, command[:4], stderr=done.stderr)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu, wall)


def tell(costs: list[dict[str, Cost]]) -> list[str]:
    """Print how `check` compares; return the promises that do not hold."""
    ours = sum(one["check"].cpu for one in costs)
    broken = []
    for name in costs[0]:
        if name == "check":
            continue
        theirs = sum(one[name].cpu for one in costs)
        ratios = sorted(one["check"].cpu / one[name].cpu for one in costs)
        median = statistics.median(ratios)
        walls = statistics.median(one["check"].wall / one[name].wall for one in costs)
        line = (
            f"check takes {ours / theirs:.2f} times the CPU of {name}, in the median {median:.2f}, "
            f"at most {ratios[-1]:.2f}; in the median {walls:.2f} times its wall time"
        )
        print(f"\n{line}", end="")
        is_over = {
            "limit": ours > TOGETHER * theirs or ratios[-1] > SLOWEST,
            "flake8": ours * FLAKE8 > theirs,
            "again": theirs * AGAIN > ours,
        }
        if is_over.get(name):
            broken.append(f"not kept: {line}")
    print()
    return broken


if __name__ == "__main__":
    sys.exit(main())
