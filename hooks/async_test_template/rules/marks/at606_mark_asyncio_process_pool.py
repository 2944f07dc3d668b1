"""AT606: `mark.asyncio_process_pool` and its fixture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, marks
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for mark in marks(source, "asyncio_process_pool"):
        yield code_finding(
            RULE.code,
            source,
            mark,
            "the mark asyncio_process_pool is unknown",
            hint="use pytest.mark.asyncio, and create the executor in the test",
        )


RULE = Rule(
    code="AT606",
    name="mark-asyncio-process-pool",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
    about="pytest-asyncio",
    visit=_visit,
    words=rb"asyncio_process_pool",
    alone=True,
)
