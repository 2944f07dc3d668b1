"""AT609: `@pytest.mark.asyncio` in auto mode."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, marks
from async_test_template.rules.premises.mark_readers import selects_by
from async_test_template.rules.rule import Rule
from async_test_template.source import changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    if project.mode != "auto":
        return
    for mark in marks(source, "asyncio"):
        if not isinstance(mark, ast.Call):
            yield code_finding(
                RULE.code,
                source,
                mark,
                "the mark asyncio is not needed in auto mode",
                tier=Tier.REPORT if selects_by(project, "asyncio") else Tier.SAFE,
                fix=partial(_fix, source, mark),
            )


def _fix(source: Source, mark: ast.expr) -> tuple[Edit, ...]:
    return (changes.remove_mark(source, mark),)


RULE = Rule(
    code="AT609",
    name="mark-in-auto-mode",
    severity=Severity.ADVICE,
    tier=Tier.SAFE,
    about="pytest-asyncio",
    visit=_visit,
    words=rb"asyncio",
    alone=True,
    mark="asyncio",
    optional=True,
)
