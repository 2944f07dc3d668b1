"""AT504: a fixture `event_loop` that once replaced pytest-asyncio's own."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Example, Finding, Rule, Tier
from async_test_template.rules._code import code_finding, is_called
from async_test_template.rules._loop_fixture import (
    bridge_text,
    called_names,
    can_do_without,
    is_canonical,
    is_override,
    origin,
    when_all_is_read,
)
from async_test_template.rules._loops import FIXTURE_SCOPE, SCOPES, TEST_SCOPE
from async_test_template.source import changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.module import Fixture, Test
    from async_test_template.source.source import Source

_NAME = "event_loop"


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for fixture in project.code.by_file[source.file].fixtures:
        if not is_override(project, fixture):
            continue
        function = source.functions[fixture.line]
        message = f"the {fixture.scope}-scoped fixture {_NAME} replaces nothing any more"
        if not is_canonical(function):
            made = ", ".join(
                sorted(name for name in called_names(function) if "loop" in name.lower())
            )
            yield code_finding(
                RULE.code,
                source,
                function,
                f"{message}, and its own kind of loop ({made}) is not used",
                hint="return the loop's factory from pytest_asyncio_loop_factories (1.4)",
            )
            continue
        yield code_finding(
            RULE.code,
            source,
            function,
            message,
            tier=_tier(project, fixture),
            fix=when_all_is_read(project, partial(_fix, project, source, fixture)),
            hint=f"delete it and set {FIXTURE_SCOPE} and {TEST_SCOPE} to {fixture.scope}",
        )


def _asking(project: Project, override: Fixture) -> list[Fixture | Test]:
    """Find what asks for the override and cannot do without it."""
    return [
        item
        for item in project.code.at.values()
        if _NAME in item.requests
        and item is not override
        and origin(project, _NAME, item) == "override"
        and not can_do_without(project, item, _NAME)
    ]


def _tier(project: Project, fixture: Fixture) -> Tier:
    overrides = [f for f in project.code.fixtures if f.name == _NAME]
    if len(overrides) > 1 or not project.code.complete or _asking(project, fixture):
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


def _fix(project: Project, source: Source, fixture: Fixture) -> tuple[Edit, ...]:
    if fixture.scope not in SCOPES:
        raise EditError("its scope is computed")
    function = source.functions[fixture.line]
    if is_called(source, function) and not _only_parameters(source):
        raise EditError("its name is used elsewhere in the file")
    settings = _settings(project, fixture.scope)
    if not _asking(project, fixture):
        return (changes.remove_statement(source, function), *settings)
    asyncio, one = changes.bind_module(source, "asyncio")
    plugin, other = changes.bind_module(source, "pytest_asyncio")
    text = bridge_text(_NAME, fixture.scope, asyncio, plugin)
    return (changes.rewrite_definition(source, function, text), *one, *other, *settings)


def _only_parameters(source: Source) -> bool:
    """Tell whether each mention of the name stands in a function that takes it as a parameter."""
    return all(
        any(
            isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef))
            and any(a.arg == _NAME for a in (*outer.args.args, *outer.args.kwonlyargs))
            for outer in source.around(node)
        )
        for node in ast.walk(source.tree)
        if (isinstance(node, ast.Name) and node.id == _NAME)
        or (isinstance(node, ast.Attribute) and node.attr == _NAME)
    )


def _settings(project: Project, scope: str) -> tuple[Edit, ...]:
    """Give the settings under which tests and fixtures share a loop as they did."""
    if scope == "function":
        return ()
    if project.dependencies.may_be_below("pytest-asyncio", "0.26"):
        raise EditError("the settings that replace it need pytest-asyncio >= 0.26")
    wanted = {FIXTURE_SCOPE: scope, TEST_SCOPE: scope}
    edits = project.settings.set_all(wanted)
    if edits is None:
        raise EditError("no file that can be edited holds pytest's configuration")
    return edits


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
    check=None,
    visit=_visit,
    words=rb"event_loop",
    invalid=(
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
                "conftest.py": (
                    "import pytest\nimport uvloop\n\n\n@pytest.fixture\ndef event_loop():\n"
                    "    loop = uvloop.Loop()\n    yield loop\n    loop.close()\n"
                )
            },
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
            "server.py": (
                "import asyncio\nimport pytest\n\n\nclass Server:\n    def event_loop(self):\n"
                "        return asyncio.new_event_loop()\n"
            )
        },
    ),
)
