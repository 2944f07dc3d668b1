"""AT908: `setUpAsync` and `tearDownAsync`."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.aiohttp._aiohttp_case import methods, renamed
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source


_NEW = {"setUpAsync": "asyncSetUp", "tearDownAsync": "asyncTearDown"}


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for owner, function in methods(source, frozenset(_NEW)):
        new = _NEW[function.name]
        if isinstance(function, ast.AsyncFunctionDef):
            yield code_finding(
                RULE.code,
                source,
                function,
                f"{owner.name}.{function.name} is {new} now",
                tier=Tier.UNSAFE,
                fix=partial(_fix, project, source, owner, function),
                hint="use unittest's own names",
            )


def _fix(
    project: Project, source: Source, owner: ast.ClassDef, function: Function
) -> tuple[Edit, ...]:
    return renamed(project, source, owner, function, _NEW[function.name])


RULE = Rule(
    code="AT908",
    name="aiohttp-testcase-setup",
    title="`setUpAsync` is `asyncSetUp`",
    why=(
        "aiohttp's test case is unittest's `IsolatedAsyncioTestCase` now, and the old names are "
        "called for compatibility only."
    ),
    since="aiohttp 3.8; the old names go with 4.0",
    source=(
        "[aiohttp 3.14.3, test_utils.py]"
        "(https://github.com/aio-libs/aiohttp/blob/v3.14.3/aiohttp/test_utils.py)"
        " and [aiohttp 4, changes to come]"
        "(https://github.com/aio-libs/aiohttp/blob/master/CHANGES/7107.breaking.rst)"
    ),
    severity=Severity.WARNING,
    because="aiohttp 4 runs the tests without their set-up.",
    tier=Tier.UNSAFE,
    visit=_visit,
    words=rb"setUpAsync|tearDownAsync",
    # Older ones know only the old names.
    needs=(("aiohttp", "3.8"),),
)
