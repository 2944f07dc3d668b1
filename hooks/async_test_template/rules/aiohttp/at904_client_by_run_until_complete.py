"""AT904: a client fixture that is not async and runs the loop itself."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.aiohttp._clients import client_calls
from async_test_template.rules.on_code import code_finding, decorators
from async_test_template.rules.rule import Rule, Where
from async_test_template.rules.which_loop import has_aiohttps_plugin, may_have_old_aiohttp
from async_test_template.source import changes, new_imports
from async_test_template.source.nodes import callee

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source


def _is_exact(function: Function) -> bool:
    """Tell whether a fixture only waits for the client of an application."""
    statement = function.body[-1]
    calls = client_calls(function)
    if len(function.body) != 1 or not isinstance(statement, ast.Return) or len(calls) != 1:
        return False
    client = calls[0].args[0]
    return (
        statement.value is calls[0]
        and isinstance(client, ast.Call)
        and isinstance(client.func, ast.Name)
        and client.func.id in {"aiohttp_client", "test_client"}
    )


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    if has_aiohttps_plugin(project):
        return
    is_new = not may_have_old_aiohttp(project)
    for fixture in project.code.by_file[source.file].fixtures:
        if not fixture.function or "loop" not in fixture.requests:
            continue
        function = source.functions[fixture.line]
        if not client_calls(function) or project.code.may_bring("loop", source.file):
            continue
        if project.code.find("loop", fixture.file, fixture.owner) is None:
            yield code_finding(
                RULE.code,
                source,
                function,
                f"the fixture {fixture.name} waits with the removed fixture loop",
                tier=Tier.SAFE if _is_exact(function) and is_new else Tier.UNSAFE,
                fix=partial(_fix, source, function),
                hint="make it async and await the client",
            )


def _fix(source: Source, function: Function) -> tuple[Edit, ...]:
    start = source.start(function)
    edits = [
        changes.replace(source, start, start, "async "),
        changes.remove_parameter(source, function, "loop"),
    ]
    for call in client_calls(function):
        edits += [
            changes.replace(source, source.start(call), source.start(call.args[0]), "await "),
            changes.replace(source, source.end(call.args[0]), source.end(call)),
        ]
    plugin, imports = new_imports.bind_module(source, "pytest_asyncio")
    for decorator in decorators(source, function, "pytest.fixture"):
        name = callee(decorator)
        edits += [changes.replace_node(source, name, f"{plugin}.fixture"), *imports]
    return tuple(edits)


RULE = Rule(
    code="AT904",
    name="client-by-run-until-complete",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    about="pytest-aiohttp",
    visit=_visit,
    words=rb"run_until_complete",
    where=Where.TESTS,
    libraries=("aiohttp",),
    broken_since=(("pytest-aiohttp", "1.1"),),
)
