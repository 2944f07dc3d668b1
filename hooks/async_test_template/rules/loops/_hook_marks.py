"""Marks that hooks add to tests."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from async_test_template.rules.on_code import text_of
from async_test_template.source.nodes import callee

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.source.source import Source


def added(source: Source) -> Iterator[ast.Call]:
    """Yield the calls that add a mark to a test: `add_marker(…)`, `own_markers.append(…)`."""
    for node in source.mentions.get("add_marker", ()):
        call = source.parents[node]
        if isinstance(call, ast.Call) and call.func is node and len(call.args) == 1:
            yield call
    for node in source.mentions.get("own_markers", ()):
        method = source.parents[node]
        call = source.parents.get(method, method)
        if isinstance(method, ast.Attribute) and isinstance(call, ast.Call) and call.args:
            yield call


def meant(source: Source, call: ast.Call, given: ast.expr) -> ast.expr | None:
    """Return the expression for the mark asyncio, None if it is another mark or unknown.

    It may be the mark, its name, `getattr(pytest.mark, "asyncio")`, or a variable for one of them.
    """
    if isinstance(given, ast.Name):
        scopes = {source.scope(call), source.tree}
        values = [
            node.value
            for node in source.nodes.of(ast.Assign)
            if source.scope(node) in scopes
            and any(isinstance(t, ast.Name) and t.id == given.id for t in node.targets)
        ]
        if len(values) == 1 and not isinstance(values[0], ast.Name):
            return meant(source, call, values[0])
    if text_of(given) == "asyncio":
        return given
    if isinstance(given, ast.Attribute) and given.attr == "mark":
        # `own_markers` holds the marks that the decorators put there.
        given = given.value
    called = callee(given)
    if isinstance(given, ast.Call) and isinstance(called, ast.Name) and called.id == "getattr":
        of_marks = bool(given.args) and source.names.resolve(given.args[0]) == "pytest.mark"
        is_asyncio = [text_of(argument) for argument in given.args[1:2]] == ["asyncio"]
        return given if of_marks and is_asyncio else None
    return given if source.names.resolve(called) == "pytest.mark.asyncio" else None
