"""The programs that the scripts beside this file start: where they are, and how they run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from outcome import Ended, Outcome, as_data
from quiet_git import quiet_git

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def find(name: str, *by_uvx: str, package: str) -> list[str]:
    """Return the command that starts a program.

    Args:
        name: what it is called where it is installed.
        by_uvx: what uvx is told to start in its place.
        package: what brings one of the two.

    Raises:
        Ended: there is neither the program nor uv.

    """
    if shutil.which(name):
        return [name]
    if shutil.which("uvx"):
        return ["uvx", "--quiet", *by_uvx]
    sentence = f"neither {name} nor uvx is on the PATH: `pip install {package}`"
    raise Ended(Outcome.UNUSABLE, sentence)


def run(
    command: list[str], *, cwd: Path, more: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program that asks nothing, with more variables, and return what it prints."""
    return subprocess.run(
        command,
        cwd=cwd,
        env={**quiet_git(), "GIT_TERMINAL_PROMPT": "0", **(more or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def copier_in(scratch: Path) -> dict[str, str]:
    """Return the variables that keep a Copier's files in a folder.

    Several Copiers at once break the cache of templates that they share.
    """
    cache = os.environ.get("COPIER_CACHE_DIR", str(scratch / "cache"))
    return {"COPIER_CACHE_DIR": cache, "TMPDIR": str(scratch)}


def run_script(
    script: Path,
    *arguments: str,
    checkout: str,
    more: Mapping[str, str] | None = None,
    stderr: int | None = None,
) -> dict[str, Any]:
    """Run a script of this folder, and return its line: a crash is an outcome as well.

    Args:
        script: it works on one checkout.
        arguments: its arguments.
        checkout: the name of the checkout, for the line about a crash.
        more: variables besides those of this process.
        stderr: where its messages go, as `subprocess.run` takes it.

    """
    done = subprocess.run(
        [sys.executable, script, *arguments],
        env={**os.environ, **(more or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        check=False,
    )
    try:
        return dict(json.loads(done.stdout))
    except ValueError:
        sentence = f"{script.name} ended with {done.returncode}"
        return as_data(checkout, Ended(Outcome.FAILED, sentence))
