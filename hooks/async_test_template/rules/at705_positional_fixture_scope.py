"""AT705: `pytest_asyncio.fixture("session")`."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Tier
from async_test_template.rules._code import calls, code_finding, text_of
from async_test_template.rules._loops import SCOPES
from async_test_template.rules.rule import Example, Rule, Where
from async_test_template.source import changes

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for call in calls(source, "pytest_asyncio.fixture", "pytest.fixture"):
        if len(call.args) == 1 and text_of(call.args[0]) in SCOPES and not call.keywords:
            yield code_finding(
                RULE.code,
                source,
                call,
                "the scope of the fixture is a positional argument",
                tier=Tier.SAFE,
                fix=partial(_fix, source, call.args[0]),
                hint="write scope=",
            )


def _fix(source: Source, scope: ast.expr) -> tuple[Edit, ...]:
    start = source.start(scope)
    return (changes.replace(source, start, start, "scope="),)


_FIXTURE = (
    "import pytest_asyncio\n\n\n@pytest_asyncio.fixture({})\nasync def client():\n    yield 1\n"
)

RULE = Rule(
    code="AT705",
    name="positional-fixture-scope",
    title="A fixture's scope is a positional argument",
    why="Collection stops with an AttributeError or a TypeError.",
    since="pytest 6 and pytest-asyncio 0.17",
    tier=Tier.SAFE,
    check=None,
    visit=_visit,
    words=rb"fixture",
    where=Where.TESTS,
    suspects=re.compile(rb"fixture(?:\(\s*(?:#[^\n]*\s*)*[\"']|[ \t]+as[ \t])").search,
    alone=True,
    expects=("TypeError",),
    invalid=(
        Example(
            before={"conftest.py": _FIXTURE.format('"session"')},
            after={"conftest.py": _FIXTURE.format('scope="session"')},
            tier=Tier.SAFE,
        ),
    ),
    valid=(
        {"conftest.py": _FIXTURE.format('scope="session"')},
        {
            "conftest.py": (
                "import pytest_asyncio\n\n\nasync def make():\n    pass\n\n\n"
                "client = pytest_asyncio.fixture(make)\n"
            )
        },
    ),
)
