"""AT703: a fixture whose `loop_scope` is narrower than its `scope`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Tier
from async_test_template.rules._loops import SCOPES
from async_test_template.rules.rule import Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    for fixture in project.code.fixtures:
        if fixture.scope not in SCOPES or fixture.loop_scope not in SCOPES:
            continue
        if SCOPES.index(fixture.loop_scope) < SCOPES.index(fixture.scope):
            yield Finding(
                RULE.code,
                f"the {fixture.scope}-scoped fixture {fixture.name} asks for the "
                f"{fixture.loop_scope} loop",
                fixture.file,
                fixture.line,
                fixture.column,
                hint="a loop must live as long as the fixture",
            )


_FIXTURE = (
    "import pytest_asyncio\n\n\n@pytest_asyncio.fixture({})\nasync def client():\n    yield 1\n"
)

RULE = Rule(
    code="AT703",
    name="loop-narrower-than-fixture",
    title="A fixture outlives the loop that it asks for",
    why="Every test that uses it fails with ScopeMismatch.",
    since="pytest-asyncio 0.24",
    tier=Tier.REPORT,
    about="pytest-asyncio",
    check=_check,
    invalid=(
        Example(before={"conftest.py": _FIXTURE.format('scope="session", loop_scope="function"')}),
    ),
    valid=({"conftest.py": _FIXTURE.format('scope="module", loop_scope="session"')},),
)
