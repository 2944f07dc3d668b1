"""Classes of tests on aiohttp's `AioHTTPTestCase`, and the methods that have another name now."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.source import changes
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source

_BASE = "aiohttp.test_utils.AioHTTPTestCase"


def methods(source: Source, names: frozenset[str]) -> Iterator[tuple[ast.ClassDef, Function]]:
    """Yield the methods of such names, with their class: one on aiohttp's, at whatever remove."""
    classes: set[str] = set()
    for node in sorted(source.nodes.of(ast.ClassDef), key=lambda node: node.lineno):
        bases = {source.names.resolve(base) for base in node.bases}
        if _BASE in bases or bases & classes:
            classes.add(node.name)
            for statement in node.body:
                if (
                    isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef))
                    and statement.name in names
                ):
                    yield node, statement


def renamed(
    project: Project, source: Source, owner: ast.ClassDef, function: Function, new: str
) -> tuple[Edit, ...]:
    """Give the edits that rename a method, and its calls of the same one of its base class.

    Raises:
        EditError: something else may call or override it by the old name.

    """
    old = function.name
    if any(
        isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)) and n.name == new for n in owner.body
    ):
        raise EditError(f"{owner.name} has a {new} already")
    calls = [n for n in walk(function) if isinstance(n, ast.Attribute) and n.attr == old]
    inside = set(calls)
    for node in source.nodes.of(ast.Attribute):
        if node.attr == old and node not in inside and not _is_super(node):
            raise EditError(f"line {node.lineno} uses {old} too")
    if not all(map(_is_super, calls)):
        raise EditError(f"it uses {old} of more than its base class")
    whole = re.compile(rb"\b%s\b" % owner.name.encode())
    for module in project.code.modules:
        if module.file != source.file and whole.search(project.tree.read(module.file) or b""):
            raise EditError(f"{module.file} may have classes based on {owner.name}")
    start = source.data.index(old.encode(), source.start(function))
    return (
        changes.replace(source, start, start + len(old), new),
        *(changes.replace(source, source.end(n) - len(old), source.end(n), new) for n in calls),
    )


def _is_super(node: ast.Attribute) -> bool:
    owner = node.value
    return (
        isinstance(owner, ast.Call)
        and isinstance(owner.func, ast.Name)
        and owner.func.id == "super"
    )
