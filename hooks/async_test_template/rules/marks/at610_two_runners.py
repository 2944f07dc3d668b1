"""AT610: a test with the marks of two runners."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    for test in project.code.async_tests:
        if test.mark("asyncio") is not None and test.mark("anyio") is not None:
            yield Finding(
                RULE.code,
                f"{test.name} has the marks asyncio and anyio",
                test.file,
                test.line,
                test.column,
                hint="keep one of the two",
            )


RULE = Rule(
    code="AT610",
    name="two-runners",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
    about="pytest-asyncio",
    check=_check,
)
