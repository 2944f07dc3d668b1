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
    title="Trio mode and auto mode claim the same tests",
    why=(
        'Both plugins run the test in a way of their own, one within the other: "a coroutine '
        'was expected, got None".'
    ),
    since="pytest-trio 0.5, with pytest-asyncio 0.17 and its modes",
    source=(
        "[pytest-trio 0.8.0, plugin.py]"
        "(https://github.com/python-trio/pytest-trio/blob/v0.8.0/pytest_trio/plugin.py)"
    ),
    severity=Severity.ERROR,
    because="Every async test fails.",
    tier=Tier.REPORT,
    about="pytest-trio",
    check=_check,
)
