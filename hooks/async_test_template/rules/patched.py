"""Functions and classes that tests replace: a replacement may look at how it is called."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.walk import python_files

if TYPE_CHECKING:
    from async_test_template.project import Project


def not_patched(project: Project, name: str) -> None:
    """Require that no file names something in a string, as `patch` and `setattr` do.

    Args:
        project: the repository.
        name: its dotted name.

    Raises:
        EditError: one does.

    """
    file = _patching(project, name)
    if file:
        raise EditError(f"{file} may put something else in the place of {name}")


# One project is in use at a time; many calls are of the same few names.
@lru_cache(maxsize=64)
def _patching(project: Project, name: str) -> str:
    module, _, last = (re.escape(part).encode() for part in name.rpartition("."))
    pattern = re.compile(rb"""\b%s(?:\.\w+)*(?:\.|\s*,\s*["'])%s["']""" % (module, last))
    for file in python_files(project.root):
        if pattern.search(project.tree.read(file) or b""):
            return file
    return ""
