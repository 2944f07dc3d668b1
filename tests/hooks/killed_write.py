"""Kill a write at each of its steps and look at what is left; run by test_write.py.

Python announces what a process asks of the operating system to its audit hooks, just before: there
the writing process stops, at the first such event, then at the second, and so on. Threads share the
staging, so the events before the first renaming differ from run to run; the renamings are counted
for themselves too, that none is passed over. It is a script of its own because forking the process
of the tests would copy its threads.
"""

from __future__ import annotations

import os
import signal
import sys
from itertools import count
from pathlib import Path

from async_test_template.write import write_all

NAMES = ["pyproject.toml", "tox.ini", "new.ini"]
OLD = {"pyproject.toml": b"old toml\n", "tox.ini": b"old ini\n"}
NEW = {name: f"new {name}\n".encode() * 500 for name in NAMES}


def contents(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in root.iterdir() if path.name in NAMES}


def write(root: Path) -> None:
    write_all(root, {root / name: NEW[name] for name in NAMES}, allow_dirty=True)


def write_and_stop(root: Path, events: str, step: int) -> None:
    steps = count(1)

    def stop(event: str, _arguments: object) -> None:
        if event.startswith(events) and next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(stop)
    write(root)
    os._exit(0)


def main(root: Path, events: str) -> None:
    """Print one line a step: the names of the files that were new when the process was killed."""
    for step in count(1):
        for name in NAMES:
            (root / name).unlink(missing_ok=True)
        for name, content in OLD.items():
            (root / name).write_bytes(content)
        process = os.fork()
        if process == 0:
            write_and_stop(root, events, step)
        _, status = os.waitpid(process, 0)

        left = contents(root)
        for name in NAMES:
            assert left.get(name) in {OLD.get(name), NEW[name]}, (step, name)
        print(*[name for name in NAMES if left.get(name) == NEW[name]])
        write(root)
        assert contents(root) == NEW, step
        assert {path.name for path in root.iterdir()} == set(NAMES), step
        if not os.WIFSIGNALED(status):
            assert status == 0
            break


if __name__ == "__main__":
    for each in ("", "os.rename"):
        main(Path(sys.argv[1]), each)
