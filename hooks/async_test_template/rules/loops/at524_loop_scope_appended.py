"""AT524: a hook appends a mark that should choose the loop of a test."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.loops._hook_marks import added, meant
from async_test_template.rules.on_code import code_finding, keyword, text_of
from async_test_template.rules.rule import Rule
from async_test_template.rules.which_loop import asyncio_tests, test_loop
from async_test_template.source import changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

#: The hooks that get tests with the marks that pytest-asyncio, too, has given them.
_LATE = frozenset({"pytest_collection_modifyitems", "pytest_itemcollected"})


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for call in added(source):
        hook = next(
            (node for node in source.around(call) if isinstance(node, ast.FunctionDef)), None
        )
        mark = meant(source, call, call.args[-1])
        scope = _scope(mark) if isinstance(mark, ast.Call) else None
        if hook is None or hook.name not in _LATE or scope is None or _is_first(source, call):
            continue
        test = next(
            (one for one in asyncio_tests(project) if test_loop(project, one) != scope), None
        )
        if test is not None:
            yield code_finding(
                RULE.code,
                source,
                call,
                f"a hook appends a mark with the loop scope {scope}, and the first mark counts",
                tier=Tier.UNSAFE,
                fix=partial(_fix, source, call),
                hint="pass append=False",
            )


def _scope(mark: ast.Call) -> str | None:
    """Return the loop scope that a mark names, under its old name or the new one."""
    named = keyword(mark, "loop_scope") or keyword(mark, "scope")
    return text_of(named.value) if named is not None else None


def _is_first(source: Source, call: ast.Call) -> bool:
    """Tell whether a mark is put before those that are there, or those are taken away."""
    return (
        not isinstance(call.func, ast.Attribute)
        or call.func.attr != "add_marker"
        or keyword(call, "append") is not None
        or bool(source.mentions.get("own_markers"))
    )


def _fix(source: Source, call: ast.Call) -> tuple[Edit, ...]:
    end = source.end(call.args[-1])
    return (changes.replace(source, end, end, ", append=False"),)


RULE = Rule(
    code="AT524",
    name="loop-scope-appended",
    severity=Severity.WARNING,
    tier=Tier.UNSAFE,
    visit=_visit,
    words=rb"add_marker",
    about="pytest-asyncio",
)
