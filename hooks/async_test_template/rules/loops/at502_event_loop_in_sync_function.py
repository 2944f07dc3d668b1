"""AT502: tests and fixtures that are not async and ask for `event_loop`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Tier
from async_test_template.rules.loops._loop_fixture import parameter_findings
from async_test_template.rules.rule import Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    yield from parameter_findings(RULE.code, project, source, "event_loop", is_async=False)


_FIXTURE = (
    "import pytest\n\n\n@pytest.fixture{scope}\ndef server(event_loop):\n"
    "    return event_loop.run_until_complete(serve())\n"
)
_BRIDGE = (
    "\n\n@pytest_asyncio.fixture{scope}\nasync def event_loop():\n"
    '    """Hand the running loop to what still asks for the old fixture."""\n'
    "    return asyncio.get_running_loop()\n"
)

RULE = Rule(
    code="AT502",
    name="event-loop-in-sync-function",
    title="A test or a fixture that is not async asks for `event_loop`",
    why=(
        "The fixture is gone: `fixture 'event_loop' not found`. The fix is a bridge, a fixture of "
        "the old name that hands out the running loop: what calls `run_until_complete` in a "
        "fixture goes on working, and nothing else has to change."
    ),
    since="pytest-asyncio 1.0",
    tier=Tier.UNSAFE,
    about="pytest-asyncio",
    check=None,
    visit=_visit,
    words=rb"event_loop",
    expects=("LookupError",),
    invalid=(
        Example(
            before={"tests/conftest.py": _FIXTURE.format(scope="")},
            after={
                "tests/conftest.py": (
                    "import asyncio\n\n"
                    + _FIXTURE.format(scope="").replace(
                        "import pytest\n", "import pytest\nimport pytest_asyncio\n"
                    )
                    + _BRIDGE.format(scope="")
                )
            },
            tier=Tier.UNSAFE,
        ),
        Example(
            before={"test_it.py": _FIXTURE.format(scope='(scope="module")')},
            after={
                "test_it.py": (
                    "import asyncio\n\n"
                    + _FIXTURE.format(scope='(scope="module")').replace(
                        "import pytest\n", "import pytest\nimport pytest_asyncio\n"
                    )
                    + _BRIDGE.format(scope='(scope="module", loop_scope="module")')
                )
            },
            tier=Tier.UNSAFE,
        ),
        Example(
            before={"test_it.py": "def test_it(event_loop):\n    pass\n"},
            after={"test_it.py": "def test_it():\n    pass\n"},
            tier=Tier.UNSAFE,
        ),
        Example(
            before={
                "test_it.py": "def test_it(*, event_loop):\n    pass\n",
            },
        ),
    ),
    valid=(
        {"test_it.py": "def helper(event_loop):\n    return event_loop.time()\n"},
        {"test_it.py": "class TestIt:\n    def run(self, event_loop):\n        pass\n"},
        {
            "conftest.py": (
                "import pytest\n\n\n@pytest.fixture\ndef event_loop():\n    return object()\n"
            ),
            "test_it.py": "def test_it(event_loop):\n    assert event_loop\n",
        },
    ),
)
