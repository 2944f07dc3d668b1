"""AT114: anyio's and pytest-asyncio's auto mode together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Tier
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
            "anyio_mode and asyncio_mode are both auto, so anyio runs every async test",
            "anyio_mode",
            hint="keep one of them; strict is the other value",
        )


RULE = Rule(
    code="AT114",
    name="two-auto-modes",
    title="Two plugins are in auto mode",
    why=(
        "anyio wins and runs each test once for every backend that is installed, on asyncio and "
        "on trio, with a warning."
    ),
    since="anyio 4.12",
    tier=Tier.REPORT,
    about="pytest-asyncio",
    check=_check,
)
