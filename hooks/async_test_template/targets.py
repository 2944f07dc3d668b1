"""What the paths on the command line mean: projects, and the files in them to look at."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from async_test_template import seen
from async_test_template.boundaries import EXAMPLES, TESTS, is_below, is_project
from async_test_template.disk import Disk
from async_test_template.errors import UserError
from async_test_template.findings import Finding, Severity
from async_test_template.paths import is_folder, is_there, place_of
from async_test_template.plan import Plan
from async_test_template.rules import load


class Target(NamedTuple):
    """A project to look at, with those below it.

    Attributes:
        root: its folder.
        only: the files and folders to look at, as paths from there; empty for all.

    """

    root: Path
    only: tuple[str, ...] = ()


def read_targets(paths: Sequence[str]) -> tuple[Path, tuple[Target, ...]]:
    """Find the projects that paths lead to, and the folder that holds them all.

    A folder that is no project, or a file, is looked at as a part of the nearest project around it.
    Without any, a folder is taken as it is, and a file belongs to the top of its repository. A path
    that is not there may be a pattern, for the shells that do not replace it.

    Raises:
        UserError: there is nothing at a path, or the paths have no folder in common.

    """
    meant = dict.fromkeys(resolved for word in paths for resolved in _matches(word))
    folders = {path: path if is_folder(path) else path.parent for path in meant}
    projects = {folder: _project_around(folder) for folder in set(folders.values())}
    found: dict[Path, list[str]] = {}
    for path, folder in folders.items():
        top = folder if path == folder else Disk(folder).top
        root = projects[folder] or top
        found.setdefault(root, []).append(path.relative_to(root).as_posix())
    targets = tuple(
        Target(root, () if "." in only else tuple(only)) for root, only in found.items()
    )
    try:
        return Path(os.path.commonpath(found)), targets
    except ValueError as error:
        raise UserError("the paths are on several drives: look at one of them at a time") from error


def _matches(word: str) -> Iterator[Path]:
    path = Path(word)
    if is_there(path):
        yield place_of(path)
        return
    # Imported here: a path that is not there is hardly ever a pattern.
    from glob import glob, has_magic

    if not has_magic(word):
        raise UserError("no such file or directory", path=path)
    # Where a pattern leads is not recorded.
    seen.give_up()
    matches = sorted(glob(word, recursive=True))  # noqa: PTH207 - a Path takes no absolute pattern
    if not matches:
        raise UserError("the pattern matches nothing", path=path)
    for match in matches:
        yield place_of(Path(match))


def _project_around(folder: Path) -> Path | None:
    """Return the nearest project that a folder is in, within its repository.

    A folder that is asked for is one if its own requirements name pytest, as in examples. Folders
    of tests may have requirements of their own, and have the settings of the project.
    """
    disk = Disk(folder)
    requirements = [n for n in disk.names() if "requirements" in n and n.endswith(".txt")]
    if folder.name not in TESTS and any(b"pytest" in (disk.read(r) or b"") for r in requirements):
        return folder
    return next((base for base in disk.around if is_project(base)), None)


def plan_projects(
    whole: Path, targets: Iterable[Target], plan_one: Callable[[Target], Plan]
) -> Plan:
    """Put together the plans for all projects that are meant.

    Args:
        whole: the folder that holds them all; the paths in the plan begin there.
        targets: the projects.
        plan_one: makes the plan for one project, without those below it.

    """
    waiting = list(targets)
    seen: set[Path] = set()
    plan = Plan()
    while waiting:
        target = waiting.pop(0)
        if target.root in seen:
            continue
        seen.add(target.root)
        part = plan_one(target)
        above = target.root.relative_to(whole).as_posix()
        moved = part.moved("" if above == "." else f"{above}/")
        moved.left = [_in_example(finding) for finding in moved.left]
        plan.add(moved)
        below = [
            Target(target.root / folder, only)
            for folder in part.below
            if (only := _within(target.only, folder)) is not None
        ]
        waiting[:0] = below
    return plan


def _in_example(finding: Finding) -> Finding:
    """Make advice of a warning in a folder of examples; an error breaks an example too."""
    severity = finding.severity or load(finding.code).severity
    if severity is Severity.WARNING and is_below(finding.file, EXAMPLES):
        return finding._replace(severity=Severity.ADVICE)
    return finding


def _within(only: tuple[str, ...], folder: str) -> tuple[str, ...] | None:
    """Return what to look at in a folder, None if nothing in it is meant."""
    if not only or any(f"{folder}/".startswith(f"{path}/") for path in only):
        return ()
    inside = tuple(
        path.removeprefix(f"{folder}/") for path in only if path.startswith(f"{folder}/")
    )
    return inside or None
