"""Which Python files of a repository are worth reading."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from async_test_template import seen
from async_test_template.paths import is_file, is_folder, place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from pathlib import Path
    from typing import TypeAlias

    #: Decides, from the path of a folder and the names in it, whether the walk stays out of it.
    Boundary: TypeAlias = Callable[[str, Collection[str]], bool]

# pytest's own `norecursedirs` (9.2) and folders of tools with code from elsewhere.
_SKIPPED = frozenset({"node_modules", "build", "dist", "venv", "__pycache__", "site-packages"})


#: Why a file is not read that pytest would collect.
LINKED = "it is a symbolic link to a place that is not read"


def _no_boundary(_folder: str, _names: Collection[str]) -> bool:
    return False


def python_files(
    root: Path, links: list[str] | None = None, is_apart: Boundary = _no_boundary
) -> Iterator[str]:
    """Yield the Python files under `root`, sorted, as relative paths with forward slashes.

    Hidden folders, virtual environments, build output and symbolic links are left out.

    Args:
        root: the directory to look below.
        links: filled with the links that were left out, to folders and to Python files.
        is_apart: decides which folders below are left out as well.

    """
    yield from _walk(os.fspath(root), [] if links is None else links, is_apart)


def why_never_read(root: Path, path: str) -> str:
    """Tell why no Python file is read at a path from `root`, empty where nothing keeps one out."""
    parts = path.split("/")
    for depth, name in enumerate(parts, 1):
        if why := _why_skipped(name):
            return why
        if is_file(root.joinpath(*parts[:depth], "pyvenv.cfg")):
            return "a virtual environment is not read"
    return ""


def _why_skipped(name: str) -> str:
    if name.startswith("."):
        return "hidden files and folders are not read"
    if name in _SKIPPED or name.endswith(".egg"):
        return f"a folder named {name} is not read, as it holds what tools write"
    return ""


def linked_files(root: Path, links: Iterable[str], files: set[str]) -> Iterator[str]:
    """Yield the Python files that pytest would reach by links, and that `files` does not hold.

    It follows links to folders as well (pytest 9.2, `Dir.collect`).
    """
    whole = place_of(root)
    for link in links:
        # Up to Python 3.12, pathlib fails for a link that leads to itself.
        target = place_of(root / link)
        below = target.relative_to(whole).as_posix() if target.is_relative_to(whole) else ""
        if is_folder(target) and not target.is_relative_to(whole):
            # A folder around the root would lead here again, and on without an end.
            if not whole.is_relative_to(target):
                yield from (f"{link}/{file}" for file in python_files(target))
        elif is_file(target) and below not in files:
            yield link


def _walk(root: str, links: list[str], is_apart: Boundary) -> Iterator[str]:
    # Not by recursion: folders may be nested deeper than Python's calls. What comes first in the
    # order of names is on top.
    waiting: list[tuple[str, os.DirEntry[str]]] = []
    waiting += reversed(_entries(root, ""))
    while waiting:
        path, entry = waiting.pop()
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            if _why_skipped(entry.name):
                continue
            inside = _entries(entry.path, f"{path}/")
            if not is_apart(path, {each.name for _, each in inside}):
                waiting += reversed(inside)
        elif entry.name.endswith(".py") and entry.is_file(follow_symlinks=False):
            yield path
        elif entry.is_symlink() and (entry.name.endswith(".py") or is_folder(entry)):
            links.append(path)


def _entries(folder: str, prefix: str) -> list[tuple[str, os.DirEntry[str]]]:
    """List a folder by name, each entry with its path; a virtual environment has none."""
    try:
        entries = seen.entries(folder)
    except OSError:
        # A folder that may not be listed holds no test that pytest could run either.
        return []
    if any(entry.name == "pyvenv.cfg" for entry in entries):
        return []
    return [(f"{prefix}{entry.name}", entry) for entry in entries]
