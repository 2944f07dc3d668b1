"""The line of a conftest.py that loads the template's guard."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.rules.guard import GUARD, LOADER
from async_test_template.source.new_imports import bind_name
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.source.source import Source


def mentions_guard(source: Source) -> bool:
    """Tell whether a file imports the guard, or names it as a plugin."""
    return any(
        GUARD in word for node in walk(source.tree) for word in _words(node) if word is not None
    )


def _words(node: ast.AST) -> Iterator[str | None]:
    if isinstance(node, ast.ImportFrom):
        yield node.module
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n" not in node.value:
        # A sentence, for example in a docstring, does not load anything.
        yield None if " " in node.value else node.value


def add_line(source: Source, line: str) -> tuple[Edit, ...]:
    """Add the line to the other imports; none where its name has another meaning."""
    try:
        _, edits = bind_name(source, line.split()[1], LOADER)
    except EditError:
        return ()
    bare, _, comment = line.partition("  #")
    return tuple(
        edit._replace(text=edit.text.replace(bare, f"{bare}  #{comment}")) for edit in edits
    )
