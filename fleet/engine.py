"""The command `async-test-template`, as the scripts beside this file start it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from outcome import Ended, Outcome, last_line, shown
from quiet_git import quiet_git

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = "async-test-template"
_HERE = Path(__file__).resolve().parents[1]


def find_engine() -> list[str]:
    """Return the command that starts the engine: the installed one, or the one of this checkout.

    Raises:
        Ended: there is neither the engine nor uv.

    """
    if shutil.which(_NAME):
        return [_NAME]
    if shutil.which("uvx"):
        return ["uvx", "--quiet", "--with", "copier", "--from", str(_HERE), _NAME]
    sentence = f"neither {_NAME} nor uvx is on the PATH: `pip install uv`"
    raise Ended(Outcome.UNUSABLE, sentence)


def run_engine(
    command: list[str], *arguments: str, cwd: Path, more: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the engine, and hand on what it says to people.

    Raises:
        Ended: it has a fault, or was killed.

    """
    done = subprocess.run(
        [*command, *arguments],
        cwd=cwd,
        env={**quiet_git(), "GIT_TERMINAL_PROMPT": "0", **(more or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    sys.stderr.write(shown(done.stderr))
    if done.returncode not in {0, 1, 2}:
        sentence = f"`{_NAME} {arguments[0]}` ended with {done.returncode}: "
        raise Ended(Outcome.FAILED, sentence + last_line(done.stderr))
    return done
