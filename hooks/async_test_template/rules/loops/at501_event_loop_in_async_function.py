"""AT501: async tests and fixtures that ask for `event_loop`."""

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
    yield from parameter_findings(RULE.code, project, source, "event_loop", is_async=True)


RULE = Rule(
    code="AT501",
    name="event-loop-in-async-function",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    about="pytest-asyncio",
    visit=_visit,
    words=rb"event_loop",
    spots=partial(items_asking, name="event_loop", is_async=True),
    expects=("LookupError",),
    broken_since=(("pytest-asyncio", "1.0"),),
)
