"""What a project needs when it runs, and not only for its tests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.config.toml.read import value_at

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
    is_packaged = any(home.label in _OF_PACKAGES for home, _ in dependencies.lists)
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


def _is_optional(tree: Tree, declared: Declaration) -> bool:
    """Tell whether poetry installs a dependency only with an extra."""
    if declared.home.notation != "poetry":
        return False
    keys = map(str, declared.at[: len(declared.home.at) + 1])
    value = value_at(tree.toml(declared.file), *keys)
    return isinstance(value, dict) and value.get("optional") is True
