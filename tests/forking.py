"""Run pytest as often as it is asked for, each time in a copy of a process that has imported it.

Started by the interpreter of an environment, it reads a run a line, as JSON, and answers each with
the exit status. None of the runs changes what another one sees.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import sys
import tempfile
import warnings

import pytest

#: What takes long to import. Not anyio, nor what imports it: pytest has to be the first to do so.
HEAVY = ("aiohttp", "asyncpg", "pydantic", "sqlalchemy.ext.asyncio", "trio", "unittest.mock")


def main() -> None:
    """Run what is asked for, one after the other."""
    for name in HEAVY:
        # A run for which warnings are errors meets one itself.
        with contextlib.suppress(ImportError, Warning), warnings.catch_warnings():
            warnings.simplefilter("error")
            importlib.import_module(name)
    # Nothing of this is garbage: pytest looks for some at its end.
    gc.freeze()
    # The folder of this file is nothing that a run knows.
    del sys.path[0]
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            run(**json.loads(line))
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def run(folder: str, arguments: list[str], variables: dict[str, str], output: str) -> None:
    """Run pytest as `python -m pytest` does, and end this process."""
    streams = {
        0: os.open(os.devnull, os.O_RDONLY),
        1: os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
    }
    for stream, opened in streams.items():
        os.dup2(opened, stream)
        os.close(opened)
    os.dup2(1, 2)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    tempfile.tempdir = None  # it may be another one by these variables
    places = filter(None, variables.get("PYTHONPATH", "").split(os.pathsep))
    sys.path[:0] = [folder, *(os.path.abspath(place) for place in places)]  # noqa: PTH100
    sys.argv = ["pytest", *arguments]
    try:
        sys.exit(pytest.main(arguments))
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    for file in (sys.stdout, sys.stderr):
        file.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
