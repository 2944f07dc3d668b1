"""AT101: `asyncio_mode = legacy`."""

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
    if (settings.text_of(MODE) or "").strip().lower() == "legacy":
        yield settings.finding(
            RULE.code,
            "asyncio_mode is legacy, which pytest-asyncio no longer knows",
            MODE,
            tier=Tier.SAFE,
            edits=(settings.set(MODE, project.desired.instead_of_legacy),),
        )


RULE = Rule(
    code="AT101",
    name="asyncio-mode-legacy",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    about="pytest-asyncio",
    check=_check,
    only_with=("asyncio_mode=legacy",),
    broken_since=(("pytest-asyncio", "0.20"),),
)
