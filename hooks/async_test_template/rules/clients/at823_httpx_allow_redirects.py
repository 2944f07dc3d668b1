"""AT823: `allow_redirects=` of httpx's own clients and functions."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.clients._test_client import METHODS, is_made_by
from async_test_template.rules.on_code import code_finding, has_stars, keyword, sure
from async_test_template.rules.patched import not_patched
from async_test_template.rules.patterns import renamed
from async_test_template.rules.rule import Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

_CLIENTS = frozenset({"httpx.AsyncClient", "httpx.Client"})
_FUNCTIONS = frozenset({f"httpx.{name}" for name in METHODS})


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for call in source.nodes.of(ast.Call):
        argument = keyword(call, "allow_redirects")
        if argument is None or not _is_request(project, source, call):
            continue
        yield code_finding(
            RULE.code,
            source,
            call,
            f"{source.text(call.func)} does not accept allow_redirects=",
            tier=Tier.REPORT if keyword(call, "follow_redirects") else Tier.SAFE,
            fix=partial(_fix, project, source, call, argument),
            hint="write follow_redirects=",
        )


def _is_request(project: Project, source: Source, call: ast.Call) -> bool:
    if source.names.resolve(call.func) in _FUNCTIONS:
        return True
    method = call.func
    return (
        isinstance(method, ast.Attribute)
        and method.attr in METHODS
        and is_made_by(project, source, method.value, _CLIENTS)
    )


def _fix(
    project: Project, source: Source, call: ast.Call, argument: ast.keyword
) -> tuple[Edit, ...]:
    if has_stars(call):
        raise EditError("other arguments are not known")
    if source.names.resolve(call.func) in _FUNCTIONS:
        sure(source, call.func)
    for name in sorted(_CLIENTS | {source.names.resolve(call.func)}):
        not_patched(project, name)
    return renamed(source, argument, "follow_redirects")


RULE = Rule(
    code="AT823",
    name="httpx-allow-redirects",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    visit=_visit,
    words=rb"allow_redirects",
    where=Where.CLIENTS,
    needs=(("httpx", "0.20"),),
    libraries=("httpx",),
    expects=("TypeError",),
)
