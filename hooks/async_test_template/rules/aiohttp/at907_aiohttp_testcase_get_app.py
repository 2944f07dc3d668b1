"""AT907: `get_app` of an `AioHTTPTestCase`."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.aiohttp._aiohttp_case import methods, renamed
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.rule import Rule
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
            f"{owner.name}.get_app is get_application now",
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
        raise EditError("its base class has one too, which has to be awaited then")
    if function.decorator_list:
        raise EditError("it is decorated")
    start = source.start(function)
    return (changes.replace(source, start, start, "async "), *edits)


RULE = Rule(
    code="AT907",
    name="aiohttp-testcase-get-app",
    title="`get_app` is `async def get_application`",
    why=(
        "An async `get_app` is never awaited, and the test ends in a TypeError: the first argument "
        "should be web.Application. One that is not async works until aiohttp 4."
    ),
    since="aiohttp 3.8, which has `get_application`; `get_app` goes with 4.0",
    source=(
        "[aiohttp 3.8.0, test_utils.py]"
        "(https://github.com/aio-libs/aiohttp/blob/v3.8.0/aiohttp/test_utils.py)"
        " and [aiohttp 4, changes to come]"
        "(https://github.com/aio-libs/aiohttp/blob/master/CHANGES/7107.breaking.rst)"
    ),
    severity=Severity.WARNING,
    because="aiohttp 4 calls the new name alone.",
    tier=Tier.UNSAFE,
    visit=_visit,
    words=rb"get_app\b",
)
