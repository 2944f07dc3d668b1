"""Which loop a fixture and a test run in: what the rules on loop scopes share."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.paths import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit, Finding
    from async_test_template.project import Project
    from async_test_template.source.items import Fixture, Test

FIXTURE_SCOPE = "asyncio_default_fixture_loop_scope"
TEST_SCOPE = "asyncio_default_test_loop_scope"
#: The first pytest-asyncio that reads each setting; older ones ignore it.
KNOWN_SINCE = {FIXTURE_SCOPE: "0.24", TEST_SCOPE: "0.26"}
#: The first pytest-asyncio with both settings.
BOTH_SCOPES_SINCE = KNOWN_SINCE[TEST_SCOPE]
MODE = "asyncio_mode"

#: pytest's scopes from narrow to wide; loops have the same ones.
SCOPES = ("function", "class", "module", "package", "session")
#: The scope of AnyIO's own `anyio_backend` since 4.0.
ANYIO_SCOPE = "module"
#: Code that starts pytest, and the option of auto mode in it.
_STARTS = rb"\bpytest\.main\("
_AUTO = rb"--asyncio-mode(?:=|[\"'], ?[\"'])auto\b"
#: AnyIO's fixtures: the backend, and two that ask for it (AnyIO 4.16, pytest_plugin.py).
_BACKENDS = frozenset({"anyio_backend", "anyio_backend_name", "anyio_backend_options"})
#: The value of FIXTURE_SCOPE for "a loop as wide as the fixture" (pytest-asyncio 1.5).
AS_WIDE = "fixture-scope"


def may_be_auto(project: Project) -> bool:
    """Tell whether the suite runs in auto mode, by its settings or by a command line."""
    return (
        project.mode == "auto"
        or any(
            "asyncio-mode=auto" in command.text or "asyncio-mode auto" in command.text
            for command in project.commands
        )
        or (
            project.settings.effective(MODE) is None
            and re.search(_AUTO, given_by_code(project)) is not None
        )
    )


# Only one project is used at a time, and each test and fixture asks this.
@lru_cache(maxsize=2)
def given_by_code(project: Project) -> bytes:
    """Return the Python files that start pytest themselves and speak of asyncio, one after another.

    What they give to `pytest.main` counts as an option on a command line.
    """
    found = project.reader.mentioning(re.compile(_STARTS), (b"pytest.main(",))
    return b"\n".join(data for _, data in found if b"asyncio" in data)


def asyncio_fixtures(project: Project) -> Iterator[Fixture]:
    """Yield the fixtures that pytest-asyncio runs in a loop that it chooses.

    In strict mode those are the fixtures of `pytest_asyncio.fixture`, async or not; in auto mode
    also every async fixture.
    """
    auto = may_be_auto(project)
    for fixture in project.code.fixtures:
        if fixture.decorator == "pytest_asyncio.fixture" or (auto and fixture.is_async):
            yield fixture


def wide_fixtures(project: Project) -> list[Fixture]:
    """Find the fixtures wider than function scope that do not say which loop they need."""
    return [
        fixture
        for fixture in asyncio_fixtures(project)
        if fixture.scope != "function"
        and fixture.loop_scope is None
        # An override, which nothing asks for any more.
        and (fixture.is_async or fixture.name != "event_loop")
    ]


def narrow_fixtures(project: Project) -> list[Fixture]:
    """Find the fixtures that are wider than the loop that the default gives them."""
    default = project.settings.effective(FIXTURE_SCOPE)
    if default not in SCOPES:
        return []
    # Since 1.1 the plugin's own fixtures need a loop, even those that are not async.
    needs_loop = project.dependencies.may_reach("pytest-asyncio", "1.1")
    return [
        fixture
        for fixture in wide_fixtures(project)
        if fixture.scope in SCOPES
        and SCOPES.index(fixture.scope) > SCOPES.index(default)
        and (fixture.is_async or needs_loop)
    ]


def is_used_in_another_loop(project: Project, fixture: Fixture) -> bool:
    """Tell whether async code would use a fixture from another loop than the fixture's own.

    The fixture's loop should have its scope. If a hook marks tests, or a decorator is unknown,
    this cannot be known, so the answer is yes.
    """
    if project.code.has_item_hook or not project.code.complete:
        return True
    if any(
        test_loop(project, test) != fixture.scope for test in project.code.users.get(fixture, ())
    ):
        return True
    as_wide = narrow_fixtures(project)
    return any(
        (other.scope if other in as_wide else fixture_loop(project, other)) != fixture.scope
        for other in asyncio_fixtures(project)
        if other.is_async and fixture.name in other.requests and other is not fixture
    )


def named_scopes(project: Project) -> set[str]:
    """Return the loop scopes that tests and fixtures ask for themselves."""
    said = {mark.loop_scope for test in asyncio_tests(project) for mark in test.marks}
    said |= {fixture.loop_scope for fixture in asyncio_fixtures(project)}
    return {scope for scope in said if scope is not None}


def one_loop(project: Project, scope: str) -> tuple[Edit, ...]:
    """Return the settings with which tests and fixtures share a loop of at least that scope.

    Raises:
        EditError: an explicit scope contradicts it, or the settings cannot be set.

    """
    if project.dependencies.allows_below("pytest-asyncio", BOTH_SCOPES_SINCE):
        raise EditError(
            f"the fix needs pytest-asyncio >= {BOTH_SCOPES_SINCE}, "
            "and the repository allows older ones"
        )
    for name in (FIXTURE_SCOPE, TEST_SCOPE):
        default = project.settings.effective(name)
        scope = wider(scope, default) if default in SCOPES else scope
    if named_scopes(project) - {scope}:
        raise EditError("some tests or fixtures name another loop")
    edits = project.settings.set_all({FIXTURE_SCOPE: scope, TEST_SCOPE: scope})
    if edits is None:
        raise EditError("no file that can be edited holds pytest's configuration")
    return edits


def command_to_set(project: Project, scope: str) -> str:
    """Name the command that gives tests and fixtures one loop of that scope."""
    # A flag replaces settings, as a safe fix, and adds none.
    is_set = {FIXTURE_SCOPE, TEST_SCOPE} <= project.settings.options.keys()
    flags = f"--loop-scope {scope}" if is_set else "--unsafe"
    return f"migrate {flags}"


def with_command(finding: Finding, command: str) -> Finding:
    """Add the command that makes the fix, if there is one, to what a person can do."""
    hint = f"{finding.hint}: `async-test-template {command}` does it"
    return finding._replace(hint=hint) if finding.edits else finding


def asyncio_tests(project: Project) -> Iterator[Test]:
    """Yield the tests that pytest-asyncio runs."""
    auto = may_be_auto(project)
    for test in project.code.async_tests:
        foreign = test.mark("anyio") or test.mark("trio")
        if not foreign and (auto or test.mark("asyncio")):
            yield test


def runs_asyncio(project: Project) -> bool:
    """Tell whether pytest-asyncio runs any test or is installed at all."""
    return project.uses_asyncio_plugin or any(
        test.mark("asyncio") is not None for test in project.code.tests
    )


def is_anyios(project: Project, fixture: Fixture) -> bool:
    """Tell whether AnyIO runs a fixture: it asks for the backend, or only AnyIO's tests use it."""
    if asks_for_backend(fixture):
        return True
    users = project.code.users.get(fixture, ())
    return bool(users) and all(is_run_by_another(project, test) for test in users)


def asks_for_backend(item: Fixture | Test) -> bool:
    """Tell whether a test or a fixture asks for AnyIO's backend, or for what asks for it."""
    return not _BACKENDS.isdisjoint(item.requests)


def asked_for_all(project: Project) -> frozenset[str]:
    """Return the fixtures that the setting `usefixtures` gives to every test."""
    return frozenset(" ".join(project.settings.lines_of("usefixtures")).split())


def names_another(test: Test) -> bool:
    """Tell whether a test has the mark, or asks for the backend, of AnyIO or trio."""
    return bool(test.mark("anyio") or test.mark("trio")) or asks_for_backend(test)


def is_run_by_another(project: Project, test: Test) -> bool:
    """Tell whether AnyIO or trio run an async test: through its mark, its backend or their mode."""
    if names_another(test):
        return True
    return takes_all(project) and test.mark("asyncio") is None


def takes_all(project: Project) -> bool:
    """Tell whether AnyIO or trio are told to run all async tests."""
    settings = project.settings
    return settings.is_on("trio_mode") or settings.effective("anyio_mode") == "auto"


# Only one project is used at a time, and each async fixture asks this.
@lru_cache(maxsize=2)
def has_other_runner(project: Project) -> bool:
    """Tell whether AnyIO or trio run tests next to pytest-asyncio."""
    names = ("anyio", "trio")
    return (
        takes_all(project)
        or any(test.mark(name) for test in project.code.tests for name in names)
        or any(
            asks_for_backend(fixture) or fixture.name == "anyio_backend"
            for fixture in project.code.fixtures
        )
    )


# Only one project is used at a time, and each async fixture asks this.
@lru_cache(maxsize=2)
def has_aiohttps_plugin(project: Project) -> bool:
    """Tell whether aiohttp's own plugin is loaded.

    It provides `loop`, and runs every async test and fixture in it. A conftest.py that imports all
    of it has its hooks as well.
    """
    name = "aiohttp.pytest_plugin"
    return (
        name in project.code.plugins
        or name in " ".join(project.settings.lines_of("addopts"))
        or any(
            module.imports_all and name in module.imports and name_of(module.file) == "conftest.py"
            for module in project.code.modules
        )
    )


def may_have_old_aiohttp(project: Project) -> bool:
    """Tell whether a pytest-aiohttp before 1.0 may be installed: it does what that plugin does."""
    return project.dependencies.may_be_below("pytest-aiohttp", "1.0")


def anyio_tests(project: Project) -> Iterator[Test]:
    """Yield the tests that AnyIO's plugin runs."""
    if project.settings.disables("anyio"):
        return
    auto = project.settings.effective("anyio_mode") == "auto"
    for test in project.code.async_tests:
        if test.mark("anyio") or (auto and not (test.mark("asyncio") or test.mark("trio"))):
            yield test


def fixture_loop(project: Project, fixture: Fixture) -> str:
    """Return the scope of the loop that a fixture runs in."""
    if fixture.loop_scope is not None:
        return fixture.loop_scope
    default = _default(project, FIXTURE_SCOPE)
    # Unset means the fixture's own scope until pytest-asyncio makes `function` the default.
    return fixture.scope if default in {None, AS_WIDE} else default or fixture.scope


def test_loop(project: Project, test: Test) -> str:
    """Return the scope of the loop that a test runs in."""
    mark = test.mark("asyncio")
    if mark is not None and mark.loop_scope is not None:
        return mark.loop_scope
    return _default(project, TEST_SCOPE) or "function"


def _default(project: Project, name: str) -> str | None:
    """Return a setting for all, unless no pytest-asyncio that may be installed reads it."""
    value = project.settings.effective(name)
    if value is None or project.dependencies.may_reach("pytest-asyncio", KNOWN_SINCE[name]):
        return value
    return None


def wider(one: str, other: str) -> str:
    """Return the wider of two scopes."""
    return max(one, other, key=SCOPES.index)


def named(fixture: Fixture) -> str:
    """Name a fixture with its place, for a sentence."""
    return f"{fixture.name} ({fixture.file}:{fixture.line})"
