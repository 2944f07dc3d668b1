"""AT837: what a `TestClient` had when it was built on requests."""

from __future__ import annotations

import ast
import re
from functools import lru_cache, partial
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


_CALLED = tuple(f".{verb}(".encode() for verb in sorted(_WITHOUT))
#: A body, some arguments after a verb without one.
_BODY = re.compile(rb"\b(?:data|files|json)=")
_FAR = 200
#: What a response was.
_OK = re.compile(rb"assert[ \t]+[^\n]{1,80}\.ok\b")


# The same file is asked about before it is parsed, and after.
@lru_cache(maxsize=2)
def _is_suspicious(data: bytes) -> bool:
    for called in _CALLED:
        place = data.find(called)
        while place >= 0:
            if _BODY.search(data, place, place + _FAR):
                return True
            place = data.find(called, place + 1)
    return b".ok" in data and _OK.search(data) is not None


def _spots(source: Source) -> Iterator[object]:
    if not _is_suspicious(source.data):
        return
    yield from (call for call, method, _ in passing(source, _BODIES) if method.attr in _WITHOUT)
    yield from (node for node in source.mentions.get("ok") if isinstance(node, ast.Attribute))


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    if not _is_suspicious(source.data):
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
    suspects=_is_suspicious,
    anywhere=HOMES,
    expects=("TypeError", "AttributeError"),
    libraries=("starlette", "fastapi"),
    broken_since=(_SINCE,),
)
