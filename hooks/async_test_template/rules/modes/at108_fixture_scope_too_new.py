"""AT108: `fixture-scope` where an older pytest-asyncio may be installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.modes._versions import bound_finding
from async_test_template.rules.rule import Rule
from async_test_template.rules.which_loop import AS_WIDE, FIXTURE_SCOPE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    if project.settings.text_of(FIXTURE_SCOPE) == AS_WIDE:
        yield from bound_finding(project, RULE.code, FIXTURE_SCOPE, "pytest-asyncio", "1.5")


RULE = Rule(
    code="AT108",
    name="fixture-scope-too-new",
    severity=Severity.WARNING,
    tier=Tier.UNSAFE,
    about="pytest-asyncio",
    check=_check,
    only_with=(f"{FIXTURE_SCOPE}={AS_WIDE}",),
)
