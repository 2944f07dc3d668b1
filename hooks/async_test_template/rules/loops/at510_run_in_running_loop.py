"""AT510: `asyncio.run` and `run_until_complete` inside an async test."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, sure
from async_test_template.rules.rule import Rule
from async_test_template.source import changes
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source

_LOOPS = {"asyncio.get_running_loop", "asyncio.get_event_loop", "asyncio.new_event_loop"}
#: Parameters that stand for the loop of the test.
_PARAMETERS = {"event_loop", "loop"}
_METHOD = "run_until_complete"
#: Expressions that need brackets after `await`, which binds more closely.
_CLOSER = (ast.Attribute, ast.Subscript, ast.Call, ast.Await)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.GeneratorExp)


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    named = source.mentions.get(_METHOD, ())
    methods = [node for node in named if isinstance(node, ast.Attribute)]
    for asked in (*methods, *source.references("asyncio.run")):
        call = source.parents[asked]
        if not isinstance(call, ast.Call) or call.func is not asked:
            continue
        is_method = asked in methods
        if is_method and not _may_be_loops(source, call):
            continue
        function = next((n for n in source.around(call) if isinstance(n, _SCOPES)), None)
        if not isinstance(function, ast.AsyncFunctionDef):
            continue
        if source.items.get(function.lineno) is None:
            continue
        yield code_finding(
            RULE.code,
            source,
            call,
            f"{function.name} is async and calls {_METHOD if is_method else 'asyncio.run'}",
            tier=Tier.UNSAFE,
            fix=partial(_fix, source, call, function),
            hint="await it",
        )


def _may_be_loops(source: Source, call: ast.Call) -> bool:
    """Tell whether a call may be that of a loop: with what it runs, and without an `await`."""
    is_awaited = isinstance(source.parents[call], ast.Await)
    return len(call.args) + len(call.keywords) == 1 and not is_awaited


def _fix(source: Source, call: ast.Call, function: Function) -> tuple[Edit, ...]:
    if len(call.args) != 1 or call.keywords or not isinstance(call.args[0], (ast.Call, ast.Name)):
        raise EditError("it passes more than one call")
    if isinstance(call.func, ast.Attribute) and call.func.attr == _METHOD:
        if not _is_loop(source, call.func.value, function):
            raise EditError("it is unknown whose method it is")
    else:
        sure(source, call.func)
    parent = source.parents[call]
    is_closer = isinstance(parent, _CLOSER) and call not in getattr(parent, "args", ())
    start, end = source.start(call.args[0]), source.end(call.args[0])
    return (
        changes.replace(source, source.start(call), start, "(await " if is_closer else "await "),
        changes.replace(source, end, source.end(call), ")" if is_closer else ""),
    )


def _is_loop(source: Source, node: ast.expr, function: Function) -> bool:
    """Tell whether an expression is an event loop: a call that returns one, or a name for it."""
    if isinstance(node, ast.Call):
        return source.names.resolve(node.func) in _LOOPS and source.names.is_certain(node.func)
    if not isinstance(node, ast.Name):
        return False
    assigned = [
        statement.value
        for statement in walk(function)
        if isinstance(statement, ast.Assign)
        and any(isinstance(t, ast.Name) and t.id == node.id for t in statement.targets)
    ]
    if not assigned:
        return node.id in _PARAMETERS and any(a.arg == node.id for a in function.args.args)
    return all(isinstance(v, ast.Call) and _is_loop(source, v, function) for v in assigned)


RULE = Rule(
    code="AT510",
    name="run-in-running-loop",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    visit=_visit,
    words=rb"asyncio|run_until_complete",
    alone=True,
    expects=("RuntimeError",),
)
