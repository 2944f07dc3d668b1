"""AT712: an async test that yields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Tier
from async_test_template.rules._code import (
    code_finding,
)
from async_test_template.rules.rule import Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for test in source.module.tests:
        if test.is_async and source.functions[test.line] in source.generators:
            yield code_finding(
                RULE.code,
                source,
                source.functions[test.line],
                f"{test.name} yields, so that it is never run",
                hint="drop the yield, or make a fixture of what stands before it",
            )


RULE = Rule(
    code="AT712",
    name="async-generator-test",
    title="An async test yields",
    why="It is marked as an expected failure and never run.",
    since="pytest-asyncio 0.22",
    tier=Tier.REPORT,
    check=None,
    visit=_visit,
    words=rb"yield",
    alone=True,
    invalid=(Example(before={"test_it.py": "async def test_it():\n    yield 1\n"}),),
    valid=({"test_it.py": "async def test_it():\n    def inner():\n        yield 1\n"},),
)
