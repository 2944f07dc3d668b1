"""AT220: the guard only warns of what tests leave behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    if settings.is_off("async_guard_strict"):
        yield settings.finding(
            RULE.code,
            "a test that leaves a task or an error behind passes, with a warning",
            "async_guard_strict",
            hint="run the tests, mend what the guard warns of, then remove async_guard_strict",
        )


RULE = Rule(
    code="AT220",
    name="guard-only-warns",
    severity=Severity.ADVICE,
    tier=Tier.REPORT,
    check=_check,
    only_with=("async_guard_strict",),
)
