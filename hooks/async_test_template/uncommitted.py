"""Which files hold work that git cannot restore. We ask git, and git runs nothing for it.

A downloaded repository's own configuration may name programs: a file system monitor, filters, a
remote to fetch from. None of them is started, and what it says of the work tree is not believed.
"""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

from async_test_template.errors import WriteRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

# As many as fit into a command line on every system.
_PATHS_A_CALL = 100
#: What tells git which repository is meant (`git rev-parse --local-env-vars`, 2.47), without its
#: settings; a git hook that runs us passes it on.
OF_REPOSITORY = frozenset(
    {
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
    }
)
#: The variables that git is left with here: where its settings are, and its programs. Others change
#: what a path means, where attributes are, or what is started.
_LEFT = re.compile(r"(?!GIT_)|GIT_CONFIG_|GIT_EXEC_PATH\Z", re.IGNORECASE)
_RUN_NOTHING = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "protocol.allow": "never",
}
#: The settings of a filter that name a program, and the one that makes it indispensable.
_OF_FILTERS = {"clean": "", "smudge": "", "process": "", "required": "false"}
#: The tag of a file that is committed, or staged, and that git watches for changes.
_WATCHED = b"H"


def uncommitted(targets: Iterable[Path]) -> set[Path]:
    """Return those of some files whose content git cannot bring back.

    They have changes that are not committed, or git does not know them, because it ignores them
    for one, or it was told not to look (assume-unchanged, skip-worktree). Files in no repository
    are not among them.

    Raises:
        WriteRefused: git cannot tell.

    """
    by_repository: dict[Path, list[Path]] = {}
    repositories: dict[Path, Path | None] = {}
    for target in targets:
        if target.parent not in repositories:
            repositories[target.parent] = _repository(target.parent)
        repository = repositories[target.parent]
        if repository is not None:
            by_repository.setdefault(repository, []).append(target)
    found: set[Path] = set()
    for repository, inside in by_repository.items():
        filters = _without_filters(repository)
        for start in range(0, len(inside), _PATHS_A_CALL):
            found |= _of(repository, inside[start : start + _PATHS_A_CALL], filters)
    return found


def _repository(folder: Path) -> Path | None:
    """Find the top of the repository that a folder is in."""
    above = [place for place in (folder, *folder.parents) if (place / ".git").exists()]
    # An empty folder of that name is no repository, where there is a real one around it.
    real = [place for place in above if _is_git(place / ".git")]
    return next(iter([*real, *above]), None)


def _is_git(path: Path) -> bool:
    return path.is_file() or (path / "HEAD").exists()


def _of(repository: Path, targets: Sequence[Path], filters: dict[str, str]) -> set[Path]:
    """Ask about the files of one repository."""
    names = [os.fsencode(target.relative_to(repository)) for target in targets]
    status = ["status", "--porcelain", "-z", "--no-renames", "--untracked-files=no"]
    listing = ["ls-files", "-v", "-z"]
    # The entries of a status are `XY path`, those of a listing `tag path`; both from the top.
    entries = _git(repository, [*status, "--ignore-submodules=all", "--", *targets], filters)
    changed = {entry[3:] for entry in entries}
    entries = _git(repository, [*listing, "--", *targets], filters)
    watched = {entry[2:] for entry in entries if entry[:1] == _WATCHED}
    return {
        target
        for target, name in zip(targets, names, strict=True)
        if name in changed or (name not in watched and target.exists())
    }


def _without_filters(repository: Path) -> dict[str, str]:
    """Return the settings by which no filter is started to compare files."""
    command = ["config", "--includes", "--name-only", "-z", "--get-regexp", r"^filter\."]
    names = _git(repository, command, {})
    drivers = {os.fsdecode(name.rpartition(b".")[0]) for name in names}
    return {f"{driver}.{key}": value for driver in drivers for key, value in _OF_FILTERS.items()}


def _git(
    repository: Path,
    command: Sequence[str | Path],
    filters: dict[str, str],
) -> Iterator[bytes]:
    """Run git in a repository, and yield the entries of what it prints."""
    # Its configuration might name another work tree.
    place = [f"--git-dir={repository / '.git'}", f"--work-tree={repository}"]
    options = ["--no-optional-locks", "--literal-pathspecs", "--no-pager"]
    try:
        run = subprocess.run(
            ["git", *place, *options, *command],
            cwd=repository,
            env=_environment({**_RUN_NOTHING, **filters}),
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise _cannot_tell(error.strerror or str(error), repository) from error
    # `git config` ends with 1 where it finds none.
    if run.returncode > (command[0] == "config"):
        said = run.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise _cannot_tell(said, repository)
    return (entry for entry in run.stdout.split(b"\0") if entry)


def _environment(settings: dict[str, str]) -> dict[str, str]:
    """Return an environment with some git settings, whatever their names contain (git 2.31)."""
    environment = {name: value for name, value in os.environ.items() if _LEFT.match(name)}
    given = environment.get("GIT_CONFIG_COUNT", "")
    first = int(given) if given.isdecimal() else 0
    for number, (key, value) in enumerate(settings.items(), first):
        environment[f"GIT_CONFIG_KEY_{number}"] = key
        environment[f"GIT_CONFIG_VALUE_{number}"] = value
    # A partial clone would fetch what it lacks.
    lazy = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none"}
    return {**environment, **lazy, "GIT_CONFIG_COUNT": str(first + len(settings))}


def _cannot_tell(reason: str, repository: Path) -> WriteRefused:
    return WriteRefused(
        f"git cannot tell whether there are uncommitted changes ({reason}): "
        "check yourself, then pass --allow-dirty",
        path=repository,
    )
