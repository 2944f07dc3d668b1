"""AT111: a setting that a hook assigns too late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.facts import CODE
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    for module in project.code.modules:
        for assignment in module.assignments:
            yield Finding(
                RULE.code,
                f"a hook assigns {assignment.name}, which pytest-asyncio does not read",
                module.file,
                assignment.line,
                assignment.column,
                hint="set it in the configuration file",
            )


RULE = Rule(
    code="AT111",
    name="option-set-in-hook",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
    about="pytest-asyncio",
    check=_check,
    only_with=(CODE,),
)
