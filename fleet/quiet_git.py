"""Git, without the programs that a repository's own configuration names."""

from __future__ import annotations

import contextlib
import os
import subprocess
from typing import TYPE_CHECKING

from outcome import Ended, Outcome, last_line

if TYPE_CHECKING:
    from pathlib import Path

# Variables that tell git where a repository is (`git rev-parse --local-env-vars`), also in hooks.
OF_GIT = {
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
    # Variables that change the meaning of a path, or the place of attributes.
    "GIT_ATTR_SOURCE",
    "GIT_GLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
}


def quiet_git(more: dict[str, str] | None = None) -> dict[str, str]:
    """Return an environment in which git starts no hook and no monitor of a repository (2.31).

    It is about the repository of the current folder, and none that a git above us works on.
    """
    settings = {
        "core.hooksPath": os.devnull,
        "core.fsmonitor": "false",
        # A URL that the repository rewrites could name a program.
        "protocol.ext.allow": "never",
        **(more or {}),
    }
    environment = {name: value for name, value in os.environ.items() if name not in OF_GIT}
    given = environment.get("GIT_CONFIG_COUNT", "")
    first = int(given) if given.isdecimal() else 0
    environment["GIT_CONFIG_COUNT"] = str(first + len(settings))
    for number, (key, value) in enumerate(settings.items(), first):
        environment |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return environment


def without_filters(repository: Path) -> dict[str, str]:
    """Return the settings by which no filter starts that only the repository's configuration names.

    Those of the user stay, because large files may need them.
    """
    names: set[str] = set()
    for scope in ("--local", "--worktree"):
        command = ("config", scope, "--includes", "--name-only", "-z", "--get-regexp", r"^filter\.")
        # It fails if there are none.
        with contextlib.suppress(Ended):
            names.update(filter(None, git(repository, *command).split("\0")))
    return {name: of_user(repository, name) for name in names}


def of_user(repository: Path, name: str) -> str:
    """Return the value of a filter's setting without the repository's configuration."""
    value = "false" if name.endswith(".required") else ""
    for scope in ("--system", "--global"):
        with contextlib.suppress(Ended):
            value = git(repository, "config", scope, "--includes", "--get", name).rstrip("\n")
    return value


def git(folder: Path, *arguments: str, settings: dict[str, str] | None = None) -> str:
    """Run git without the hooks and the monitor of the repository, and return what it prints.

    Raises:
        Ended: it failed.

    """
    return run_git(folder, *arguments, settings=settings).decode("utf-8", "surrogateescape")


def run_git(
    folder: Path, *arguments: str, given: bytes = b"", settings: dict[str, str] | None = None
) -> bytes:
    """Run git as `git` does, with something to read, and return the bytes that it prints.

    Raises:
        Ended: it failed.

    """
    done = subprocess.run(
        ["git", "--no-pager", *arguments],
        cwd=folder,
        env=quiet_git(settings),
        input=given,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        said = last_line(done.stderr.decode("utf-8", "replace"))
        raise Ended(Outcome.FAILED, f"`git {arguments[0]}` says: {said}")
    return done.stdout
