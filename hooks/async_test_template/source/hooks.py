"""Which hooks of pytest mark async tests, or run them, in a way that only the suite would tell."""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING

from async_test_template.source.nodes import callee, walk

if TYPE_CHECKING:
    from async_test_template.source.names import Names
    from async_test_template.source.source import Function

#: The hook that runs a test.
RUNS = "pytest_pyfunc_call"
_MAKE = frozenset({"pytest_pycollect_makeitem", RUNS})
_MAKE_OR_MARK = _MAKE | {"pytest_collection_modifyitems", "pytest_itemcollected"}
#: Attributes of an item with which a hook can run it in another way.
_CHANGES = frozenset(
    {"add_marker", "own_markers", "keywords", "obj", "runtest", "fixturenames", "from_parent"}
)
#: What tells whether a test is async.
_ASKS = "iscoroutinefunction"
#: Marks that have nothing to do with how a test is run.
_HARMLESS_MARKS = frozenset(
    {"filterwarnings", "flaky", "order", "skip", "skipif", "slow", "timeout", "xfail"}
)


def may_run_async_tests(function: Function, names: Names) -> bool:
    """Tell whether a function is a hook that may mark or run async tests.

    One that only looks at them, or gives them a mark of another kind, does not.
    """
    if function.name == RUNS and _calls_the_test(function):
        return True
    if function.name not in _MAKE_OR_MARK or not _speaks_of_async(function):
        return False
    if function.name in _MAKE:
        return True
    nodes = list(walk(function))
    harmless = {
        node.func
        for node in nodes
        if isinstance(node, ast.Call) and node.args and _is_harmless(node.args[0], names)
    }
    return any(
        (isinstance(node, ast.Attribute) and node.attr in _CHANGES and node not in harmless)
        # What another function does with an item is not considered.
        or (isinstance(node, ast.Call) and _is_unknown(node.func))
        for node in nodes
    )


def _calls_the_test(function: Function) -> bool:
    """Tell whether a hook calls the function of a test itself, and so decides what runs it."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "obj"
        for node in walk(function)
    )


def _is_unknown(called: ast.expr) -> bool:
    return isinstance(called, ast.Name) and (
        called.id == "setattr" or not hasattr(builtins, called.id)
    )


def _is_harmless(mark: ast.expr, names: Names) -> bool:
    if isinstance(mark, ast.Constant):
        return mark.value in _HARMLESS_MARKS
    called = callee(mark)
    return names.resolve(called).removeprefix("pytest.mark.") in _HARMLESS_MARKS


def _speaks_of_async(node: ast.AST) -> bool:
    return any(
        (isinstance(inner, ast.Attribute) and inner.attr in {"asyncio", _ASKS})
        or (isinstance(inner, ast.Name) and ("async" in inner.id or inner.id == _ASKS))
        or (isinstance(inner, ast.Constant) and inner.value in {"asyncio", "anyio", "trio"})
        for inner in walk(node)
    )
