"""Generators that wait with `yield from`, as coroutines were before `async def`."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.source import changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.source.source import Source

_YIELD_FROM = re.compile(rb"yield(?:[ \t]|\\\r?\n)+from\b")
#: Expressions that bind as closely after `await` as after `yield from`.
_PRIMARY = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Constant, ast.List, ast.Dict)


def made_async(source: Source, function: ast.FunctionDef) -> Iterator[Edit]:
    """Yield the edits that write `async def`, and `await` instead of `yield from`.

    Raises:
        EditError: the function yields in another way.

    """
    start = source.start(function)
    yield changes.replace(source, start, start, "async ")
    for node in own_yields(function):
        yield from _awaiting(source, node)


def own_yields(function: ast.FunctionDef) -> Iterator[ast.YieldFrom]:
    """Yield each `yield from` of a function, without those of nested functions.

    Raises:
        EditError: it yields in another way.

    """
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Yield):
            raise EditError("it yields values")
        if isinstance(node, ast.YieldFrom):
            yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            waiting.extend(ast.iter_child_nodes(node))


def _awaiting(source: Source, node: ast.YieldFrom) -> Iterator[Edit]:
    start, value = source.start(node), source.start(node.value)
    match = _YIELD_FROM.match(source.data, start)
    if match is None:
        raise EditError("there is a comment inside yield from")
    yield changes.replace(source, start, match.end(), "await")
    between = source.data[match.end() : value]
    if not isinstance(node.value, _PRIMARY) and b"(" not in between:
        yield changes.replace(source, value, value, "(")
        yield changes.replace(source, source.end(node.value), source.end(node.value), ")")
    elif not between:
        # `yield from[…]` and similar.
        yield changes.replace(source, value, value, " ")
