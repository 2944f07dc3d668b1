"""AT701: async `@pytest.fixture` where no plugin runs it."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Tier
from async_test_template.rules._by_hand import uses
from async_test_template.rules._code import code_finding, needs, sure
from async_test_template.rules._loops import (
    has_aiohttps_plugin,
    has_other_runner,
    is_anyios,
    is_run_by_another,
    may_be_auto,
    may_have_old_aiohttp,
    runs_asyncio,
)
from async_test_template.rules._runners import without_runner
from async_test_template.rules.rule import Example, Rule
from async_test_template.source import changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.items import Fixture
    from async_test_template.source.source import Source

_PLAIN = {"pytest.fixture", "pytest.yield_fixture"}


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    if may_be_auto(project) or not runs_asyncio(project) or project.code.has_item_hook:
        return
    if not project.dependencies.may_reach("pytest-asyncio", "0.19"):
        return  # The mode legacy was the default, and ran every async fixture.
    if has_aiohttps_plugin(project):
        return  # It runs every async fixture, too.
    if project.desired.mode == "auto" and project.settings.can_grow and without_runner(project):
        return  # AT112 sets the mode, which runs the fixtures as well.
    for fixture in project.code.by_file[source.file].fixtures:
        item = project.code.at.get((source.file, fixture.line))
        if not fixture.is_async or fixture.decorator not in _PLAIN or item is not fixture:
            continue
        if not fixture.function or is_anyios(project, fixture):
            continue
        function = source.functions[fixture.line]
        for decorator in function.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            if source.names.resolve(called) in _PLAIN:
                yield code_finding(
                    RULE.code,
                    source,
                    function,
                    f"the async fixture {fixture.name} is pytest's own, and the mode is strict",
                    tier=_tier(project, fixture),
                    fix=partial(_fix, project, source, called, fixture),
                    hint="write @pytest_asyncio.fixture, or set asyncio_mode = auto",
                )


def _tier(project: Project, fixture: Fixture) -> Tier:
    """Tell how far the fix may go: not at all where a test of another runner gets the fixture."""
    if any(is_run_by_another(project, test) for test in project.code.users.get(fixture, ())):
        return Tier.REPORT
    is_safe = not has_other_runner(project) and not may_have_old_aiohttp(project)
    # Before pytest 9 a test passes with a fixture that it does not look at, and nothing runs.
    return Tier.SAFE if is_safe and fixture not in uses(project).unseen else Tier.UNSAFE


def _fix(
    project: Project, source: Source, decorator: ast.expr, fixture: Fixture
) -> tuple[Edit, ...]:
    needs(project, "pytest-asyncio", "0.17")
    sure(source, decorator)
    place = uses(project).by_hand.get(fixture)
    if place:
        raise EditError(f"{place} runs it by hand, which works before pytest 9")
    plugin, imports = changes.bind_module(source, "pytest_asyncio")
    return (changes.replace_node(source, decorator, f"{plugin}.fixture"), *imports)


_TEST = "\n\n@pytest.mark.asyncio\nasync def test_it(client):\n    assert client\n"
_BEFORE = "import pytest\n\n\n@pytest.fixture{}\nasync def client():\n    yield 1\n" + _TEST
_AFTER = (
    "import pytest\nimport pytest_asyncio\n\n\n@pytest_asyncio.fixture{}\n"
    "async def client():\n    yield 1\n" + _TEST
)

RULE = Rule(
    code="AT701",
    name="async-fixture-in-strict-mode",
    title="An async fixture is not pytest-asyncio's",
    why=(
        "In strict mode no plugin runs it: pytest 9 stops the first test with an error, and the "
        "others with a bare AssertionError; before, they got a coroutine."
    ),
    since="strict is the default since pytest-asyncio 0.19; an error since pytest 9",
    tier=Tier.SAFE,
    about="pytest-asyncio",
    check=None,
    visit=_visit,
    words=rb"fixture",
    invalid=(
        Example(
            before={"test_it.py": _BEFORE.format("")},
            after={"test_it.py": _AFTER.format("")},
            tier=Tier.SAFE,
        ),
        Example(
            before={"test_it.py": _BEFORE.format('(scope="module", autouse=True)')},
            after={"test_it.py": _AFTER.format('(scope="module", autouse=True)')},
            tier=Tier.SAFE,
        ),
        Example(
            before={
                "requirements.txt": "pytest-asyncio\n",
                "conftest.py": (
                    "from pytest import fixture\n\n\n@fixture\nasync def client():\n    return 1\n"
                ),
            },
            after={
                "conftest.py": (
                    "import pytest_asyncio\n\n\n@pytest_asyncio.fixture\n"
                    "async def client():\n    return 1\n"
                )
            },
            tier=Tier.SAFE,
        ),
        Example(
            before={
                "test_it.py": (
                    _BEFORE.format("") + "\n\n@pytest.mark.anyio\nasync def test_b():\n    pass\n"
                )
            },
            after={
                "test_it.py": (
                    _AFTER.format("") + "\n\n@pytest.mark.anyio\nasync def test_b():\n    pass\n"
                )
            },
            tier=Tier.UNSAFE,
        ),
        Example(
            before={
                "test_it.py": (
                    "try:\n    from pytest import fixture\nexcept ImportError:\n"
                    "    fixture = None\nimport pytest\n\n\n"
                    "@fixture\nasync def client():\n    return 1\n" + _TEST
                )
            },
        ),
        # One of its tests is AnyIO's, and passes as it is.
        Example(
            before={
                "test_it.py": (
                    _BEFORE.format("")
                    + "\n\n@pytest.mark.anyio\nasync def test_b(client):\n    assert client\n"
                )
            },
        ),
    ),
    valid=(
        # Before 0.19 the mode legacy was the default.
        {"requirements.txt": "pytest-asyncio==0.16.0\n", "test_it.py": _BEFORE.format("")},
        # aiohttp's own plugin runs it.
        {
            "conftest.py": 'pytest_plugins = ["aiohttp.pytest_plugin"]\n',
            "test_it.py": _BEFORE.format(""),
        },
        # AnyIO runs it, and the test that has no mark.
        {
            "requirements.txt": "pytest-asyncio\nanyio\n",
            "pytest.ini": "[pytest]\nanyio_mode = auto\n",
            "test_it.py": _BEFORE.format("").replace("@pytest.mark.asyncio\n", ""),
        },
        {"pytest.ini": "[pytest]\nasyncio_mode = auto\n", "test_it.py": _BEFORE.format("")},
        {"test_it.py": _BEFORE.format("").replace("mark.asyncio", "mark.anyio")},
        {"test_it.py": _AFTER.format("")},
        {"test_it.py": _BEFORE.format("").replace("async def client", "def client")},
    ),
)
