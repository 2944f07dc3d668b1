"""AT601: `scope=` of `mark.asyncio`."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import (
    code_finding,
    has_stars,
    keyword,
    marks,
    needs,
    text_of,
)
from async_test_template.rules.rule import Rule
from async_test_template.source import changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for mark in marks(source, "asyncio"):
        if not isinstance(mark, ast.Call) or has_stars(mark):
            continue
        scope = keyword(mark, "scope")
        if scope is None:
            continue
        loop_scope = keyword(mark, "loop_scope")
        same = loop_scope is not None and text_of(loop_scope.value) == text_of(scope.value)
        yield code_finding(
            RULE.code,
            source,
            mark,
            "the mark asyncio takes scope= as loop_scope="
            if loop_scope is None
            else "the mark asyncio has scope= and loop_scope=",
            tier=Tier.SAFE if loop_scope is None or same else Tier.REPORT,
            fix=partial(_fix, project, source, mark, scope, is_double=loop_scope is not None),
            hint="keep one of the two",
        )


def _fix(
    project: Project, source: Source, mark: ast.Call, scope: ast.keyword, *, is_double: bool
) -> tuple[Edit, ...]:
    needs(project, "pytest-asyncio", "0.24")
    if is_double:
        return (changes.remove_argument(source, mark, scope),)
    start = source.start(scope)
    return (changes.replace(source, start, start + len("scope"), "loop_scope"),)


RULE = Rule(
    code="AT601",
    name="mark-scope-argument",
    severity=Severity.WARNING,
    tier=Tier.SAFE,
    about="pytest-asyncio",
    visit=_visit,
    words=rb"mark",
    alone=True,
    mark="asyncio",
)
