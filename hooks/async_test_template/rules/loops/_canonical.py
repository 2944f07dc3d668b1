"""Overrides of `event_loop` that only create, return and close a default loop."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from async_test_template.source.source import Function

#: Calls in an override that only creates, returns and closes a loop.
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
        # `gc.collect`, so that objects that were not closed give a warning.
        "collect",
        "stop",
        "run_until_complete",
        "shutdown_asyncgens",
        "shutdown_default_executor",
        # Calls that tear a loop down, and do not change its type.
        "all_tasks",
        "bool",
        "call_soon",
        "cancel",
        "gather",
        "get",
        "getenv",
        "run_forever",
        "sleep",
    }
)


def called_names(function: Function) -> set[str]:
    """Return the last part of the name of every call in a function's body."""
    return {
        call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "?")
        for statement in function.body
        for call in walk(statement)
        if isinstance(call, ast.Call)
    }


def called_loops(function: Function) -> set[str]:
    """Return those of these names that speak of a loop."""
    return {name for name in called_names(function) if "loop" in name.lower()}


def is_canonical(function: Function, besides: frozenset[str] = frozenset()) -> bool:
    """Tell whether an override only creates a loop of the default type, and closes it.

    Args:
        function: the override.
        besides: other names that it may call.

    """
    plain = (ast.Assign, ast.AnnAssign, ast.Expr, ast.Return, ast.Try, ast.If, ast.Pass, ast.For)
    if not (called_names(function) <= CANONICAL | besides | _default_policy(function)):
        return False
    return _hands_out_a_plain_loop(function) and all(
        isinstance(node, plain) or _imports_only_known(node)
        for statement in function.body
        for node in walk(statement)
        if isinstance(node, ast.stmt)
    )


def _imports_only_known(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Import) and all(
        alias.name in {"asyncio", "gc"} for alias in statement.names
    )


def _hands_out_a_plain_loop(function: Function) -> bool:
    """Tell whether an override uses no other fixture, has no variants, and only returns a loop.

    Its tests may depend on what it sets on the loop.
    """
    arguments = {argument.arg for argument in function.args.args}
    nodes = [node for statement in function.body for node in walk(statement)]
    given = [node.value for node in nodes if isinstance(node, (ast.Return, ast.Yield))]
    return (
        arguments <= {"self", "request"}
        and not has_params(function)
        and all(isinstance(value, (ast.Name, ast.Call)) for value in given)
        and not any(
            isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) for node in nodes
        )
    )


def has_params(function: Function) -> bool:
    """Tell whether a fixture has variants."""
    return any(
        keyword.arg == "params"
        for decorator in function.decorator_list
        if isinstance(decorator, ast.Call)
        for keyword in decorator.keywords
    )


def _default_policy(function: Function) -> set[str]:
    """Return the name of the call that sets a policy, if it sets asyncio's own."""
    calls = [node for node in walk(function) if isinstance(node, ast.Call)]
    setting = [c for c in calls if getattr(c.func, "attr", "") == "set_event_loop_policy"]
    is_default = all(
        isinstance(argument, ast.Call)
        and getattr(argument.func, "attr", "") == "DefaultEventLoopPolicy"
        for call in setting
        for argument in call.args
    )
    return {"set_event_loop_policy"} if is_default else set()
