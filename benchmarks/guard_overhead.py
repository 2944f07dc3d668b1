"""What the guard adds to a trivial async test, beside the bare plugins, and whether it grows.

Run it with the interpreter of an environment that has the guard:
`uv run --with-editable ./guard --with pytest-asyncio --with anyio benchmarks/guard_overhead.py`.
(From a wheel, uv would take an older build.) The smallest of some rounds counts of each run,
because other work on the machine only adds time.

With `--instructions`, valgrind counts what the processor is told to do. That takes fifty times as
long, and a busy machine does not change it: `--instructions --rounds 1 --tests 250`.
"""

from __future__ import annotations

import argparse
import math
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from itertools import product
from pathlib import Path

BODY = "async def test_{number}():\n    pass\n"
BACKEND = (
    "import pytest\n@pytest.fixture(scope='session')\ndef anyio_backend():\n    return 'asyncio'\n"
)
HOLDER = (
    "@pytest.fixture(scope='session', autouse=True)\nasync def holder(anyio_backend):\n    pass\n"
)
BARE = ("-p", "no:async_guard")
QUIET = ("-q", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist")
PYTEST = (sys.executable, "-m", "pytest", *QUIET)
# Compiling the tests is no cost of running them: what is compiled is kept.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
CALLGRIND = ("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null")


def suites(root: Path, tests: int) -> dict[str, Path]:
    """Write a suite of trivial tests for each plugin and each scope, by its label."""
    found = {}
    for scope in ("function", "session"):
        settings = [f"asyncio_default_{kind}_loop_scope={scope}" for kind in ("fixture", "test")]
        settings += ["asyncio_mode = auto", "addopts = -p no:anyio"]
        found[f"asyncio, {scope} scope"] = suite(root / f"asyncio-{scope}", settings, "", tests)
        settings = ["anyio_mode = auto", "addopts = -p no:asyncio"]
        conftest = BACKEND + (HOLDER if scope == "session" else "")
        found[f"anyio, {scope} scope"] = suite(root / f"anyio-{scope}", settings, conftest, tests)
    return found


def suite(folder: Path, settings: list[str], conftest: str, tests: int) -> Path:
    """Write a suite of trivial tests."""
    folder.mkdir(parents=True)
    (folder / "pytest.ini").write_text("\n".join(["[pytest]", "timeout = 30", *settings]) + "\n")
    (folder / "conftest.py").write_text(conftest)
    bodies = [BODY.format(number=number) for number in range(tests)]
    (folder / "test_trivial.py").write_text("\n".join(bodies))
    return folder


def microseconds(folder: Path, *arguments: str) -> float:
    """Run pytest in a suite, and return the microseconds of the processor that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [*PYTEST, *arguments], cwd=folder, env=ENVIRONMENT, check=True, capture_output=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e6


def instructions(folder: Path, *arguments: str) -> float:
    """Run pytest in a suite, and return its instructions, without those of the kernel."""
    run = subprocess.run(
        [*CALLGRIND, *PYTEST, *arguments],
        cwd=folder,
        env={**ENVIRONMENT, "PYTHONHASHSEED": "0"},
        check=True,
        capture_output=True,
        text=True,
    )
    return int(run.stderr.rpartition("Collected : ")[2].split()[0])


def main() -> None:
    """Print what a test costs, bare and guarded, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instructions", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tests", type=int, nargs="*", default=[1000, 10_000])
    options = parser.parse_args()
    if options.instructions and shutil.which("valgrind") is None:
        parser.error("--instructions needs valgrind, a package of Debian and most systems")
    cost, unit = (instructions, "instructions") if options.instructions else (microseconds, "us")
    print(f"| | tests | bare, {unit} a test | guarded | ratio |\n|---|---|---|---|---|")
    for tests in options.tests:
        with tempfile.TemporaryDirectory() as root:
            folders = suites(Path(root), tests)
            for folder in folders.values():
                microseconds(folder)  # the first run compiles the tests
            times: dict[tuple[str, bool, bool], float] = {}
            for _ in range(options.rounds):  # interleaved: a slow moment hits all of them
                for (label, folder), guarded, whole in product(
                    folders.items(), (False, True), (False, True)
                ):
                    arguments = [] if guarded else [*BARE]
                    arguments += [] if whole else ["test_trivial.py::test_0"]
                    key = label, guarded, whole
                    times[key] = min(times.get(key, math.inf), cost(folder, *arguments))
        for label in folders:
            # Collecting and starting cost the same for all.
            bare, guarded = (
                (times[label, kind, True] - times[label, kind, False]) / (tests - 1)
                for kind in (False, True)
            )
            print(f"| {label} | {tests} | {bare:.0f} | {guarded:.0f} | {guarded / bare:.2f} |")


if __name__ == "__main__":
    main()
