"""AT501: async tests and fixtures that ask for `event_loop`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.loops._asking import parameter_findings
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    yield from parameter_findings(RULE.code, project, source, "event_loop", is_async=True)


RULE = Rule(
    code="AT501",
    name="event-loop-in-async-function",
    title="An async test or fixture asks for `event_loop`",
    why=(
        "The fixture is gone: `fixture 'event_loop' not found`. An async function can take the "
        "loop that it runs in."
    ),
    since="pytest-asyncio 1.0; a warning since 0.23",
    source=(
        "[pytest-asyncio 1.0.0, changelog]"
        "(https://pytest-asyncio.readthedocs.io/en/stable/reference/changelog.html)"
    ),
    severity=Severity.ERROR,
    because="Every test that asks for it fails.",
    tier=Tier.SAFE,
    about="pytest-asyncio",
    visit=_visit,
    words=rb"event_loop",
    expects=("LookupError",),
)
