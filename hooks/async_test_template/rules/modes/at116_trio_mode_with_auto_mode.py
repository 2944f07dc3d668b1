"""AT116: trio mode beside pytest-asyncio's auto mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule
from async_test_template.rules.which_loop import MODE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    if settings.disables("asyncio"):
        return
    if settings.is_on("trio_mode") and settings.effective(MODE) == "auto":
        yield settings.finding(
            RULE.code,
            "trio_mode and asyncio_mode = auto both claim every async test",
            "trio_mode",
            hint="set asyncio_mode = strict",
        )


RULE = Rule(
    code="AT116",
    name="trio-mode-with-auto-mode",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
    about="pytest-trio",
    check=_check,
    only_with=("trio_mode",),
)
