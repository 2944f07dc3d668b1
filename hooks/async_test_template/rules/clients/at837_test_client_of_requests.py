"""AT837: what a `TestClient` had when it was built on requests."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.clients._test_client import (
    HOMES,
    is_client,
    is_response,
    passing,
)
from async_test_template.rules.on_code import code_finding, has_stars, keyword, needs
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

_BODIES = frozenset({"data", "files", "json"})
#: They pass no body since Starlette 0.21.
_WITHOUT = frozenset({"delete", "get", "head", "options"})
_SINCE = ("starlette", "0.21")


#: A body, one line from a verb without one at most, or what a response was.
_SUSPECTS = re.compile(
    rb"\.(?:delete|get|head|options)\([^\n]{0,200}(?:\n[^\n]{0,200}){0,2}\b(?:data|files|json)="
    rb"|\bassert[ \t]+[^\n]{1,80}\.ok\b"
)


def _spots(source: Source) -> Iterator[object]:
    if not source.holds(_SUSPECTS):
        return
    yield from (call for call, method, _ in passing(source, _BODIES) if method.attr in _WITHOUT)
    yield from (node for node in source.mentions.get("ok") if isinstance(node, ast.Attribute))


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    if not source.holds(_SUSPECTS):
        return
    for call, method, passed in passing(source, _BODIES):
        if method.attr in _WITHOUT and is_client(project, source, method.value):
            verb = method.attr.upper()
            yield code_finding(
                RULE.code,
                source,
                call,
                f"{source.text(method)} does not accept {passed[0].arg}=",
                tier=Tier.SAFE,
                fix=partial(_with_request, source, call, method),
                hint=f'use request("{verb}", ...)',
            )
    for node in source.mentions.get("ok"):
        if isinstance(node, ast.Attribute) and is_response(project, source, node.value):
            yield code_finding(
                RULE.code,
                source,
                node,
                "a response of the client has no ok any more",
                tier=Tier.SAFE,
                fix=partial(_not_an_error, project, source, node),
                hint="use is_error, or is_success",
            )


def _with_request(source: Source, call: ast.Call, method: ast.Attribute) -> tuple[Edit, ...]:
    """Name the verb, which requests accepts as well."""
    url = keyword(call, "url")
    first = call.args[0] if call.args else url
    if first is None or has_stars(call) or (call.keywords[:1] != [url] and not call.args):
        raise EditError("its URL is not the first argument")
    end, start = source.end(method), source.start(first)
    return (
        changes.replace(source, end - len(method.attr), end, "request"),
        changes.replace(source, start, start, f'"{method.attr.upper()}", '),
    )


def _not_an_error(project: Project, source: Source, node: ast.Attribute) -> tuple[Edit, ...]:
    needs(project, *_SINCE)
    if not isinstance(source.parents[node], ast.Assert):
        raise EditError("only an assertion is easy to write in another way")
    return (changes.replace_node(source, node, f"not {source.text(node.value)}.is_error"),)


RULE = Rule(
    code="AT837",
    name="test-client-of-requests",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    visit=_visit,
    words=rb"\.delete\(|\.get\(|\.head\(|\.options\(",
    spots=_spots,
    where=Where.CLIENTS,
    suspects=_SUSPECTS.search,
    anywhere=HOMES,
    expects=("TypeError", "AttributeError"),
    libraries=("starlette", "fastapi"),
    broken_since=(_SINCE,),
)
