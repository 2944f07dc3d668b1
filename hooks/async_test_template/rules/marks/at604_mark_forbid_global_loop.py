"""AT604: `forbid_global_loop=` of `mark.asyncio`."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, keyword, marks
from async_test_template.rules.rule import Rule
from async_test_template.source import changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for mark in marks(source, "asyncio"):
        argument = keyword(mark, "forbid_global_loop") if isinstance(mark, ast.Call) else None
        if isinstance(mark, ast.Call) and argument is not None:
            yield code_finding(
                RULE.code,
                source,
                mark,
                "the mark asyncio takes no forbid_global_loop=",
                tier=Tier.SAFE,
                fix=partial(_fix, source, mark, argument),
            )


def _fix(source: Source, mark: ast.Call, argument: ast.keyword) -> tuple[Edit, ...]:
    if len(mark.keywords) == 1 and not mark.args:
        return (changes.remove_call_brackets(source, mark),)
    return (changes.remove_argument(source, mark, argument),)


RULE = Rule(
    code="AT604",
    name="mark-forbid-global-loop",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    about="pytest-asyncio",
    visit=_visit,
    words=rb"forbid_global_loop",
    alone=True,
    mark="asyncio",
    expects=("ValueError",),
)
