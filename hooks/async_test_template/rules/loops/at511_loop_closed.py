"""AT511: a test that closes its loop."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.rule import Rule
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source


_LOOPS = {"asyncio.get_running_loop", "asyncio.get_event_loop"}


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    if next(source.calls(*_LOOPS), None) is None:
        return
    for line, function in sorted(source.functions.items()):
        if source.items.get(line) is None:
            continue
        if not isinstance(function, ast.AsyncFunctionDef):
            continue
        loops = _loops_of(source, function)
        for node in walk(function):
            if (
                isinstance(node, ast.Call)
                # A function inside may run in a thread with its own loop.
                and source.scope(node) is function
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "close"
                and (
                    (isinstance(node.func.value, ast.Name) and node.func.value.id in loops)
                    or _is_loop(source, node.func.value)
                )
            ):
                yield code_finding(
                    RULE.code,
                    source,
                    node,
                    f"{function.name} closes the loop that it runs in",
                    hint="remove the call; the plugin closes its loops",
                )


def _loops_of(source: Source, function: Function) -> set[str]:
    return {
        target.id
        for node in walk(function)
        if isinstance(node, ast.Assign) and _is_loop(source, node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _is_loop(source: Source, node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and source.names.resolve(node.func) in _LOOPS


RULE = Rule(
    code="AT511",
    name="loop-closed",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
    visit=_visit,
    words=rb"close",
    alone=True,
    expects=("RuntimeError", "RuntimeWarning"),
    broken_since=(("pytest-asyncio", "1.1"),),
)
