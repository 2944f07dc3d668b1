"""AT938: coroutines that are given to `asyncio.wait`."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, sure
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

_WAIT = "asyncio.wait"
#: Functions of the library that return a coroutine.
_COROUTINES = frozenset({"asyncio.sleep", "asyncio.to_thread", _WAIT, "asyncio.wait_for"})


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for call in source.calls(_WAIT):
        if not call.args:
            continue
        given = [node for node in _given(source, call) if _is_coroutine(source, node)]
        if given:
            yield code_finding(
                RULE.code,
                source,
                call,
                "asyncio.wait does not take coroutines",
                tier=Tier.SAFE,
                fix=partial(_fix, source, call, given),
                hint="pass tasks: asyncio.create_task(...)",
            )


def _given(source: Source, call: ast.Call) -> list[ast.expr]:
    """Return what a call waits for, as far as the function shows it."""
    value = call.args[0]
    if isinstance(value, ast.Name):
        value = _bound(source, call, value.id)
    if isinstance(value, (ast.List, ast.Set, ast.Tuple)):
        return value.elts
    return [value.elt] if isinstance(value, (ast.GeneratorExp, ast.ListComp, ast.SetComp)) else []


def _bound(source: Source, call: ast.Call, name: str) -> ast.expr:
    """Return the value of a variable that the function sets once, or the variable."""
    stores = [
        source.parents[node]
        for node in source.mentions.get(name, ())
        if isinstance(node, ast.Name)
        and isinstance(node.ctx, ast.Store)
        and source.scope(node) is source.scope(call)
    ]
    only = stores[0] if len(stores) == 1 else None
    return only.value if isinstance(only, ast.Assign) else call.args[0]


def _is_coroutine(source: Source, node: ast.expr) -> bool:
    """Tell whether an expression calls what only async functions of the file are named."""
    if not isinstance(node, ast.Call):
        return False
    if source.names.resolve(node.func) in _COROUTINES:
        return True
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    named = [function for function in source.functions.values() if function.name == name]
    return bool(named) and all(
        isinstance(function, ast.AsyncFunctionDef)
        and not function.decorator_list
        and function not in source.generators
        for function in named
    )


def _fix(source: Source, call: ast.Call, given: list[ast.expr]) -> tuple[Edit, ...]:
    sure(source, call.func)
    if not isinstance(source.scope(call), ast.AsyncFunctionDef):
        raise EditError("no loop runs yet in a function that is not async")
    # This is what `wait` did itself, and it takes a future, too.
    function = f"{source.text(call.func).rpartition('.')[0]}.ensure_future"
    return tuple(
        changes.replace_node(source, node, f"{function}({source.text(node)})") for node in given
    )


RULE = Rule(
    code="AT938",
    name="wait-for-coroutines",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    python=">=3.11",
    visit=_visit,
    words=rb"asyncio\.wait\(",
    where=Where.EVERYWHERE,
    alone=True,
    expects=("TypeError",),
)
