"""AT929: nest_asyncio."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, is_below, is_test_code
from async_test_template.rules.rule import Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    if not is_test_code(source):
        return
    for call in source.calls("nest_asyncio.apply"):
        # No test runs what only a notebook does.
        if is_below(source, call, _NOTEBOOK):
            continue
        yield code_finding(
            RULE.code,
            source,
            call,
            "nest_asyncio.apply() breaks asyncio's current task",
            hint="await instead of running a loop inside a loop",
        )


_NOTEBOOK = re.compile(r"ipython|ipykernel|jupyter|notebook|colab", re.IGNORECASE)

RULE = Rule(
    code="AT929",
    name="nest-asyncio",
    severity=Severity.WARNING,
    tier=Tier.REPORT,
    python=">=3.14",
    visit=_visit,
    words=rb"nest_asyncio",
    where=Where.EVERYWHERE,
    alone=True,
)
