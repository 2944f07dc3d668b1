"""AT938: coroutines that are given to `asyncio.wait`."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import ASYNCIO_COROUTINES, code_finding, sure
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes
from async_test_template.source.nodes import root_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

_WAIT = "asyncio.wait"


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for call in source.calls(_WAIT):
        given = list(_given(source, call)) if call.args else []
        if any(_is_coroutine(source, node) for node in given):
            yield code_finding(
                RULE.code,
                source,
                call,
                "asyncio.wait does not take coroutines",
                tier=Tier.SAFE,
                fix=partial(_fix, source, call, given),
                hint="pass tasks: asyncio.create_task(...)",
            )


def _given(source: Source, call: ast.Call) -> Iterator[ast.expr]:
    """Yield what a call waits for, as far as the function shows it."""
    value = call.args[0]
    values = list(_bound(source, call, value.id)) if isinstance(value, ast.Name) else [value]
    for each in values:
        if isinstance(each, (ast.List, ast.Set, ast.Tuple)):
            yield from each.elts
        elif isinstance(each, (ast.GeneratorExp, ast.ListComp, ast.SetComp)):
            yield each.elt


def _bound(source: Source, call: ast.Call, name: str) -> Iterator[ast.expr]:
    """Yield the value of a variable that the function sets once, and what is added to it."""
    mentions = [
        node
        for node in source.mentions.get(name, ())
        if isinstance(node, ast.Name) and source.scope(node) is source.scope(call)
    ]
    stores = [source.parents[node] for node in mentions if isinstance(node.ctx, ast.Store)]
    if len(stores) != 1 or not isinstance(stores[0], ast.Assign):
        return
    yield stores[0].value
    for node in mentions:
        method = source.parents[node]
        around = source.parents.get(method)
        is_adding = isinstance(method, ast.Attribute) and method.attr in {"add", "append"}
        if is_adding and isinstance(around, ast.Call):
            yield ast.List(elts=around.args)


def _is_coroutine(source: Source, node: ast.expr) -> bool:
    """Tell whether an expression calls what only async functions of the file are named."""
    if not isinstance(node, ast.Call):
        return False
    if source.names.resolve(node.func) in ASYNCIO_COROUTINES:
        return True
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    named = source.named(name)
    return bool(named) and all(
        isinstance(function, ast.AsyncFunctionDef)
        and not function.decorator_list
        and function not in source.generators
        for function in named
    )


def _fix(source: Source, call: ast.Call, given: list[ast.expr]) -> tuple[Edit, ...]:
    sure(source, call.func)
    loop = ""
    if not isinstance(source.scope(call), ast.AsyncFunctionDef):
        loop = f", loop={_loop_around(source, call)}"
    # This is what `wait` did itself, at that time. It returns a future as it is.
    function = f"{source.text(call.func).rpartition('.')[0]}.ensure_future"
    waiting = call.args[0]
    if isinstance(waiting, ast.Name):
        text = f"[{function}(each{loop}) for each in {waiting.id}]"
        return (changes.replace_node(source, waiting, text),)
    return tuple(
        changes.replace_node(source, node, f"{function}({source.text(node)}{loop})")
        for node in given
        if isinstance(node, ast.Call) and not _makes_task(source, node)
    )


def _loop_around(source: Source, call: ast.Call) -> str:
    """Return the loop that a call is run in: `loop.run_until_complete(asyncio.wait(...))`.

    Raises:
        EditError: it is run in another way, or the loop has no name.

    """
    runs = source.parents[call]
    run = runs.func if isinstance(runs, ast.Call) else None
    if (
        isinstance(run, ast.Attribute)
        and run.attr == "run_until_complete"
        and isinstance(root_of(run), ast.Name)
    ):
        return source.text(run.value)
    raise EditError("no loop runs yet in a function that is not async")


def _makes_task(source: Source, node: ast.Call) -> bool:
    return source.text(node.func).rpartition(".")[2] in {"create_task", "ensure_future"}


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
