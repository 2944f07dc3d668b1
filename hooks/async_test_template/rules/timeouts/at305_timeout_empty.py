"""AT305: an empty timeout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule
from async_test_template.rules.timeouts._timeouts import is_of_plugin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    value = settings.text_of("timeout")
    if value is not None and not value.strip() and is_of_plugin(project):
        yield settings.finding(
            RULE.code,
            "timeout is empty",
            "timeout",
            tier=Tier.SAFE,
            edits=(settings.delete("timeout"),),
        )


RULE = Rule(
    code="AT305",
    name="timeout-empty",
    severity=Severity.WARNING,
    tier=Tier.SAFE,
    check=_check,
    only_with=("timeout",),
)
