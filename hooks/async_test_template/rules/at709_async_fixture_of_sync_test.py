"""AT709: a test that is not async and gets an async fixture."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Tier
from async_test_template.rules._loops import is_anyios, may_be_auto, runs_asyncio
from async_test_template.rules.rule import Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.items import Fixture, Test

#: Plugins that run async fixtures in ways of their own.
_OTHERS = (
    "alt-pytest-asyncio",
    "pytest-asyncio-cooperative",
    "pytest-sanic",
    "pytest-tornasync",
    "pytest-twisted",
)


def _check(project: Project) -> Iterator[Finding]:
    if may_be_auto(project) or project.code.has_item_hook or not project.code.complete:
        return
    suspects = [f for f in project.code.fixtures if _is_plain(f) and _is_nobodys(project, f)]
    if not suspects or any(project.dependencies.has(other) for other in _OTHERS):
        return
    asking: dict[Fixture, list[Test]] = {fixture: [] for fixture in suspects}
    for test in (*project.code.tests, *_tests_elsewhere(project, suspects)):
        if test.is_async or test.in_unittest:
            continue
        used = list(project.code.used_by(test))
        if "anyio_backend" in {*test.requests, *(name for f in used for name in f.requests)}:
            continue
        for fixture in used:
            if fixture in asking and _is_in_reach(fixture, test):
                asking[fixture].append(test)
    for fixture, tests in asking.items():
        if tests:
            more = f" and {len(tests) - 1} more" if len(tests) > 1 else ""
            yield Finding(
                RULE.code,
                f"the async fixture {fixture.name} reaches {tests[0].name} "
                f"({tests[0].file}:{tests[0].line}){more}, which nothing runs it for",
                fixture.file,
                fixture.line,
                fixture.column,
                hint="make the test async, or let the fixture ask for anyio_backend",
            )


def _is_plain(fixture: Fixture) -> bool:
    # AT804 tells of those that are used without being asked for.
    return fixture.is_async and fixture.decorator == "pytest.fixture" and not fixture.autouse


def _is_nobodys(project: Project, fixture: Fixture) -> bool:
    """Tell whether a fixture is none that AT701 makes pytest-asyncio's."""
    return not runs_asyncio(project) or is_anyios(project, fixture)


def _tests_elsewhere(project: Project, suspects: list[Fixture]) -> Iterator[Test]:
    """Yield the tests of files with nothing async in them that name one of the fixtures.

    A fixture that asks for another one brings it along.
    """
    names = {fixture.name for fixture in suspects}
    while more := {
        f.name for f in project.code.fixtures if f.name not in names and names & {*f.requests}
    }:
        names |= more
    words = re.compile(
        rb"\b(?:" + b"|".join(re.escape(n.encode()) for n in sorted(names)) + rb")\b"
    )
    return project.reader.other_tests(words)


def _is_in_reach(fixture: Fixture, test: Test) -> bool:
    """Tell whether pytest surely finds that fixture for the test, or for a fixture of it."""
    folder, _, name = fixture.file.rpartition("/")
    if fixture.file == test.file:
        return fixture.owner in {None, test.owner}
    return name == "conftest.py" and (not folder or test.file.startswith(f"{folder}/"))


_FIXTURE = "import pytest\n\n\n@pytest.fixture\nasync def client({}):\n    yield 1\n"
_TESTS = (
    "\n\n@pytest.mark.anyio\nasync def test_a(client):\n    pass\n\n\n"
    "{}def test_b(client):\n    assert client\n"
)

RULE = Rule(
    code="AT709",
    name="async-fixture-of-sync-test",
    title="A test that is not async gets an async fixture",
    why=(
        "No plugin runs the fixture for it: pytest 9 stops the test with an error; before, it got "
        "an object that is no value, and could pass."
    ),
    since="an error since pytest 9, a warning since 8.4",
    tier=Tier.REPORT,
    check=_check,
    invalid=(
        Example(before={"test_it.py": _FIXTURE.format("") + _TESTS.format("")}),
        Example(
            before={
                "tests/conftest.py": _FIXTURE.format(""),
                "tests/unit/conftest.py": (
                    "import pytest\n\n\n@pytest.fixture\ndef wrapped(client):\n    return client\n"
                ),
                "tests/unit/test_it.py": "def test_b(wrapped):\n    assert wrapped\n",
            }
        ),
    ),
    valid=(
        {"test_it.py": _FIXTURE.format("") + _TESTS.format("async ")},
        {"test_it.py": _FIXTURE.format("anyio_backend") + _TESTS.format("")},
        {
            "pytest.ini": "[pytest]\nasyncio_mode = auto\n",
            "test_it.py": _FIXTURE.format("") + _TESTS.format(""),
        },
        {
            "conftest.py": _FIXTURE.format(""),
            "tests/conftest.py": (
                "import pytest\n\n\n@pytest.fixture\ndef client():\n    return 1\n"
            ),
            "tests/test_it.py": "def test_b(client):\n    assert client\n",
        },
        {
            "tests/a/conftest.py": _FIXTURE.format(""),
            "tests/b/test_it.py": "def test_b(client):\n    assert client\n",
        },
    ),
)
