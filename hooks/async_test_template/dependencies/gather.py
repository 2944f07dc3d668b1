"""All dependencies that are installed with a project: its own, and those that others bring."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.config.toml.read import table_at
from async_test_template.dependencies.compiled import locked_versions
from async_test_template.dependencies.model import PACKAGES, Dependencies
from async_test_template.dependencies.nearby import installed, nearby
from async_test_template.dependencies.read import read_declarations, required_python
from async_test_template.errors import UserError
from async_test_template.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from async_test_template.dependencies.declaration import Declaration, Home

# Where pants' own examples have the requirements of a repository.
_FOLDERS_OF_PANTS = ("3rdparty/", "3rdparty/python/")
# The one Python of an environment, which is the lowest that the project is known to run on.
_PYTHON_OF_PIPENV = rb"(?m)^python_(?:full_)?version\s*=\s*[\"'](\d+\.\d+)"


def read_dependencies(tree: Tree, members: Iterable[str] = ()) -> Dependencies:
    """Read a project's declarations and lock files.

    Args:
        tree: the files of the project.
        members: folders of packages in it, whose declarations count if it is a workspace.

    Raises:
        ParseError: pyproject.toml, setup.cfg or tox.ini cannot be parsed.

    """
    python = required_python(tree)
    is_guessed = python is None
    if is_guessed:
        python = _python_in_setup_py(tree.read("setup.py")) or _python_in_pipfile(tree)
    folders = ["", *(f"{member}/" for member in members if is_workspace(tree))]
    if is_of_pants(tree):
        folders += (*_FOLDERS_OF_PANTS, *_with_locks(tree))
    lists = [each for folder in folders for each in read_declarations(tree, folder)]
    has_pytest = any(declaration.name == "pytest" for _, held in lists for declaration in held)
    return _dependencies(
        tree,
        lists,
        _with_nearby(tree, lists, _above(tree, has_pytest=has_pytest)),
        python if isinstance(python, str) else "",
        is_guessed=is_guessed,
    )


def _with_locks(tree: Tree) -> Iterator[str]:
    """Yield the folders of pants' lock files, beside which the requirements of its tools are."""
    locks = table_at(tree.toml("pants.toml"), "python", "resolves").values()
    folders = {lock.rpartition("/")[0] for lock in locks if isinstance(lock, str)}
    yield from (f"{folder}/" for folder in sorted(folders - {""}))


def _python_in_setup_py(data: bytes | None) -> str | None:
    called = data and re.search(rb"python_requires\s*=\s*[\"']([^\"']+)", data)
    return called[1].decode("utf-8", "replace") if called else None


def _python_in_pipfile(tree: Tree) -> str | None:
    data = tree.read("Pipfile")
    asked = re.search(_PYTHON_OF_PIPENV, data) if data else None
    return f">={asked[1].decode()}" if asked else None


def _dependencies(
    tree: Tree,
    lists: list[tuple[Home, list[Declaration]]],
    others: Dependencies | None,
    python: str = "",
    *,
    is_guessed: bool = False,
) -> Dependencies:
    named: dict[str, list[Declaration]] = {}
    for _, declared in lists:
        for declaration in declared:
            named.setdefault(declaration.name, []).append(declaration)
    whole = tuple((home, tuple(declared)) for home, declared in lists)
    locked = locked_versions(tree, PACKAGES)
    return Dependencies(whole, locked, python, is_guessed, tree, named, {}, {}, others)


def _with_nearby(
    tree: Tree, lists: list[tuple[Home, list[Declaration]]], others: Dependencies | None
) -> Dependencies | None:
    """Add what comes with the packages of the repository whose folders a project names."""
    waiting = [*nearby(tree, lists)]
    known = {tree.root}
    while waiting:
        found, has_extras = waiting.pop()
        if found.root in known:
            continue
        known.add(found.root)
        try:
            held = installed([*read_declarations(found)], has_extras=has_extras)
            waiting += nearby(found, held)
        except UserError:  # told where that is the project to look at
            continue
        others = _dependencies(found, held, others)
    return others


def _above(tree: Tree, *, has_pytest: bool) -> Dependencies | None:
    """Read what the nearest workspace around a project installs for its tests.

    tox in a folder above may test all packages below. A project that declares no pytest is tested
    with that of a folder above, too.
    """
    try:
        found = next(
            (
                each
                for each in above(tree)
                if is_workspace(each)
                or each.read("tox.ini")
                or (not has_pytest and each.read("pyproject.toml"))
            ),
            None,
        )
        return None if found is None else read_dependencies(found)
    except UserError:  # told where that is the project to look at
        return None


def above(tree: Tree) -> Iterator[Tree]:
    """Yield the folders above a project within its repository, the nearest first."""
    for folder in tree.disk.around[1:]:
        yield Tree(folder, {})


def is_of_pants(tree: Tree) -> bool:
    """Tell whether pants builds what is in a folder; all packages below share its requirements."""
    return tree.read("pants.toml") is not None


def is_workspace(tree: Tree) -> bool:
    """Tell whether the packages below are installed together, by uv, hatch, pdm or pants."""
    if is_of_pants(tree):
        return True
    tool = table_at(tree.toml("pyproject.toml"), "tool")
    return any("workspace" in table_at(tool, name) for name in ("uv", "hatch", "pdm"))
