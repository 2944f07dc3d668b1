"""AT803: a fixture wider than the `anyio_backend` that it needs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, decorators
from async_test_template.rules.rule import Rule
from async_test_template.rules.which_loop import (
    ANYIO_SCOPE,
    SCOPES,
    anyio_tests,
    may_be_auto,
    named,
    wider,
)
from async_test_template.source import changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.items import Fixture
    from async_test_template.source.source import Source

_NAME = "anyio_backend"


def _check(project: Project) -> Iterator[Finding]:
    needed: dict[Fixture | None, list[Fixture]] = {}
    wide = {f for f in project.code.fixtures if f.scope in SCOPES[1:] and _needs(project, f)}
    if not wide:
        return
    for test in anyio_tests(project):
        backend = project.code.find(_NAME, test.file, test.owner)
        if backend is None and project.code.may_bring(_NAME, test.file):
            continue
        scope = ANYIO_SCOPE if backend is None else backend.scope
        if scope not in SCOPES:
            continue
        for fixture in project.code.used_by(test):
            known = needed.setdefault(backend, [])
            if (
                fixture in wide
                and fixture is not backend
                and fixture not in known
                and SCOPES.index(fixture.scope) > SCOPES.index(scope)
            ):
                known.append(fixture)
    for backend, fixtures in needed.items():
        if fixtures:
            yield _finding(project, backend, fixtures)


def _needs(project: Project, fixture: Fixture) -> bool:
    """Tell whether a fixture gets the backend: it asks for it, or AnyIO runs it."""
    if _NAME in fixture.requests:
        return True
    is_plain = fixture.is_async and fixture.decorator == "pytest.fixture"
    return is_plain and bool(fixture.function) and not may_be_auto(project)


def _finding(project: Project, backend: Fixture | None, fixtures: list[Fixture]) -> Finding:
    scope = fixtures[0].scope
    for fixture in fixtures:
        scope = wider(scope, fixture.scope)
    widest = next(fixture for fixture in fixtures if fixture.scope == scope)
    if backend is None:
        return Finding(
            RULE.code,
            f"the {scope}-scoped fixture {widest.name} needs anyio's {ANYIO_SCOPE}-scoped {_NAME}",
            widest.file,
            widest.line,
            widest.column,
            hint=f'add a fixture {_NAME} with scope="{scope}" to conftest.py',
        )
    source = project.code.sources.get(backend.file)
    return code_finding(
        RULE.code,
        source,
        source.functions[backend.line],
        f"the fixture {_NAME} is {backend.scope}-scoped, and the {scope}-scoped {named(widest)} "
        "needs it",
        tier=Tier.UNSAFE,
        fix=partial(_fix, source, backend, scope),
        hint=f'give it scope="{scope}"',
    )


def _fix(source: Source, backend: Fixture, scope: str) -> tuple[Edit, ...]:
    if backend.requests or backend.owner is not None:
        raise EditError("it asks for other fixtures or belongs to a class")
    function = source.functions[backend.line]
    for decorator in decorators(source, function, "pytest.fixture"):
        return (changes.set_keyword(source, decorator, "scope", f'"{scope}"'),)
    raise EditError("its decorator is not pytest's")


RULE = Rule(
    code="AT803",
    name="anyio-backend-too-narrow",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    about="anyio",
    check=_check,
)
