"""AT802: anyio's tests, and no fixture `anyio_backend`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Change, Edit, Finding, Severity, Tier
from async_test_template.rules.home import home, source_of
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.rule import Rule
from async_test_template.rules.which_loop import anyio_tests
from async_test_template.source import changes, new_imports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.items import Test

_NAME = "anyio_backend"
#: Entries of `pytest_plugins` that have no such fixture, or are AnyIO itself.
_KNOWN = {"aiohttp", "anyio", "pytester", "pytest_asyncio", "pytest_mock", "_pytest"}
#: Like AnyIO's own fixture, with one backend: the same scope, and the same test ids.
_FIXTURE = (
    '@pytest.fixture(scope="module", params=["asyncio"])\n'
    "def anyio_backend(request):\n"
    '    """Say what AnyIO\'s tests run on, whatever else is installed."""\n'
    "    return request.param\n"
)


def _check(project: Project) -> Iterator[Finding]:
    tests = [test for test in anyio_tests(project) if not _has_backend(project, test)]
    if not tests or _wants_trio(project):
        return
    source = project.code.sources.get(tests[0].file)
    more = f" and {len(tests) - 1} more" if len(tests) > 1 else ""
    yield code_finding(
        RULE.code,
        source,
        source.functions[tests[0].line],
        f"{tests[0].name}{more} of AnyIO's tests run once for each installed backend",
        tier=Tier.UNSAFE,
        fix=partial(_fix, project, tests),
        hint="choose the backend in a fixture anyio_backend",
    )


def _has_backend(project: Project, test: Test) -> bool:
    return (
        any(_NAME in mark.names for mark in test.marks)
        or project.code.find(_NAME, test.file, test.owner) is not None
        or project.code.may_bring(_NAME, test.file)
        or any(map(_is_strange, _plugins(project, test)))
    )


def _plugins(project: Project, test: Test) -> Iterator[str]:
    """Yield the unknown plugins that files name and whose fixtures reach a test.

    Plugins in the repository are known: their fixtures are in the index.
    """
    own = {module.file for module in project.code.modules}
    for module in project.code.around(test.file):
        for plugin in module.plugins:
            path = plugin.replace(".", "/")
            if not any(file.endswith((f"{path}.py", f"{path}/__init__.py")) for file in own):
                yield plugin


def _is_strange(plugin: str) -> bool:
    return plugin.partition(".")[0] not in _KNOWN


def _wants_trio(project: Project) -> bool:
    """Tell whether trio is installed on purpose, as far as files mention it."""
    return (
        project.dependencies.may_have("trio")
        # `anyio[trio]` and similar.
        or any("trio" in d.text for _, declared in project.dependencies.lists for d in declared)
        or any("trio" in module.imports for module in project.code.modules)
    )


def _fix(project: Project, tests: list[Test]) -> tuple[Edit, ...]:
    file = home(project, [test.file for test in tests])
    if project.tree.read(file) is None:
        return (Change(file, "create", (), f"import pytest\n\n\n{_FIXTURE}"),)
    source = source_of(project, file)
    module, imports = new_imports.bind_module(source, "pytest")
    return (*imports, changes.append(source, _FIXTURE.replace("@pytest.", f"@{module}.")))


RULE = Rule(
    code="AT802",
    name="anyio-backend-unset",
    severity=Severity.ADVICE,
    tier=Tier.UNSAFE,
    about="anyio",
    check=_check,
)
