"""AT601: `scope=` of `mark.asyncio`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import (
    code_finding,
    has_stars,
    keyword,
    text_of,
)
from async_test_template.rules.patterns import keyword_of_mark, removed, renamed
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for mark, scope in keyword_of_mark(source, "scope", "asyncio"):
        if has_stars(mark):
            continue
        loop_scope = keyword(mark, "loop_scope")
        same = loop_scope is not None and text_of(loop_scope.value) == text_of(scope.value)
        yield code_finding(
            RULE.code,
            source,
            mark,
            "in the mark asyncio, scope= is now loop_scope="
            if loop_scope is None
            else "the mark asyncio has scope= and loop_scope=",
            tier=Tier.SAFE if loop_scope is None or same else Tier.REPORT,
            fix=partial(_fix, source, mark, scope, is_double=loop_scope is not None),
            hint="write loop_scope=" if loop_scope is None else "keep one of the two",
        )


def _fix(
    source: Source, mark: ast.Call, scope: ast.keyword, *, is_double: bool
) -> tuple[Edit, ...]:
    return removed(source, mark, scope) if is_double else renamed(source, scope, "loop_scope")


RULE = Rule(
    code="AT601",
    name="mark-scope-argument",
    severity=Severity.WARNING,
    tier=Tier.SAFE,
    about="pytest-asyncio",
    needs=(("pytest-asyncio", "0.24"),),
    visit=_visit,
    words=rb"mark",
    alone=True,
    mark="asyncio",
)
