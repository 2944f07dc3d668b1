"""AT501: async tests and fixtures that ask for `event_loop`."""

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
    yield from parameter_findings(RULE.code, project, source, "event_loop", is_async=True)


_MARKED = "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_it({parameters}):\n{body}"
_OVERRIDE = (
    "import asyncio\n\nimport pytest\n\n\n@pytest.fixture\ndef event_loop():\n"
    "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n"
)

RULE = Rule(
    code="AT501",
    name="event-loop-in-async-function",
    title="An async test or fixture asks for `event_loop`",
    why="The fixture is gone: `fixture 'event_loop' not found`. An async function has its loop.",
    since="pytest-asyncio 1.0; a warning since 0.23",
    tier=Tier.SAFE,
    about="pytest-asyncio",
    check=None,
    visit=_visit,
    words=rb"event_loop",
    expects=("LookupError",),
    invalid=(
        # Its own loop forbids that, so the override is meant to be another one.
        Example(
            before={
                "conftest.py": _OVERRIDE,
                "test_it.py": _MARKED.format(
                    parameters="event_loop", body="    assert not event_loop.is_running()\n"
                ),
            },
        ),
        Example(
            before={
                "conftest.py": _OVERRIDE,
                "test_it.py": _MARKED.format(
                    parameters="event_loop",
                    body="    assert event_loop is not get_running_loop()\n",
                ),
            },
        ),
        Example(
            before={
                "conftest.py": _OVERRIDE,
                "test_it.py": (
                    "import asyncio\n\nimport pytest\n\n\n@pytest.mark.asyncio\n"
                    "async def test_it(event_loop):\n"
                    "    await asyncio.to_thread(event_loop.run_until_complete, work())\n"
                ),
            },
        ),
        Example(
            before={
                "test_it.py": _MARKED.format(
                    parameters="event_loop, client",
                    body="    await event_loop.run_in_executor(None, client)\n",
                )
            },
            after={
                "test_it.py": (
                    "import asyncio\n\nimport pytest\n\n\n@pytest.mark.asyncio\n"
                    "async def test_it(client):\n"
                    "    event_loop = asyncio.get_running_loop()\n"
                    "    await event_loop.run_in_executor(None, client)\n"
                )
            },
            tier=Tier.SAFE,
        ),
        Example(
            before={
                "test_it.py": (
                    "import asyncio as aio\nimport pytest\n\n\nclass TestIt:\n"
                    "    @pytest.fixture\n"
                    "    async def client(\n        self,\n"
                    "        event_loop: aio.AbstractEventLoop,  # the loop\n"
                    "        port,\n    ):\n"
                    '        """Docstring."""\n        yield lambda: event_loop.time()\n'
                )
            },
            after={
                "test_it.py": (
                    "import asyncio as aio\nimport pytest\n\n\nclass TestIt:\n"
                    "    @pytest.fixture\n    async def client(\n"
                    "        self,\n        port,\n    ):\n"
                    '        """Docstring."""\n        event_loop = aio.get_running_loop()\n'
                    "        yield lambda: event_loop.time()\n"
                )
            },
            tier=Tier.SAFE,
        ),
        Example(
            before={
                "test_it.py": "async def test_it(event_loop): assert event_loop.is_running()\n"
            },
            after={
                "test_it.py": (
                    "import asyncio\n\n\nasync def test_it(): "
                    "event_loop = asyncio.get_running_loop(); assert event_loop.is_running()\n"
                )
            },
            tier=Tier.SAFE,
        ),
        Example(
            before={
                "test_it.py": (
                    _MARKED.format(parameters="event_loop", body="    pass\n")
                    + "\n\n@pytest.mark.asyncio\nasync def test_again():\n    await test_it(None)\n"
                )
            },
            after={
                "test_it.py": (
                    "import asyncio\n\nimport pytest\nimport pytest_asyncio\n\n\n"
                    "@pytest.mark.asyncio\nasync def test_it(event_loop):\n    pass\n"
                    "\n\n@pytest.mark.asyncio\nasync def test_again():\n    await test_it(None)\n"
                    "\n\n@pytest_asyncio.fixture\nasync def event_loop():\n"
                    '    """Hand the running loop to what still asks for the old fixture."""\n'
                    "    return asyncio.get_running_loop()\n"
                )
            },
            tier=Tier.UNSAFE,
        ),
    ),
    valid=(
        {"test_it.py": _MARKED.format(parameters="event_loop=None", body="    pass\n")},
        {"test_it.py": _MARKED.format(parameters="event_loop, /", body="    pass\n")},
        {
            "test_it.py": (
                "import pytest\n\n\n@pytest.mark.asyncio\n"
                '@pytest.mark.parametrize("event_loop", [1])\n'
                "async def test_it(event_loop):\n    pass\n"
            )
        },
        {
            "conftest.py": "from package.testing import session_loop as event_loop\n",
            "test_it.py": _MARKED.format(parameters="event_loop", body="    pass\n"),
        },
        {
            "conftest.py": (
                "import asyncio\nimport pytest_asyncio\n\n\n@pytest_asyncio.fixture\n"
                "async def event_loop():\n    return asyncio.get_running_loop()\n"
            ),
            "test_it.py": _MARKED.format(parameters="event_loop", body="    pass\n"),
        },
        {
            "test_it.py": (
                "class Server:\n    async def event_loop(self, event_loop):\n        pass\n\n\n"
                "async def create_server(port, event_loop):\n    pass\n"
            )
        },
    ),
)
