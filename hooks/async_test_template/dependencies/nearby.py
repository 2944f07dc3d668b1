"""Packages of the repository that are installed with a project, because it names their folders."""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from async_test_template import seen
from async_test_template.config.toml.read import table_at
from async_test_template.dependencies.declaration import Declaration, Home
from async_test_template.paths import place_of
from async_test_template.tree import Tree

#: A folder in a requirements file, and in a requirement that is a URL, as pdm and hatch write it.
_IN_REQUIREMENTS = (
    rb"(?m)^[ \t]*(?:(?:-e|--editable)[ \t]*)?(?:file:)?"
    rb"(?P<path>\.{1,2}/[^\s#;\[]+)(?P<extras>\[)?"
)
_IN_URL = r"@[ \t]*(?:file:/*)?(?:\$\{PROJECT_ROOT\}|\{root:uri\})/(?P<path>[^\s#;]+)"
#: The lists that are installed with a package.
_INSTALLED = frozenset(
    {
        ("project", "dependencies"),
        ("tool", "poetry", "dependencies"),
        ("tool", "flit", "metadata", "requires"),
        ("options", "install_requires"),
        ("install_requires",),
    }
)


class Nearby(NamedTuple):
    """A package of the repository.

    Attributes:
        tree: its files.
        has_extras: whether it is installed with extras.

    """

    tree: Tree
    has_extras: bool


def nearby(tree: Tree, lists: list[tuple[Home, list[Declaration]]]) -> Iterator[Nearby]:
    """Yield the packages whose folders a project names, within its repository.

    Args:
        tree: the files of the project.
        lists: its lists of dependencies.

    """
    for path, has_extras in _paths(tree, lists):
        folder = place_of(tree.root / path)
        if folder.is_relative_to(tree.disk.top) and folder != tree.root:
            yield Nearby(Tree(folder, {}), has_extras)


def installed(
    lists: list[tuple[Home, list[Declaration]]], *, has_extras: bool
) -> list[tuple[Home, list[Declaration]]]:
    """Return those lists of a package that are installed with it.

    One extra often names others, so with any of them all count.
    """
    return [
        (home, declared)
        for home, declared in lists
        if home.at in _INSTALLED or (has_extras and "extra " in home.label)
    ]


# Each package whose bounds are guessed asks the same.
@lru_cache(maxsize=1)
def in_packages(tree: Tree) -> tuple[bytes, ...]:
    """Return the pyproject.toml of the packages at the top of the repository or a folder below."""
    top = tree.disk.top
    if top == tree.root:
        return ()
    folders = (top, *(one for folder in _folders(top) for one in (folder, *_folders(folder))))
    found = (Tree(folder, {}).read("pyproject.toml") for folder in folders)
    return tuple(data for data in found if data is not None)


def _folders(folder: Path) -> Iterator[Path]:
    try:
        found = seen.entries(str(folder))
    except OSError:
        return
    yield from (folder / entry.name for entry in found if entry.is_dir(follow_symlinks=False))


def _paths(tree: Tree, lists: list[tuple[Home, list[Declaration]]]) -> Iterator[tuple[str, bool]]:
    """Yield the folder of each package, and whether extras are asked for."""
    document = tree.toml("pyproject.toml")
    poetry = table_at(document, "tool", "poetry")
    groups = [table for table in table_at(poetry, "group").values() if isinstance(table, dict)]
    for holder, name in [
        (poetry, "dependencies"),
        (poetry, "dev-dependencies"),
        *((group, "dependencies") for group in groups),
        (table_at(document, "tool", "uv"), "sources"),
    ]:
        for value in table_at(holder, name).values():
            yield from _path_of(value)
    for home, declared in lists:
        if home.notation == "requirements":
            for match in re.finditer(_IN_REQUIREMENTS, tree.read(home.file) or b""):
                folder = home.file.rpartition("/")[0] or "."
                yield f"{folder}/{match['path'].decode()}", match["extras"] is not None
        for declaration in declared:
            if "@" in declaration.text and (found := re.search(_IN_URL, declaration.text)):
                yield found["path"], "[" in declaration.text


def _path_of(value: Any) -> Iterator[tuple[str, bool]]:  # noqa: ANN401 - a value of TOML
    for one in value if isinstance(value, list) else [value]:
        path = one.get("path") if isinstance(one, dict) else None
        if isinstance(path, str):
            yield path, bool(one.get("extras"))
