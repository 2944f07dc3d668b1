"""AT123: AnyIO's plugin should run all async tests, and no setting says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.facts import ANSWERED
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    settings, desired = project.settings, project.desired
    if desired.backend != "anyio" or desired.mode != "auto":
        return
    if settings.effective("anyio_mode") is not None or not settings.can_grow:
        return
    yield settings.finding(
        RULE.code,
        "anyio_mode is not set, and the answers ask for AnyIO's plugin in auto mode",
        tier=Tier.SAFE,
        edits=(settings.set("anyio_mode", "auto"),),
    )


RULE = Rule(
    code="AT123",
    name="anyio-mode-unset",
    severity=Severity.WARNING,
    tier=Tier.SAFE,
    about="anyio",
    check=_check,
    only_with=(ANSWERED,),
)
