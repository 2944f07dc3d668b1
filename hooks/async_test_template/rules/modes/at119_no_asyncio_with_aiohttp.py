"""AT119: `-p no:asyncio` with pytest-aiohttp."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    if (
        settings.disables("asyncio")
        and not settings.disables("aiohttp")
        and project.dependencies.has("pytest-aiohttp")
    ):
        yield settings.finding(
            RULE.code,
            "addopts disables pytest-asyncio, which pytest-aiohttp needs",
            "addopts",
            hint="add -p no:aiohttp, or remove -p no:asyncio",
        )


RULE = Rule(
    code="AT119",
    name="no-asyncio-with-aiohttp",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
    about="pytest-aiohttp",
    check=_check,
    only_with=("-p",),
)
