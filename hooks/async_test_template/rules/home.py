"""The file for a fixture that several files ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.source.source import Unreadable

if TYPE_CHECKING:
    from async_test_template.project import Project
    from async_test_template.source.source import Source


def home(project: Project, files: list[str]) -> str:
    """Choose the conftest.py, or the only test file, that all of them can see."""
    folders = [file.split("/")[:-1] for file in files]
    common: list[str] = []
    for parts in zip(*folders, strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    for depth in range(len(common), -1, -1):
        candidate = "/".join([*common[:depth], "conftest.py"])
        if project.tree.read(candidate) is not None:
            return candidate
    return files[0] if len(set(files)) == 1 else "/".join([*common, "conftest.py"])


def source_of(project: Project, file: str) -> Source:
    """Return an existing file, even one that contains nothing relevant yet.

    Raises:
        EditError: this Python cannot parse it.

    """
    data = project.tree.read(file) or b""
    if data.strip() and file in project.code.by_file:
        return project.code.sources.get(file)
    from async_test_template.source.source import read_source

    try:
        source = read_source(file, data)
        _ = source.tree
    except Unreadable as error:
        raise EditError(f"{file} cannot be parsed") from error
    return source
