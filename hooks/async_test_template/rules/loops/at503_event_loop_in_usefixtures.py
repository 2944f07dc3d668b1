"""AT503: `usefixtures("event_loop")`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Tier
from async_test_template.rules.loops._loop_fixture import (
    getfixturevalue_findings,
    usefixtures_findings,
)
from async_test_template.rules.rule import Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    yield from usefixtures_findings(RULE.code, project, source, "event_loop")
    yield from getfixturevalue_findings(RULE.code, project, source, "event_loop")


_TEST = "import pytest\n\n\n{marks}async def test_it():\n    pass\n"
_VALUE = (
    'def test_it(request):\n    loop = request.getfixturevalue("event_loop")\n\n\n'
    "async def test_other():\n    pass\n"
)

RULE = Rule(
    code="AT503",
    name="event-loop-in-usefixtures",
    title="`usefixtures` or `getfixturevalue` names `event_loop`, which is gone",
    why="Every test in its reach fails: `fixture 'event_loop' not found`.",
    since="pytest-asyncio 1.0",
    tier=Tier.SAFE,
    about="pytest-asyncio",
    check=None,
    visit=_visit,
    words=rb"usefixtures|getfixturevalue",
    expects=("LookupError",),
    invalid=(
        Example(
            before={
                "test_it.py": _TEST.format(
                    marks='@pytest.mark.asyncio\n@pytest.mark.usefixtures("event_loop", "db")\n'
                )
            },
            after={
                "test_it.py": _TEST.format(
                    marks='@pytest.mark.asyncio\n@pytest.mark.usefixtures("db")\n'
                )
            },
            tier=Tier.SAFE,
        ),
        Example(
            before={
                "test_it.py": _TEST.format(
                    marks='@pytest.mark.usefixtures("event_loop")\n@pytest.mark.asyncio\n'
                )
            },
            after={"test_it.py": _TEST.format(marks="@pytest.mark.asyncio\n")},
            tier=Tier.SAFE,
        ),
        Example(
            before={
                "test_it.py": _TEST.format(
                    marks=(
                        'pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("event_loop")]'
                        "\n\n\n"
                    )
                )
            },
            after={"test_it.py": _TEST.format(marks="pytestmark = [pytest.mark.asyncio]\n\n\n")},
            tier=Tier.SAFE,
        ),
        Example(before={"test_it.py": _VALUE}),
    ),
    valid=(
        {"test_it.py": _TEST.format(marks='@pytest.mark.usefixtures("loop")\n')},
        {
            "conftest.py": (
                "import asyncio\nimport pytest_asyncio\n\n\n@pytest_asyncio.fixture\n"
                "async def event_loop():\n    return asyncio.get_running_loop()\n"
            ),
            "test_it.py": _VALUE,
        },
    ),
)
