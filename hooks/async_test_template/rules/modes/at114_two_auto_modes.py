"""AT114: anyio's and pytest-asyncio's auto mode together."""

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
    if settings.effective("anyio_mode") == "auto" == settings.effective(MODE):
        yield settings.finding(
            RULE.code,
            "anyio_mode and asyncio_mode are both auto, so AnyIO runs every async test",
            "anyio_mode",
            hint="keep one of them, and set the other to strict",
        )


RULE = Rule(
    code="AT114",
    name="two-auto-modes",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
    about="pytest-asyncio",
    check=_check,
    only_with=("anyio_mode",),
)
