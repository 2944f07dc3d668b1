"""AT907: `get_app` of an `AioHTTPTestCase`."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.aiohttp._aiohttp_case import methods, renamed
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for owner, function in methods(source, frozenset({"get_app"})):
        yield code_finding(
            RULE.code,
            source,
            function,
            f"{owner.name}.get_app is now get_application",
            tier=Tier.UNSAFE,
            fix=partial(_fix, project, source, owner, function),
            hint="write async def get_application",
        )


def _fix(
    project: Project, source: Source, owner: ast.ClassDef, function: Function
) -> tuple[Edit, ...]:
    edits = renamed(project, source, owner, function, "get_application")
    if isinstance(function, ast.AsyncFunctionDef):
        return edits
    if len(edits) > 1:
        raise EditError("its base class has one too, which then has to be awaited")
    if function.decorator_list:
        raise EditError("it has a decorator")
    start = source.start(function)
    return (changes.replace(source, start, start, "async "), *edits)


RULE = Rule(
    code="AT907",
    name="aiohttp-testcase-get-app",
    severity=Severity.WARNING,
    tier=Tier.UNSAFE,
    visit=_visit,
    words=rb"get_app\b",
    where=Where.CLIENTS,
    libraries=("aiohttp",),
)
