"""AT924: child watchers, which Python 3.14 no longer has."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, is_test_code
from async_test_template.rules.rule import Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source

#: What `dir(asyncio)` has in Python 3.13 and not in 3.14, except names that are only deprecated.
_GONE = tuple(
    f"asyncio.{name}"
    for name in (
        "AbstractChildWatcher",
        "FastChildWatcher",
        "MultiLoopChildWatcher",
        "PidfdChildWatcher",
        "SafeChildWatcher",
        "ThreadedChildWatcher",
        "get_child_watcher",
        "set_child_watcher",
    )
)
#: Methods of the policies that were removed with them.
_METHODS = ("get_child_watcher", "set_child_watcher")


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    if not is_test_code(source):
        return
    seen: set[ast.AST] = set()
    for node, name in sorted(_uses(source), key=lambda use: source.start(use[0])):
        # One finding per statement: a watcher is created to be set.
        statement = next((a for a in (node, *source.around(node)) if isinstance(a, ast.stmt)), node)
        if statement not in seen:
            seen.add(statement)
            yield code_finding(
                RULE.code,
                source,
                node,
                f"{name} was removed",
                hint="remove it: since Python 3.8 asyncio watches child processes without it",
            )


def _uses(source: Source) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    yield from source.uses(*_GONE)
    for name in _METHODS:
        for _, node in source.method_calls(name):
            if _is_policy(source, node.value):
                yield node, f"the {name} of an event loop policy"


def _is_policy(source: Source, node: ast.expr) -> bool:
    if isinstance(node, ast.Name) and node.id.endswith("policy"):
        return True
    return isinstance(node, ast.Call) and source.names.resolve(node.func).endswith("policy")


RULE = Rule(
    code="AT924",
    name="child-watcher",
    severity=Severity.WARNING,
    tier=Tier.REPORT,
    python=">=3.14",
    visit=_visit,
    words=rb"child_watcher|ChildWatcher",
    where=Where.EVERYWHERE,
    alone=True,
    expects=("AttributeError", "ImportError", "DeprecationWarning"),
)
