"""AT835: what AnyIO 4.0 removed."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, needs, sure
from async_test_template.rules.removed_names import Removed, removed_names
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes
from async_test_template.source.nodes import callee

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

#: The first release with the new names.
_SINCE = ("anyio", "3.0")
#: They were async context managers in AnyIO 2.
_SCOPES = frozenset(
    f"anyio.{name}" for name in ("CancelScope", "fail_after", "move_on_after", "open_cancel_scope")
)
_REMOVED = Removed(
    "was removed from AnyIO",
    {
        "anyio.create_capacity_limiter": "anyio.CapacityLimiter",
        "anyio.create_condition": "anyio.Condition",
        "anyio.create_event": "anyio.Event",
        "anyio.create_lock": "anyio.Lock",
        "anyio.create_semaphore": "anyio.Semaphore",
        "anyio.current_default_worker_thread_limiter": (
            "anyio.to_thread.current_default_thread_limiter"
        ),
        "anyio.open_cancel_scope": "anyio.CancelScope",
        "anyio.run_async_from_thread": "anyio.from_thread.run",
        "anyio.run_sync_from_thread": "anyio.from_thread.run_sync",
        "anyio.run_sync_in_worker_thread": "anyio.to_thread.run_sync",
        "anyio.start_blocking_portal": "anyio.from_thread.start_blocking_portal",
    },
    {
        "anyio.ExceptionGroup": "use ExceptionGroup, or pytest.RaisesGroup in a test",
        "anyio.maybe_async": "await what is a coroutine function, and nothing else",
        "anyio.maybe_async_cm": "use with, without async",
        "anyio.run_in_thread": "use anyio.to_thread.run_sync",
        "anyio.run_sync_in_process": "use anyio.to_process.run_sync",
    },
    _SINCE,
)


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    yield from removed_names(project, source, RULE.code, _REMOVED)
    for call, method in source.method_calls("spawn"):
        if _is_task_group(source, method):
            yield code_finding(
                RULE.code,
                source,
                call,
                "spawn was removed from AnyIO's task groups",
                tier=Tier.SAFE,
                fix=partial(_started, project, source, call, method),
                hint="use start_soon, without await",
            )
    for block in source.nodes.of(ast.AsyncWith):
        for item in block.items:
            called = callee(item.context_expr)
            name = source.names.resolve(called)
            if name in _SCOPES:
                yield code_finding(
                    RULE.code,
                    source,
                    item.context_expr,
                    f"{name} is no async context manager",
                    tier=Tier.SAFE,
                    fix=partial(_entered, project, source, block, called),
                    hint="use with, without async",
                )


def _is_task_group(source: Source, method: ast.Attribute) -> bool:
    """Tell whether a method is of what an `async with` around it calls a task group."""
    owner = method.value
    return isinstance(owner, ast.Name) and any(
        isinstance(item.optional_vars, ast.Name)
        and item.optional_vars.id == owner.id
        and source.names.resolve(callee(item.context_expr)) == "anyio.create_task_group"
        for around in source.around(method)
        if isinstance(around, ast.AsyncWith)
        for item in around.items
    )


def _started(
    project: Project, source: Source, call: ast.Call, method: ast.Attribute
) -> tuple[Edit, ...]:
    needs(project, *_SINCE)
    waiting = source.parents[call]
    if not isinstance(waiting, ast.Await):
        raise EditError("nothing awaits it")
    end = source.end(method)
    return (
        changes.replace(source, source.start(waiting), source.start(call)),
        changes.replace(source, end - len(method.attr), end, "start_soon"),
    )


def _entered(
    project: Project, source: Source, block: ast.AsyncWith, called: ast.expr
) -> tuple[Edit, ...]:
    needs(project, *_SINCE)
    sure(source, called)
    if len(block.items) > 1:
        raise EditError("the block enters something else too")
    start = source.start(block)
    return (changes.replace(source, start, source.data.index(b"with", start)),)


RULE = Rule(
    code="AT835",
    name="anyio-names",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    visit=_visit,
    words=_REMOVED.words + rb"|\.spawn\(|CancelScope|fail_after|move_on_after",
    where=Where.EVERYWHERE,
    suspects=re.compile(rb"\banyio\b").search,
    alone=True,
    expects=("AttributeError", "ImportError", "TypeError"),
    libraries=("anyio",),
    broken_since=(("anyio", "4.0"),),
)
