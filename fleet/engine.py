"""The command `async-test-template`, as the scripts beside this file start it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import programs
from outcome import Ended, Outcome, last_line, shown

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping

_NAME = "async-test-template"
_HERE = Path(__file__).resolve().parents[1]


def find_engine() -> list[str]:
    """Return the command that starts the engine: the installed one, or the one of this checkout.

    Raises:
        Ended: there is neither the engine nor uv.

    """
    of_this_checkout = ("--with", "copier", "--from", str(_HERE), _NAME)
    return programs.find(_NAME, *of_this_checkout, package="uv")


def run_engine(
    command: list[str], *arguments: str, cwd: Path, more: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the engine, and hand on what it says to people.

    Raises:
        Ended: it has a fault, or was killed.

    """
    done = programs.run([*command, *arguments], cwd=cwd, more=more)
    sys.stderr.write(shown(done.stderr))
    if done.returncode not in {0, 1, 2}:
        sentence = f"`{_NAME} {arguments[0]}` ended with {done.returncode}: "
        raise Ended(Outcome.FAILED, sentence + last_line(done.stderr))
    return done
