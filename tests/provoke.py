"""Run pytest in many folders, in an environment's interpreter that has imported it only once.

    python tests/provoke.py FOLDER...

The output of each goes to `FOLDER.log`, with the exit status in its last line. Each run has a
process of its own, a copy of this one, so that none changes what another one sees.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import signal
import sys
from pathlib import Path

import pytest

#: What takes long to import. Not anyio, nor what imports it: pytest has to be the first to do so.
HEAVY = ("aiohttp", "asyncpg", "pydantic", "sqlalchemy.ext.asyncio", "trio", "unittest.mock")
#: A run may hang; then it is ended.
SECONDS = 60


def main() -> None:
    """Run the suites one after the other."""
    for name in HEAVY:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    # Nothing of this is garbage: pytest looks for some at its end.
    gc.freeze()
    # What pytest rewrites of its plugins is kept for the next run.
    sys.dont_write_bytecode = False
    for folder in sys.argv[1:]:
        process = os.fork()
        if process == 0:
            run(Path(folder))
        os.waitpid(process, 0)


def run(folder: Path) -> None:
    """Run the suite of a folder, and end this process."""
    signal.alarm(SECONDS)
    log = os.open(f"{folder}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.chdir(folder)
    status = pytest.main(["-p", "no:cacheprovider", f"--rootdir={folder}", "-ra", "."])
    print(f"\nexit status {int(status)}", flush=True)
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
