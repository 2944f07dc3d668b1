"""AT903: `aiohttp_client(create_app)`."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.aiohttp_plugin import is_aiohttps
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.origin import origin
from async_test_template.rules.rule import Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source

_FACTORIES = {"aiohttp_client", "test_client"}


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    # aiohttp's own plugin does call it.
    if not is_aiohttps(project):
        return
    for call in clients_of_callables(project, source):
        name = source.text(call.func)
        # A fixture of the repository's own may call it too.
        if project.code.find(name, source.file, None) or project.code.may_bring(name, source.file):
            continue
        yield code_finding(
            RULE.code,
            source,
            call,
            f"{name} gets a function that creates an application",
            hint="call the function, and pass the application that it returns",
        )


def clients_of_callables(project: Project, source: Source) -> Iterator[ast.Call]:
    """Yield the calls that pass a client a function that creates its application."""
    return (call for call in _made(source) if _is_callable(project, source, call.args[0]))


def _made(source: Source) -> Iterator[ast.Call]:
    """Yield the calls that create a client by one of the fixtures."""
    for call in source.nodes.of(ast.Call):
        if (
            isinstance(call.func, ast.Name)
            and call.func.id in _FACTORIES
            and call.args
            and _is_parameter(source, call.func)
        ):
            yield call


def _is_parameter(source: Source, name: ast.Name) -> bool:
    return any(
        isinstance(around, (ast.FunctionDef, ast.AsyncFunctionDef))
        and name.id in {argument.arg for argument in around.args.args}
        for around in source.around(name)
    )


def _is_callable(project: Project, source: Source, node: ast.expr) -> bool:
    if isinstance(node, ast.Lambda):
        return True
    made = origin(project, source, node)
    if made is None:
        return False
    found, value = made
    if isinstance(value, ast.Call):
        return found.names.resolve(value.func) == "functools.partial"
    return isinstance(value, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))


RULE = Rule(
    code="AT903",
    name="client-of-callable",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
    visit=_visit,
    words=rb"aiohttp_client\(|test_client\(",
    expects=("ValueError",),
    where=Where.CLIENTS,
    suspects=re.compile(rb"run_until_complete|await").search,
    spots=_made,
    libraries=("aiohttp",),
    broken_since=(("pytest-aiohttp", "1.0"),),
)
