"""Commands that the user gives for a shell, and everything that they start."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from async_test_template.errors import UserError
from async_test_template.stopping import Stopped, postponed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_STDERR = 2  # the process's own, even if sys.stderr is something else
#: How long what was started may take to tidy up (seconds): a runner of CI kills us after seven.
_PATIENCE = 4.0


def run(command: str, root: Path, environment: Mapping[str, str]) -> int:
    """Run a command to its end and give its exit status; its output goes to standard error.

    It has a session of its own. When we are stopped, so is all that it started, pytest below
    make or tox for one, and what is still there after a while is killed.

    Args:
        command: the user's own line for a shell.
        root: the folder it runs in.
        environment: all of its variables.

    Raises:
        UserError: there is no shell to run it with.

    """
    process = None
    try:
        with postponed():
            process = subprocess.Popen(  # noqa: S602 - the user's own command line
                command,
                shell=True,
                cwd=root,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=_STDERR,
                start_new_session=True,
            )
        return process.wait()
    except OSError as error:
        raise UserError(f"cannot run {command!r}: {error.strerror}") from error
    except BaseException as stop:
        if process is not None:
            _end(process, _handed_on(stop))
        raise


def _handed_on(stop: BaseException) -> int:
    """Choose a signal: that of a Ctrl-C as a terminal passes it on, for pytest ends fixtures then.

    If Python is not prepared for it, it prints a traceback, which does not belong in a log.
    """
    is_typed = isinstance(stop, Stopped) and stop.number == signal.SIGINT and os.isatty(_STDERR)
    return signal.SIGINT if is_typed else signal.SIGTERM


def _end(process: subprocess.Popen[bytes], number: int) -> None:
    """End a process and all that are in its session's first group."""
    if not hasattr(os, "killpg"):  # Windows
        process.kill()
        process.wait()
        return
    # No process is left, or none that belongs to us.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            process.poll()
            os.killpg(process.pid, 0)
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
