"""Runs pytest in copies of a process that has imported it: half of the time of a run goes there."""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.context import ForkServerContext, ForkServerProcess

#: What most runs import, but no plugin, which pytest has to import itself, and nothing that the
#: guard behaves differently with, as trio.
IMPORTED = ["pytest", "asyncio", "attr", "multiprocessing.pool", "sqlite3", "unittest.mock"]


def server() -> ForkServerContext | None:
    """Give what makes the copies, or None on Windows, which cannot copy a process."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return None
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(IMPORTED)
    return context


def start(
    context: ForkServerContext,
    folder: Path,
    arguments: Sequence[str],
    variables: dict[str, str],
    output: Path,
) -> ForkServerProcess:
    """Start pytest in a folder, as a new interpreter would have it."""
    ours = {str(Path(__file__).parent), os.getcwd(), ""}  # noqa: PTH109 - as in sys.path
    path = [str(folder), *(entry for entry in sys.path if entry not in ours)]
    process = context.Process(
        target=run, args=(folder, path, arguments, variables, output), daemon=True
    )
    process.start()
    return process


def run(
    folder: Path, path: list[str], arguments: Sequence[str], variables: dict[str, str], output: Path
) -> None:
    """Run pytest, and end this process with its status."""
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(file, stream)
    os.close(file)
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(folder)
    sys.path[:] = path
    # Nothing of this is garbage: pytest looks for some at its end.
    gc.freeze()
    sys.exit(pytest.main([*arguments]))
