"""AT101: `asyncio_mode = legacy`."""

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
    title="The asyncio mode is `legacy`",
    why=(
        "pytest exits with status 4 before any test; with pytest-aiohttp installed the mode is "
        "switched to auto without asking. Auto is what legacy did for async tests."
    ),
    since="pytest-asyncio 0.20, deprecated in 0.18",
    tier=Tier.SAFE,
    about="pytest-asyncio",
    check=_check,
)
