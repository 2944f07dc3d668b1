"""AT216: nothing turns a missing await into an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


_GUARDS = (
    "error:coroutine .* was never awaited:RuntimeWarning",
    "error::pytest.PytestUnraisableExceptionWarning",
)


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    lines = settings.lines_of("filterwarnings")
    if any(line.strip() == "error" or "never awaited" in line for line in lines):
        return
    if not settings.exists or not settings.can_grow:
        return
    missing = [guard for guard in _GUARDS if guard not in lines]
    yield settings.finding(
        RULE.code,
        "a test that forgets an await passes with a warning",
        "filterwarnings",
        tier=Tier.UNSAFE,
        edits=settings.append_entries("filterwarnings", missing),
    )


RULE = Rule(
    code="AT216",
    name="missing-await-unguarded",
    severity=Severity.ADVICE,
    tier=Tier.UNSAFE,
    check=_check,
    optional=True,
)
