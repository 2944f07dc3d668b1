"""Fixtures that keep nothing open in their loop, as far as their code shows (AT105)."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from async_test_template.source.nodes import walk
from async_test_template.source.source import Unreadable

if TYPE_CHECKING:
    from async_test_template.project import Project
    from async_test_template.source.items import Fixture
    from async_test_template.source.source import Function

_ASYNC = (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.comprehension)
#: What takes the running loop without waiting.
_TAKES_LOOP = re.compile(
    r"\b(?:create_task|ensure_future|get_running_loop|get_event_loop|Future|TaskGroup"
    r"|create_task_group|ClientSession|TCPConnector|call_soon|call_later|add_reader|Server)\b"
)
#: What shows that a fixture is there for a mock.
_MOCKS = re.compile(r"\b(?:patch|mocker|monkeypatch|create_autospec|\w*Mock)\b")
#: Types that are no part of any loop.
_PLAIN = frozenset({"bool", "bytes", "date", "datetime", "float", "int", "Path", "str"})


def keeps_nothing(project: Project, fixture: Fixture) -> bool:
    """Tell whether tests in another loop can use what a fixture gives them.

    So it is if the fixture makes mocks for each test and waits for nothing, if it has closed all
    before it gives the test plain data, and if it is an engine of SQLAlchemy that keeps no
    connection (SQLAlchemy 2.0, "Using multiple asyncio event loops").
    """
    try:
        source = project.code.sources.get(fixture.file)
        function = source.functions.get(fixture.line)
    except Unreadable:
        return False
    if function is None:
        return False
    text = source.text(function)
    if re.search(r"\bNullPool\b", text):
        return True
    waits = [node for node in walk(function) if isinstance(node, _ASYNC) and _is_async(node)]
    if fixture.scope == "function" and not waits:
        return _MOCKS.search(text) is not None and _TAKES_LOOP.search(text) is None
    return _gives_plain(function) and all(_is_closed(function, node) for node in waits)


def _is_async(node: ast.AST) -> bool:
    return not isinstance(node, ast.comprehension) or bool(node.is_async)


def _gives_plain(function: Function) -> bool:
    """Tell whether the annotation promises plain data, as in `AsyncIterator[str]`."""
    given = function.returns
    if isinstance(given, ast.Subscript):
        parts = given.slice
        given = parts.elts[0] if isinstance(parts, ast.Tuple) and parts.elts else parts
    name = given.attr if isinstance(given, ast.Attribute) else getattr(given, "id", "")
    return name in _PLAIN


def _is_closed(function: Function, node: ast.AST) -> bool:
    """Tell whether a node is in a block that ends before the fixture gives anything."""
    return any(
        isinstance(block, ast.AsyncWith)
        and node in (inside := set(walk(block)))
        and not any(isinstance(inner, (ast.Yield, ast.Return)) for inner in inside)
        for block in walk(function)
    )
