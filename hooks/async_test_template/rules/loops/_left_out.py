"""Which arguments a caller must leave out, so that a function asks for the current loop.

`loop or asyncio.get_event_loop()` asks for it only if nobody passes a loop.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from async_test_template.rules.on_code import has_stars, keyword
from async_test_template.source.nodes import FUNCTIONS

if TYPE_CHECKING:
    from async_test_template.source.source import Function, Source

_NONE: frozenset[str] = frozenset()


def left_out(source: Source, node: ast.AST, function: Function) -> frozenset[str] | None:
    """Return the parameters that must be missing for a place in a function to be reached.

    None if that depends on anything else.
    """
    found: set[str] = set()
    child = node
    for around in source.around(node):
        if around is function:
            return frozenset(found)
        names = _conditions(source, around, child)
        if names is None:
            return None
        found |= names
        child = around
    return None


def _conditions(source: Source, around: ast.AST, child: ast.AST) -> frozenset[str] | None:
    """Return the parameters that one node around a place wants to be missing."""
    if isinstance(around, ast.BoolOp):
        before = [value.id for value in around.values if isinstance(value, ast.Name)]
        is_last = child is around.values[-1] and len(before) == len(around.values) - 1
        return frozenset(before) if isinstance(around.op, ast.Or) and is_last else None
    if isinstance(around, (ast.If, ast.IfExp)):
        if child is around.test:
            return _NONE
        body = around.body if isinstance(around.body, list) else [around.body]
        name = _missing(around.test, is_true=child in body)
        return frozenset([name]) if name else None
    if isinstance(around, (ast.ExceptHandler, ast.Try)):
        return _NONE if _is_after_running_loop(source, around, child) else None
    kinds = (ast.For, ast.AsyncFor, ast.While, ast.Match, ast.Lambda, ast.comprehension)
    return None if isinstance(around, kinds) else _NONE


def _is_after_running_loop(
    source: Source, around: ast.ExceptHandler | ast.Try, child: ast.AST
) -> bool:
    """Tell whether a handler is for the error that there is no running loop."""
    if isinstance(around, ast.Try):
        return isinstance(child, ast.ExceptHandler)
    tried = source.parents[around]
    return isinstance(tried, ast.Try) and "get_running_loop(" in source.text(tried.body[0])


def _missing(test: ast.expr, *, is_true: bool) -> str:
    """Return the name that is None, or false, where a condition is true or false, or ""."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _missing(test.operand, is_true=not is_true)
    if isinstance(test, ast.Name):
        return "" if is_true else test.id
    if (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and isinstance(test.comparators[0], ast.Constant)
        and test.comparators[0].value is None
        and isinstance(test.ops[0], ast.Is if is_true else ast.IsNot)
    ):
        return test.left.id
    return ""


def passed_on(
    call: ast.Call, function: Function, names: frozenset[str], caller: ast.AST, *, is_bound: bool
) -> frozenset[str] | None:
    """Return the names that a call passes for parameters which must be missing.

    Args:
        call: of the function.
        function: what is called.
        names: of its parameters, or of what it gets by `**`.
        caller: the function that the call is in.
        is_bound: the call does not pass the first parameter, `self`.

    Returns:
        what the caller must leave out in turn; None if something else is passed, or a name is that
        of no parameter.

    """
    parameters = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
    positional = parameters[is_bound:]
    found: set[str] = set()
    is_open, hands_on = function.args.kwarg is not None, _hands_on(call, caller)
    for name in names:
        is_known = name in positional or any(a.arg == name for a in function.args.kwonlyargs)
        if not (is_known or is_open) or (has_stars(call) and not hands_on):
            return None
        given = keyword(call, name)
        value = given.value if given else None
        if value is None and name in positional and positional.index(name) < len(call.args):
            value = call.args[positional.index(name)]
        if value is None and hands_on:
            found.add(name)
        elif isinstance(value, ast.Name):
            found.add(value.id)
        elif value is not None and not (isinstance(value, ast.Constant) and value.value is None):
            return None
    return frozenset(found)


def _hands_on(call: ast.Call, caller: ast.AST) -> bool:
    """Tell whether a call passes all other keyword arguments of its caller, as `**kwargs`."""
    others = caller.args.kwarg if isinstance(caller, FUNCTIONS) else None
    unpacked = [k.value for k in call.keywords if k.arg is None]
    return (
        others is not None
        and not any(isinstance(argument, ast.Starred) for argument in call.args)
        and [getattr(value, "id", "") for value in unpacked] == [others.arg]
    )
