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
                f"{owner.name}.{function.name} is now {new}",
                tier=Tier.UNSAFE,
                fix=partial(_fix, project, source, owner, function),
                hint="use the names of unittest",
            )


def _fix(
    project: Project, source: Source, owner: ast.ClassDef, function: Function
) -> tuple[Edit, ...]:
    return renamed(project, source, owner, function, _NEW[function.name])


RULE = Rule(
    code="AT908",
    name="aiohttp-testcase-setup",
    severity=Severity.WARNING,
    tier=Tier.UNSAFE,
    visit=_visit,
    words=rb"setUpAsync|tearDownAsync",
    # Older versions know only the old names.
    needs=(("aiohttp", "3.8"),),
    libraries=("aiohttp",),
)
