"""AT504: a fixture `event_loop` that once replaced pytest-asyncio's own."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Tier
from async_test_template.rules.loops._canonical import is_canonical
from async_test_template.rules.loops._loop_factories import has_own_loop
from async_test_template.rules.loops._loop_fixture import is_override, when_all_is_read
from async_test_template.rules.loops._override import (
    NAME,
    asking,
    is_named,
    may_be_missed,
    replacement,
    settings_alone,
)
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.rule import Example, Rule
from async_test_template.rules.which_loop import FIXTURE_SCOPE, TEST_SCOPE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.items import Fixture
    from async_test_template.source.source import Source


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for fixture in project.code.by_file[source.file].fixtures:
        if not is_override(project, fixture):
            continue
        function = source.functions[fixture.line]
        if has_own_loop(source, function):
            # AT505 tells of those.
            continue
        message = f"the {fixture.scope}-scoped fixture {NAME} replaces nothing any more"
        if not is_canonical(function):
            yield code_finding(
                RULE.code,
                source,
                function,
                f"{message}, and what else it does is not done",
                tier=Tier.UNSAFE,
                fix=when_all_is_read(project, partial(settings_alone, project, fixture)),
                hint="do it in a fixture of another name",
            )
            continue
        yield code_finding(
            RULE.code,
            source,
            function,
            message,
            tier=_tier(project, fixture),
            fix=when_all_is_read(project, partial(replacement, project, source, fixture)),
            hint=f"delete it and set {FIXTURE_SCOPE} and {TEST_SCOPE} to {fixture.scope}",
        )


def _tier(project: Project, fixture: Fixture) -> Tier:
    if fixture.autouse:
        # Tests that are not async get a current loop by it.
        return Tier.UNSAFE
    overrides = [f for f in project.code.fixtures if f.name == NAME]
    if len(overrides) > 1 or not project.code.complete:
        return Tier.UNSAFE
    if asking(project, fixture) or is_named(project):
        return Tier.UNSAFE
    if may_be_missed(project, fixture):
        return Tier.UNSAFE
    if fixture.scope == "function":
        return Tier.SAFE
    explicit = any(mark.loop_scope for test in project.code.tests for mark in test.marks) or any(
        f.loop_scope for f in project.code.fixtures
    )
    certain = project.dependencies.at_least("pytest-asyncio", "0.26")
    at_top = fixture.file in {"conftest.py", "tests/conftest.py", "test/conftest.py"}
    is_session = fixture.scope == "session"
    return Tier.SAFE if certain and at_top and is_session and not explicit else Tier.UNSAFE


_OVERRIDE = (
    "import asyncio\n\nimport pytest\n\n\n{decorator}\ndef event_loop():\n"
    "    loop = asyncio.get_event_loop_policy().new_event_loop()\n"
    "    yield loop\n    loop.close()\n"
)
_SESSION = '@pytest.fixture(scope="session")'
_REST = "\n\n@pytest.fixture\ndef port():\n    return 1\n"
_PYPROJECT = '[dependency-groups]\ntest = ["pytest-asyncio>=1.5"]\n'
_INI = "[pytest]\nasyncio_mode = auto\n"
_INI_AFTER = (
    _INI
    + "asyncio_default_fixture_loop_scope = session\nasyncio_default_test_loop_scope = session\n"
)

RULE = Rule(
    code="AT504",
    name="event-loop-override",
    title="An override of `event_loop` is ignored",
    why=(
        "Nothing warns: fixtures and tests that shared one loop run in different ones, and what "
        "asks for the fixture gets a loop that nobody runs. The settings bring the one loop back; "
        "where something that is not async still asks for it the override becomes a bridge."
    ),
    since="pytest-asyncio 1.0; a warning since 0.23",
    tier=Tier.SAFE,
    about="pytest-asyncio",
    check=None,
    visit=_visit,
    words=rb"event_loop",
    invalid=(
        # What was asked for by a flag is narrower than what the override gives.
        Example(
            before={
                "pytest.ini": "[pytest]\nasyncio_mode = auto\n",
                "conftest.py": (
                    "import asyncio\n\nimport pytest\n\n\n@pytest.fixture(scope='session')\n"
                    "def event_loop():\n    loop = asyncio.new_event_loop()\n"
                    "    yield loop\n    loop.close()\n"
                ),
            },
            loop_scope="module",
        ),
        # What it does besides is for a person, and the one loop is not.
        Example(
            before={
                "pyproject.toml": _PYPROJECT,
                "pytest.ini": _INI,
                "conftest.py": _OVERRIDE.format(decorator=_SESSION).replace(
                    "    yield", "    start_server(loop)\n    yield"
                ),
            },
            after={"pytest.ini": _INI_AFTER},
            tier=Tier.UNSAFE,
        ),
        # Python 3.8 has no pytest-asyncio that knows both settings: the override stays for it.
        Example(
            before={
                "pyproject.toml": '[project]\nrequires-python = ">=3.8"\n\n'
                + _PYPROJECT.replace(">=1.5", ">=0.21,<0.24"),
                "pytest.ini": _INI,
                "conftest.py": _OVERRIDE.format(decorator=_SESSION),
            },
            after={"pytest.ini": _INI_AFTER},
            tier=Tier.UNSAFE,
        ),
        Example(
            before={
                "pyproject.toml": _PYPROJECT,
                "pytest.ini": _INI,
                "conftest.py": _OVERRIDE.format(decorator=_SESSION) + _REST,
            },
            after={
                "pytest.ini": _INI_AFTER,
                "conftest.py": "import pytest\n\n\n@pytest.fixture\ndef port():\n    return 1\n",
            },
            tier=Tier.SAFE,
        ),
        Example(
            before={"conftest.py": _OVERRIDE.format(decorator="@pytest.fixture") + _REST},
            after={
                "conftest.py": "import pytest\n\n\n@pytest.fixture\ndef port():\n    return 1\n"
            },
            tier=Tier.SAFE,
        ),
        Example(
            before={
                "conftest.py": (
                    "import asyncio\nimport gc\n\nimport pytest\n\n\n@pytest.fixture\n"
                    "def event_loop():\n"
                    "    asyncio.set_event_loop_policy(asyncio.DefaultEventLoopPolicy())\n"
                    "    loop = asyncio.get_event_loop_policy().new_event_loop()\n"
                    "    yield loop\n    gc.collect()\n    loop.close()\n"
                )
                + _REST
            },
            after={
                "conftest.py": "import pytest\n\n\n@pytest.fixture\ndef port():\n    return 1\n"
            },
            tier=Tier.SAFE,
        ),
        Example(
            before={"tests/conftest.py": _OVERRIDE.format(decorator=_SESSION) + _REST},
            after={
                "pytest.ini": _INI_AFTER.replace("asyncio_mode = auto\n", ""),
                "tests/conftest.py": (
                    "import pytest\n\n\n@pytest.fixture\ndef port():\n    return 1\n"
                ),
            },
            tier=Tier.UNSAFE,
        ),
        Example(
            before={
                "pytest.ini": _INI,
                "conftest.py": (
                    _OVERRIDE.format(decorator=_SESSION)
                    + "\n\n@pytest.fixture\ndef server(event_loop):\n"
                    "    return event_loop.run_until_complete(serve())\n"
                ),
            },
            after={
                "pytest.ini": _INI_AFTER,
                "conftest.py": (
                    "import asyncio\n\nimport pytest\nimport pytest_asyncio\n\n\n"
                    '@pytest_asyncio.fixture(scope="session", loop_scope="session")\n'
                    "async def event_loop():\n"
                    '    """Hand the running loop to what still asks for the old fixture."""\n'
                    "    return asyncio.get_running_loop()\n"
                    "\n\n@pytest.fixture\ndef server(event_loop):\n"
                    "    return event_loop.run_until_complete(serve())\n"
                ),
            },
            tier=Tier.UNSAFE,
        ),
        Example(
            before={
                "conftest.py": _OVERRIDE.format(decorator="@pytest.fixture") + _REST,
                "test_it.py": (
                    'def test_it(request):\n    loop = request.getfixturevalue("event_loop")\n\n\n'
                    "async def test_other():\n    pass\n"
                ),
            },
            after={
                "conftest.py": (
                    "import asyncio\n\nimport pytest\nimport pytest_asyncio\n\n\n"
                    "@pytest_asyncio.fixture\nasync def event_loop():\n"
                    '    """Hand the running loop to what still asks for the old fixture."""\n'
                    "    return asyncio.get_running_loop()\n" + _REST
                )
            },
            tier=Tier.UNSAFE,
        ),
        Example(
            before={
                "conftest.py": (
                    "import asyncio\nimport pytest\n\n\n@pytest.fixture\ndef event_loop():\n"
                    "    loop = asyncio.new_event_loop()\n    start_server(loop)\n"
                    "    yield loop\n    loop.close()\n"
                )
            },
        ),
        Example(
            before={
                "pytest.ini": _INI + "asyncio_default_test_loop_scope = session\n",
                "test_it.py": _OVERRIDE.format(decorator='@pytest.fixture(scope="module")') + _REST,
            },
            after={
                "pytest.ini": (
                    _INI
                    + "asyncio_default_test_loop_scope = session\n"
                    + "asyncio_default_fixture_loop_scope = session\n"
                ),
                "test_it.py": "import pytest\n\n\n@pytest.fixture\ndef port():\n    return 1\n",
            },
            tier=Tier.UNSAFE,
        ),
        # Under an old pytest-asyncio the tests may count on what it sets.
        *(
            Example(
                before={
                    "requirements.txt": f"pytest-asyncio{bound}\n",
                    "conftest.py": _OVERRIDE.format(decorator="@pytest.fixture").replace(
                        "    yield", "    loop.set_debug(True)\n    yield"
                    )
                    + _REST,
                },
                after={
                    "conftest.py": "import pytest\n\n\n@pytest.fixture\ndef port():\n    return 1\n"
                },
                tier=tier,
            )
            for bound, tier in (("", Tier.UNSAFE), (">=1.0", Tier.SAFE))
        ),
    ),
    valid=(
        {
            "conftest.py": (
                "import pytest\n\n\n@pytest.fixture\ndef event_loop():\n    return object()\n"
            )
        },
        {
            "conftest.py": (
                "import asyncio\nimport pytest_asyncio\n\n\n@pytest_asyncio.fixture\n"
                "async def event_loop():\n    return asyncio.get_running_loop()\n"
            )
        },
        {
            "conftest.py": (
                "import pytest\nimport uvloop\n\n\n@pytest.fixture\ndef event_loop():\n"
                "    loop = uvloop.Loop()\n    yield loop\n    loop.close()\n"
            )
        },
        {
            "server.py": (
                "import asyncio\nimport pytest\n\n\nclass Server:\n    def event_loop(self):\n"
                "        return asyncio.new_event_loop()\n"
            )
        },
    ),
)
