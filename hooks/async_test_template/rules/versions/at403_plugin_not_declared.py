"""AT403: tests use a plugin or a client that no dependency installs."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.paths import name_of
from async_test_template.rules.facts import CODE
from async_test_template.rules.origin import fixture_for
from async_test_template.rules.premises.about import PYTEST_ASYNCIO, has_own_runner
from async_test_template.rules.premises.deliberate import own_package
from async_test_template.rules.premises.mark_readers import mark_reader
from async_test_template.rules.rule import Rule
from async_test_template.rules.runners import has_unknown_plugin
from async_test_template.rules.which_loop import has_aiohttps_plugin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.items import Module


_MARKS = {
    "asyncio": ("pytest-asyncio", "1.5"),
    "timeout": ("pytest-timeout", "2.4"),
    "anyio": ("anyio", "4.12"),
    "trio": ("pytest-trio", "0.8"),
}
#: Fixtures that only one plugin has.
_FIXTURES = frozenset({"aiohttp_client", "aiohttp_raw_server", "aiohttp_server"})
_PYTEST_AIOHTTP = ("pytest-aiohttp", "1.1")
#: Plugins whose mark may also belong to another plugin, or to the project.
_RUNNERS = frozenset({PYTEST_ASYNCIO, "pytest-trio"})
#: Plugins that others install for themselves.
_BROUGHT = frozenset({PYTEST_ASYNCIO, "pytest-aiohttp"})
#: An older release that is enough for projects on an old Python or pytest.
_LEAST = {
    "pytest-asyncio": "0.24",
    "pytest-aiohttp": "1.0",
    "pytest-timeout": "2.1",
    "anyio": "3.7",
    "httpx": "0.24",
}
#: Many packages install one of them for themselves, which no file here says.
_CLIENTS = frozenset({"httpx", "httpx2"})
_TEST_CLIENTS = frozenset({"starlette.testclient", "fastapi.testclient"})


def _check(project: Project) -> Iterator[Finding]:
    # If pytest is not declared, the test dependencies are in a place that nothing here reads.
    if not project.dependencies.of("pytest"):
        return
    for package, version, file, line in _needed(project):
        if (
            project.dependencies.may_have(package)
            or project.metadata.name == package
            or (package in _RUNNERS and has_own_runner(project))
        ):
            continue
        # A plugin that is unknown here may install one of these with it, and an extra for the
        # tests of another package may install any of them.
        is_unsure = package in _BROUGHT and has_unknown_plugin(project)
        is_unsure |= project.dependencies.may_bring_plugins()
        severity = Severity.ADVICE if is_unsure or package in _CLIENTS else None
        edits = project.dependencies.added(package, version, _LEAST.get(package))
        yield Finding(
            RULE.code,
            f"the tests use {package}, and no dependency installs it",
            file,
            line,
            tier=Tier.UNSAFE,
            edits=edits,
            hint="" if edits else f"add {package}>={version} to the test dependencies",
            severity=severity,
        )


def _needed(project: Project) -> Iterator[tuple[str, str, str, int]]:
    """Yield each package that the code uses, once, with the first place that uses it."""
    modules = [module for module in project.code.modules if not own_package(project, module.file)]
    files = {module.file for module in modules}
    seen = set()
    for test in project.code.tests:
        for mark in test.marks if test.file in files else ():
            if mark.name in _MARKS and mark.name not in seen:
                package, version = _MARKS[mark.name]
                is_there = project.dependencies.may_have(package)
                if not is_there and _is_beside(project, test.file.rpartition("/")[0], package):
                    continue
                seen.add(mark.name)
                # Asked last, because it searches every file: the project's own code may give the
                # mark its meaning.
                if is_there or mark_reader(project, mark.name):
                    continue
                yield package, version, test.file, mark.line
    if "asyncio" not in seen:
        for module in modules:
            if "pytest_asyncio" in module.imports:
                yield (*_MARKS["asyncio"], module.file, module.imports["pytest_asyncio"])
                break
    yield from _fixture_needed(project, files)
    yield from _client_needed(project, modules)


# Each test of a folder asks this.
@lru_cache(maxsize=32)
def _is_beside(project: Project, folder: str, package: str) -> bool:
    """Tell whether requirements in a folder, or above it in the project, name a package.

    Tests of an example or a tool may have an environment of their own, for which they are.
    """
    while folder:
        for file in project.tree.names(folder):
            name = name_of(file)
            is_list = name.startswith("requirements") and name.endswith((".txt", ".in"))
            if is_list and package.encode() in (project.tree.read(file) or b""):
                return True
        folder = folder.rpartition("/")[0]
    return False


def _fixture_needed(project: Project, files: set[str]) -> Iterator[tuple[str, str, str, int]]:
    """Yield pytest-aiohttp with the first place that asks for its fixtures, if nothing has them."""
    if has_aiohttps_plugin(project):
        return
    code = project.code
    for item in code.items:
        for name in _FIXTURES.intersection(item.requests) if item.file in files else ():
            if fixture_for(project, item, name) is None and not code.may_bring(name, item.file):
                yield (*_PYTEST_AIOHTTP, item.file, item.line)
                return


def _client_needed(project: Project, modules: list[Module]) -> Iterator[tuple[str, str, str, int]]:
    """Yield the library that the test clients are built on, if nothing installs it."""
    has_client = any(project.dependencies.may_have(name) for name in ("httpx", "httpx2"))
    if has_client or _has_full_framework(project) or _is_built_on_requests(project):
        return
    for module in modules:
        for name in _TEST_CLIENTS & module.imports.keys():
            yield (*_client(project), module.file, module.imports[name])
            return


def _client(project: Project) -> tuple[str, str]:
    """Choose what starlette's TestClient (1.2) prefers, if the Python is new enough."""
    floor = project.dependencies.python_floor
    return ("httpx2", "2.14") if floor is not None and floor >= (3, 11) else ("httpx", "0.28")


def _is_built_on_requests(project: Project) -> bool:
    """Tell whether the test client is an older one, which was built on requests."""
    stays_below = project.dependencies.stays_below
    return stays_below("starlette", "0.21") or stays_below("fastapi", "0.87")


def _has_full_framework(project: Project) -> bool:
    """Tell whether an extra of the framework installs an HTTP client."""
    frameworks = [d for name in ("fastapi", "starlette") for d in project.dependencies.of(name)]
    return any("[" in declaration.text for declaration in frameworks)


RULE = Rule(
    code="AT403",
    name="plugin-not-declared",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    check=_check,
    only_with=(CODE,),
)
