"""AT908: `setUpAsync` and `tearDownAsync`."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.aiohttp._aiohttp_case import SINCE, calls_super, methods, renamed
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes
from async_test_template.source.nodes import walk

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
    new = _NEW[function.name]
    edits = renamed(project, source, owner, function, new)
    if calls_super(function):
        return edits
    # The method of that name starts, or ends, the server and the client.
    call = f"await super().{new}()"
    if function.name == "setUpAsync":
        return (*edits, changes.prepend_statement(source, function, call))
    if any(isinstance(node, (ast.Return, ast.Yield)) for node in walk(function)):
        raise EditError(f"{call} has to be its last statement, and it returns before")
    last = function.body[-1]
    end = source.line_end(source.end(last))
    indent = source.data[source.line_start(source.start(last)) : source.start(last)].decode()
    if indent.strip():
        raise EditError("its body shares a line with its name")
    newline = "" if source.data[:end].endswith((b"\n", b"\r")) else "\n"
    return (*edits, changes.replace(source, end, end, f"{newline}{indent}{call}\n"))


RULE = Rule(
    code="AT908",
    name="aiohttp-testcase-setup",
    severity=Severity.WARNING,
    tier=Tier.UNSAFE,
    visit=_visit,
    words=rb"setUpAsync|tearDownAsync",
    where=Where.CLIENTS,
    # Older versions know only the old names.
    needs=(("aiohttp", SINCE),),
    libraries=("aiohttp",),
)
