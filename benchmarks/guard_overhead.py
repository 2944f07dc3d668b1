"""What the guard adds to a trivial async test, beside bare plugins and `asyncio.run` in a test.

Run it with the interpreter of an environment that has pytest, pytest-asyncio, pytest-timeout, anyio
and Copier: `uv run --with pytest-asyncio --with anyio benchmarks/guard_overhead.py`.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from copier import run_copy

TEMPLATE = Path(__file__).parents[1]
TESTS = 1000


def suite(folder: Path, settings: list[str], body: str, conftest: str = "") -> Path:
    """Write a suite of trivial tests."""
    folder.mkdir()
    (folder / "pytest.ini").write_text("\n".join(["[pytest]", "timeout = 30", *settings]) + "\n")
    (folder / "conftest.py").write_text(conftest)
    tests = [body.format(number=number) for number in range(TESTS)]
    (folder / "test_trivial.py").write_text("import asyncio\n\n" + "\n".join(tests))
    return folder


def guarded(folder: Path, bare: Path, backend: str, scope: str) -> Path:
    """Write the same suite with the guard, and with what keeps AnyIO's loop open."""
    answers = {"project_kind": "existing", "framework": "library", "backend": backend}
    run_copy(
        str(TEMPLATE),
        folder,
        data=answers | {"loop_scope": scope},
        defaults=True,
        quiet=True,
        vcs_ref="HEAD",
    )
    for name in ("pytest.ini", "test_trivial.py"):
        (folder / name).write_text((bare / name).read_text())
    (folder / "tests" / "test_event_loop.py").unlink()
    for file in (folder / "tests").iterdir():
        file.rename(folder / file.name)
    return folder


def suites(root: Path) -> dict[str, Path]:
    """Write every suite that is compared, by its label."""
    sync = "def test_{number}():\n    pass\n"
    run = "def test_{number}():\n    async def body():\n        pass\n    asyncio.run(body())\n"
    body = "async def test_{number}():\n    pass\n"
    found = {
        "sync tests": suite(root / "sync", ["addopts = -p no:anyio -p no:asyncio"], sync),
        "asyncio.run in a test": suite(root / "run", ["addopts = -p no:anyio -p no:asyncio"], run),
    }
    for backend in ("asyncio", "anyio"):
        for scope in ("function", "session"):
            if backend == "asyncio":
                settings = [
                    f"asyncio_default_{kind}_loop_scope={scope}" for kind in ("fixture", "test")
                ]
                settings += ["asyncio_mode = auto", "addopts = -p no:anyio"]
                conftest = ""
            else:
                settings = ["anyio_mode = auto", "addopts = -p no:asyncio"]
                conftest = (
                    "import pytest\n@pytest.fixture(scope='session')\n"
                    "def anyio_backend():\n    return 'asyncio'\n"
                )
                if scope == "session":
                    conftest += (
                        "@pytest.fixture(scope='session', autouse=True)\n"
                        "async def holder(anyio_backend):\n    pass\n"
                    )
            bare = suite(root / f"{backend}-{scope}", settings, body, conftest)
            found[f"{backend}, {scope} scope"] = bare
            found[f"{backend}, {scope} scope, guard"] = guarded(
                root / f"{backend}-{scope}-guard", bare, backend, scope
            )
    return found


def seconds(folder: Path, *arguments: str) -> float:
    """Run pytest in a suite, and return its seconds."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
        *arguments,
    ]
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> None:
    """Print microseconds a test, and the ratio of every guarded suite to its bare one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as root:
        folders = suites(Path(root))
        times: dict[str, list[float]] = {label: [] for label in folders}
        for _ in range(rounds):  # interleaved, so that a slow moment hits all of them
            for label, folder in folders.items():
                # Collecting is the same with and without the guard: take it away.
                start = seconds(folder, "test_trivial.py::test_0")
                times[label].append((seconds(folder) - start) / TESTS * 1e6)
    medians = {label: statistics.median(values) for label, values in times.items()}
    print(f"| {TESTS} trivial tests, median of {rounds} | us a test | guard / bare |")
    print("|---|---|---|")
    for label, median in medians.items():
        bare = medians[label.removesuffix(", guard")]
        print(f"| {label} | {median:.0f} | {f'{median / bare:.2f}' if 'guard' in label else ''} |")


if __name__ == "__main__":
    main()
