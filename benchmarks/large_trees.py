"""How long a very large repository takes, and how much memory: 100,000 files, 200 MB.

uv run benchmarks/large_trees.py [FILES]

One file in a hundred needs a fix. The memory is that of all processes together, each shared page
counted once (PSS, so Linux only), at its highest.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HOOKS = Path(__file__).parents[1] / "hooks"
FILES = 100_000
#: About 2,000 bytes, and 100 lines.
PLAIN = "".join(
    f"def test_size_{number}(record):\n    assert record.size == {number}, 'as it was given'\n\n\n"
    for number in range(25)
)
OLD = (
    "import pytest\n\n\n@pytest.yield_fixture\ndef record():\n    yield 1\n\n\n"
    "async def test_it(record):\n    pass\n\n\n"
)


def grow(root: Path, files: int) -> int:
    """Write the tree, and give its size in bytes."""
    (root / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n")
    (root / "requirements.txt").write_text("pytest\npytest-asyncio\n")
    size = 0
    for number in range(files):
        folder = root / f"tests/part_{number // 1000}"
        if number % 1000 == 0:
            folder.mkdir(parents=True)
        text = (OLD if number % 100 == 0 else "") + PLAIN
        (folder / f"test_{number}.py").write_text(text)
        size += len(text)
    return size


def memory(process: int) -> int:
    """Return the memory of a process and of those that it has started, in kB."""
    total, waiting = 0, [process]
    while waiting:
        folder = Path("/proc") / str(waiting.pop())
        try:
            rollup = (folder / "smaps_rollup").read_text()
            total += next(int(line.split()[1]) for line in rollup.splitlines() if "Pss:" in line)
            for task in (folder / "task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except (OSError, StopIteration, ValueError):
            continue
    return total


def measure(root: Path, *command: str) -> None:
    """Run a command in a tree, and print its time and memory."""
    begin = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "async_test_template", *command],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(HOOKS)},
        stdout=subprocess.DEVNULL,
    )
    highest = 0
    while process.poll() is None:
        highest = max(highest, memory(process.pid))
        time.sleep(0.1)
    seconds = time.monotonic() - begin
    print(f"{' '.join(command):<20} {seconds:6.1f} s  {highest / 1000:6.0f} MB", flush=True)


def main() -> None:
    """Measure a check and a migration."""
    files = int(sys.argv[1]) if len(sys.argv) > 1 else FILES
    with tempfile.TemporaryDirectory() as folder:
        size = grow(Path(folder), files)
        print(f"{files} files, {size / 1e6:.0f} MB", flush=True)
        measure(Path(folder), "check", "--no-cache")
        measure(Path(folder), "migrate", "--unsafe")


if __name__ == "__main__":
    main()
