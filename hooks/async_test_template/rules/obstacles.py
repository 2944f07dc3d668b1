"""What keeps pytest from collecting a file."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from async_test_template import seen
from async_test_template.paths import is_there
from async_test_template.source.collection import TEST_FILES, ignored

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project


class Obstacle(NamedTuple):
    """Why pytest does not collect a file: the setting, a sentence, and the edits that change it."""

    setting: str
    sentence: str
    edits: tuple[Edit, ...] = ()


def obstacles(project: Project, file: str) -> Iterator[Obstacle]:
    """Yield what keeps pytest from collecting a file of tests, which need not exist yet.

    This follows pytest 9.2 when it is started at the root without arguments.
    """
    settings = project.settings
    is_named = False
    starts = [word for line in settings.lines_of("testpaths") for word in line.split()]
    # If none of them exists, pytest starts in the current folder.
    if any(_is_there(project, start) for start in starts):
        is_named = any(PurePosixPath(start) == PurePosixPath(file) for start in starts)
        if not any(covers(start, file) for start in starts):
            edits = _with_word(project, "testpaths", file)
            yield Obstacle("testpaths", f"testpaths leaves {file} out", edits)
            is_named = True
    patterns = [word for line in settings.lines_of("python_files") for word in line.split()]
    if not is_named and not any(_matches(file, p) for p in patterns or TEST_FILES):
        name = PurePosixPath(file).name
        edits = _with_word(project, "python_files", name)
        yield Obstacle("python_files", f"python_files leaves {file} out", edits)
    functions = [word for line in settings.lines_of("python_functions") for word in line.split()]
    if functions and not any(
        "test_".startswith(word) or fnmatchcase("test_x", word) for word in functions
    ):
        yield Obstacle("python_functions", "python_functions leaves out functions named test_*")
    for line in settings.lines_of("norecursedirs"):
        for folder in PurePosixPath(file).parents[:-1]:
            if not is_named and any(_matches(folder.as_posix(), word) for word in line.split()):
                yield Obstacle("norecursedirs", f"norecursedirs leaves the folder {folder} out")
    for path in ignored(settings):
        if covers(path.removesuffix("/"), file):
            yield Obstacle("addopts", f"addopts leaves {file} out")


def _with_word(project: Project, name: str, word: str) -> tuple[Edit, ...]:
    """Add one word to a setting that pytest splits at blanks, on its line where it has one."""
    settings = project.settings
    if not settings.can_grow:
        return ()
    value = settings.options.get(name)
    if isinstance(value, str) and "\n" not in value.strip():
        return (settings.set(name, f"{value.strip()} {word}"),)
    return settings.append_entries(name, [word])


def _is_there(project: Project, start: str) -> bool:
    if re.search(r"[*?\[]", start):
        return seen.is_matched(str(project.root), re.sub(r"(\*\*/)+", "**/", start))
    return is_there(project.root / start)


def covers(start: str, file: str) -> bool:
    """Tell whether an argument of pytest, or a pattern of `testpaths`, leads to a file."""
    path = PurePosixPath(file)
    return start in {".", "./"} or any(
        fnmatchcase(str(folder), str(PurePosixPath(start))) for folder in (path, *path.parents)
    )


def _matches(path: str, pattern: str) -> bool:
    """Match as pytest's `fnmatch_ex` does: a pattern without a slash is about the name."""
    return fnmatchcase(path if "/" in pattern else PurePosixPath(path).name, pattern)
