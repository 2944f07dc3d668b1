"""AT943: `asyncio.Task.all_tasks` and `asyncio.Task.current_task`, which Python has removed."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, is_test_code, sure
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes, new_imports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

_NAMES = ("asyncio.Task.all_tasks", "asyncio.Task.current_task")


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    if not is_test_code(source):
        return
    for node in source.references(*_NAMES):
        if isinstance(node, ast.Attribute) and not _is_fall_back(source, node):
            yield code_finding(
                RULE.code,
                source,
                node,
                f"{source.text(node)} was removed",
                tier=Tier.SAFE,
                fix=partial(_fix, source, node),
                hint=f"write asyncio.{node.attr}",
            )


def _is_fall_back(source: Source, node: ast.Attribute) -> bool:
    """Tell whether a place is only for a Python without the function."""
    return any(
        isinstance(around, ast.ExceptHandler)
        or (isinstance(around, (ast.If, ast.IfExp)) and "hasattr(" in source.text(around.test))
        or (isinstance(around, ast.BoolOp) and "getattr(" in source.text(around))
        for around in source.around(node)
    )


def _fix(source: Source, node: ast.Attribute) -> tuple[Edit, ...]:
    sure(source, node)
    asyncio, imports = new_imports.bind_module(source, "asyncio")
    edits = (changes.replace_node(source, node, f"{asyncio}.{node.attr}"), *imports)
    call = source.parents[node]
    if (
        isinstance(call, ast.Call)
        and call.func is node
        and not (call.args or call.keywords)
        and not isinstance(source.scope(node), ast.AsyncFunctionDef)
    ):
        # The method took the current loop, and the function takes the running one.
        end = source.end(call) - 1
        return (*edits, changes.replace(source, end, end, f"{asyncio}.get_event_loop()"))
    return edits


RULE = Rule(
    code="AT943",
    name="task-class-method",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    python=">=3.9",
    visit=_visit,
    words=rb"\bTask\.(?:all_tasks|current_task)\b",
    where=Where.TESTS,
    alone=True,
    expects=("AttributeError",),
)
