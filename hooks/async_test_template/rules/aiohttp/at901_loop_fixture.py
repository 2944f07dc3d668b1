"""AT901: tests and fixtures that ask for `loop`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Tier
from async_test_template.rules.aiohttp.at904_client_by_run_until_complete import client_calls
from async_test_template.rules.loops._loop_fixture import parameter_findings, usefixtures_findings
from async_test_template.rules.rule import Example, Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    yield from parameter_findings(RULE.code, project, source, "loop", is_async=True)
    for finding in parameter_findings(RULE.code, project, source, "loop", is_async=False):
        # AT904 makes those async.
        if not client_calls(source.functions[finding.line]):
            yield finding
    yield from usefixtures_findings(RULE.code, project, source, "loop")


_DECLARED = {"requirements.txt": "pytest-aiohttp\n"}
_TEST = "async def test_it({}aiohttp_client):\n{}    await aiohttp_client(make_app())\n"
_BRIDGE = (
    "\n\n@pytest_asyncio.fixture\nasync def loop():\n"
    '    """Hand the running loop to what still asks for the old fixture."""\n'
    "    return asyncio.get_running_loop()\n"
)
_FIXTURE = (
    "import pytest\n\n\n@pytest.fixture\ndef scheduler(loop):\n"
    "    return loop.run_until_complete(make())\n"
)

RULE = Rule(
    code="AT901",
    name="loop-fixture",
    title="A test or a fixture asks for `loop`",
    why=(
        "The fixture is gone: `fixture 'loop' not found`. What is not async gets a bridge, a "
        "fixture of the old name that hands out the running loop."
    ),
    since="pytest-aiohttp 1.1",
    tier=Tier.SAFE,
    about="pytest-aiohttp",
    check=None,
    visit=_visit,
    words=rb"loop\b",
    expects=("LookupError", "DeprecationWarning"),
    where=Where.TESTS,
    suspects=re.compile(rb"def[ \t]+\w+\([^)]*\bloop\b|usefixtures\([^)]*[\"']loop[\"']").search,
    invalid=(
        Example(
            before={**_DECLARED, "test_it.py": _TEST.format("loop, ", "")},
            after={"test_it.py": _TEST.format("", "")},
            tier=Tier.SAFE,
        ),
        Example(
            before={
                **_DECLARED,
                "test_it.py": _TEST.format("loop, ", "    make_app(loop=loop)\n"),
            },
            after={
                "test_it.py": "import asyncio\n\n\n"
                + _TEST.format(
                    "", "    loop = asyncio.get_running_loop()\n    make_app(loop=loop)\n"
                )
            },
            tier=Tier.SAFE,
        ),
        Example(
            before={**_DECLARED, "conftest.py": _FIXTURE},
            after={
                "conftest.py": "import asyncio\n\n"
                + _FIXTURE.replace("import pytest\n", "import pytest\nimport pytest_asyncio\n")
                + _BRIDGE
            },
            tier=Tier.UNSAFE,
        ),
    ),
    valid=(
        # A fixture by another way than a decorator, under a name that nobody can read here.
        {
            **_DECLARED,
            "conftest.py": (
                "import pytest\n\nfor name in NAMES:\n"
                "    globals()[name] = pytest.fixture(name=name)(make(name))\n"
            ),
            "test_it.py": _TEST.format("loop, ", ""),
        },
        {"test_it.py": _TEST.format("loop, ", "")},
        {"requirements.txt": "pytest-sanic\n", "test_it.py": _TEST.format("loop, ", "")},
        {**_DECLARED, "test_it.py": "class Server:\n    def __init__(self, loop):\n        pass\n"},
        {
            **_DECLARED,
            "conftest.py": 'pytest_plugins = ["aiohttp.pytest_plugin"]\n',
            "test_it.py": _TEST.format("loop, ", ""),
        },
    ),
)
