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
    title="The asyncio mode is `legacy`",
    why=(
        "The mode is asked for when a test is set up or an async one is collected. With "
        "pytest-aiohttp the mode becomes auto, with a warning. Auto does what legacy did for "
        "async tests."
    ),
    since="pytest-asyncio 0.20; deprecated since it came in 0.17",
    source=(
        "[pytest-asyncio 0.20.0, changelog]"
        "(https://pytest-asyncio.readthedocs.io/en/stable/reference/changelog.html)"
    ),
    severity=Severity.ERROR,
    because="pytest-asyncio refuses the value, so each test is an error, or its file is.",
    tier=Tier.SAFE,
    about="pytest-asyncio",
    check=_check,
)
