"""AT604: `forbid_global_loop=` of `mark.asyncio`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.patterns import keyword_of_mark, removed
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for mark, argument in keyword_of_mark(source, "forbid_global_loop", "asyncio"):
        yield code_finding(
            RULE.code,
            source,
            mark,
            "the mark asyncio does not accept forbid_global_loop=",
            tier=Tier.SAFE,
            fix=partial(removed, source, mark, argument),
        )


RULE = Rule(
    code="AT604",
    name="mark-forbid-global-loop",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    about="pytest-asyncio",
    visit=_visit,
    words=rb"forbid_global_loop",
    alone=True,
    mark="asyncio",
    expects=("ValueError",),
)
