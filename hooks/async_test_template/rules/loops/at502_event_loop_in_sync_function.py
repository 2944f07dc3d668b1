"""AT502: tests and fixtures that are not async and ask for `event_loop`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.loops._asking import items_asking, parameter_findings
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    yield from parameter_findings(RULE.code, project, source, "event_loop", is_async=False)


RULE = Rule(
    code="AT502",
    name="event-loop-in-sync-function",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    about="pytest-asyncio",
    visit=_visit,
    words=rb"event_loop",
    spots=partial(items_asking, name="event_loop", is_async=False),
    expects=("LookupError",),
    broken_since=(("pytest-asyncio", "1.0"),),
)
