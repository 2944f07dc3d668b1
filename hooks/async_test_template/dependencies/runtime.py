"""What a project needs when it runs, and not only for its tests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.config.requirement import parse
from async_test_template.config.toml.read import value_at
from async_test_template.errors import ParseError

if TYPE_CHECKING:
    from async_test_template.dependencies.declaration import Declaration
    from async_test_template.dependencies.model import Dependencies
    from async_test_template.tree import Tree

#: The lists with which a package says what it needs.
_OF_PACKAGES = frozenset(
    {"project.dependencies", "poetry's dependencies", "flit's requires", "install_requires"}
)
#: Files of requirements that are not for running the project.
_FOR_WORK = r"(?:^|[/_.-])(?:ci|dev|develop|development|docs?|lint|tests?|testing|typing)(?=[/_.-])"


def needed_to_run(dependencies: Dependencies, name: str) -> str:
    """Say where a project declares that it needs a package when it runs, or "" if it does not.

    A package says so in its metadata. What is in a requirements.txt beside that is for those who
    work on it; without such metadata, requirements.txt is what a service is installed from.
    """
    required = _in_setup(dependencies.tree)
    for wanted, line in required or ():
        if wanted == name:
            return f"setup.py:{line}"
    is_packaged = required is not None or any(
        home.label in _OF_PACKAGES for home, _ in dependencies.lists
    )
    for declared in dependencies.of(name):
        home = declared.home
        if home.label in _OF_PACKAGES:
            counts = not _is_optional(dependencies.tree, declared)
        else:
            is_plain = home.notation == "requirements" and not is_packaged
            counts = is_plain and not re.search(_FOR_WORK, home.file)
        if counts:
            return f"{declared.file}:{declared.line}"
    return ""


def _in_setup(tree: Tree) -> list[tuple[str, int]] | None:
    """Return the names in `install_requires=` of setup.py, None if it has no such list."""
    data = tree.read("setup.py") or b""
    if b"install_requires" not in data:
        return None
    # Imported here: it needs `ast`, and most projects have no setup.py.
    from async_test_template.dependencies.setup_py import read_requirements

    found = read_requirements(data)
    if found is None:
        return None
    return [(name, line) for text, line in found if (name := _name(text))]


def _name(text: str) -> str:
    try:
        return parse(text).name
    except ParseError:
        return ""


def _is_optional(tree: Tree, declared: Declaration) -> bool:
    """Tell whether poetry installs a dependency only with an extra."""
    if declared.home.notation != "poetry":
        return False
    keys = map(str, declared.at[: len(declared.home.at) + 1])
    value = value_at(tree.toml(declared.file), *keys)
    return isinstance(value, dict) and value.get("optional") is True
