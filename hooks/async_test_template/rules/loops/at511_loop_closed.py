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


_WORDS = (b"get_running_loop", b"get_event_loop")
_LOOPS = {f"asyncio.{name.decode()}" for name in _WORDS}


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for method in source.mentions.get("close", ()):
        call = source.parents[method]
        function = source.scope(call)
        if (
            isinstance(method, ast.Attribute)
            and isinstance(call, ast.Call)
            and call.func is method
            # A function inside may run in a thread with its own loop.
            and isinstance(function, ast.AsyncFunctionDef)
            and function.lineno in source.items
            and _stands_for_loop(source, method.value, function)
        ):
            yield code_finding(
                RULE.code,
                source,
                call,
                f"{function.name} closes the loop that it runs in",
                hint="remove the call; the plugin closes its loops",
            )


def _stands_for_loop(source: Source, node: ast.expr, function: Function) -> bool:
    if not isinstance(node, ast.Name):
        return _is_loop(source, node)
    # Tests close many things; only those that ask for the loop are walked through.
    text = source.data[source.start(function) : source.end(function)]
    return any(name in text for name in _WORDS) and any(
        isinstance(statement, ast.Assign)
        and _is_loop(source, statement.value)
        and any(isinstance(t, ast.Name) and t.id == node.id for t in statement.targets)
        for statement in walk(function)
    )


def _is_loop(source: Source, node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and source.names.resolve(node.func) in _LOOPS


RULE = Rule(
    code="AT511",
    name="loop-closed",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
    visit=_visit,
    words=b"|".join(_WORDS),
    alone=True,
    expects=("RuntimeError", "RuntimeWarning"),
    broken_since=(("pytest-asyncio", "1.1"),),
)
