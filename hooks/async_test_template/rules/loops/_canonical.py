"""Overrides of `event_loop` that only make a loop of the default kind, hand it out and close it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from async_test_template.source.source import Function

#: What calls of an override do that only makes a loop, hands it out and closes it.
CANONICAL = frozenset(
    {
        "new_event_loop",
        "get_event_loop",
        "get_running_loop",
        "get_event_loop_policy",
        "set_event_loop",
        "DefaultEventLoopPolicy",
        "close",
        "is_closed",
        "is_running",
        # Of garbage, so that what nobody closed warns.
        "collect",
        "stop",
        "run_until_complete",
        "shutdown_asyncgens",
        "shutdown_default_executor",
        # What tears a loop down or makes it strict, and leaves its kind as it is.
        "all_tasks",
        "bool",
        "call_soon",
        "cancel",
        "gather",
        "get",
        "getenv",
        "run_forever",
        "set_debug",
        "sleep",
    }
)


def called_names(function: Function) -> set[str]:
    """Return the last part of the name of everything that a function's body calls."""
    return {
        call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "?")
        for statement in function.body
        for call in walk(statement)
        if isinstance(call, ast.Call)
    }


def is_canonical(function: Function, besides: frozenset[str] = frozenset()) -> bool:
    """Tell whether an override only makes a loop, of the default kind, and closes it.

    Args:
        function: the override.
        besides: what it may call, too.

    """
    plain = (ast.Assign, ast.AnnAssign, ast.Expr, ast.Return, ast.Try, ast.If, ast.Pass, ast.For)
    if not (called_names(function) <= CANONICAL | besides | _default_policy(function)):
        return False
    return _hands_out_a_plain_loop(function) and all(
        isinstance(node, plain)
        for statement in function.body
        for node in walk(statement)
        if isinstance(node, ast.stmt)
    )


def _hands_out_a_plain_loop(function: Function) -> bool:
    """Tell whether an override needs no other fixture, has no variants, and only gives a loop.

    What it sets on the loop may be what its tests ask for.
    """
    arguments = {argument.arg for argument in function.args.args}
    nodes = [node for statement in function.body for node in walk(statement)]
    given = [node.value for node in nodes if isinstance(node, (ast.Return, ast.Yield))]
    return (
        arguments <= {"self", "request"}
        and not any(
            keyword.arg == "params"
            for decorator in function.decorator_list
            if isinstance(decorator, ast.Call)
            for keyword in decorator.keywords
        )
        and all(isinstance(value, (ast.Name, ast.Call)) for value in given)
        and all(
            node.attr == "slow_callback_duration"
            for node in nodes
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        )
    )


def _default_policy(function: Function) -> set[str]:
    """Return the name of the call that sets a policy, where it sets asyncio's own."""
    calls = [node for node in walk(function) if isinstance(node, ast.Call)]
    setting = [c for c in calls if getattr(c.func, "attr", "") == "set_event_loop_policy"]
    is_default = all(
        isinstance(argument, ast.Call)
        and getattr(argument.func, "attr", "") == "DefaultEventLoopPolicy"
        for call in setting
        for argument in call.args
    )
    return {"set_event_loop_policy"} if is_default else set()
