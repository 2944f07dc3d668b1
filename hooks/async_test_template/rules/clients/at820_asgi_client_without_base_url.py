"""AT820: an httpx client on an ASGI application, without `base_url`."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, has_stars, keyword, text_of
from async_test_template.rules.rule import Rule, Where
from async_test_template.source.items import Fixture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for call in source.calls("httpx.AsyncClient", "httpx2.AsyncClient"):
        transport = keyword(call, "transport")
        if transport is None or keyword(call, "base_url") or has_stars(call):
            continue
        made = transport.value
        if (
            isinstance(made, ast.Call)
            and source.names.resolve(made.func) in _TRANSPORTS
            and _gets_a_path(source, call)
            and not _gets_an_address(source, call)
        ):
            yield code_finding(
                RULE.code,
                source,
                call,
                "the client has no base_url, and a path alone is requested from it",
                hint='add base_url="http://test"',
            )


def _gets_a_path(source: Source, client: ast.Call) -> bool:
    """Tell whether the file requests a path alone, such as `/items`, from this very client.

    It is known by its name in the function that creates it, in the whole file if it is created
    at the top, and in the tests that get it from a fixture. Others may have a whole address.
    """
    name = _name_of(source, client)
    scope = source.scope(client)
    paths = _paths(source)
    if name is not None and (name, scope) in paths:
        return True
    if isinstance(scope, ast.Module):
        return any(name == asked for asked, _ in paths)
    fixture = source.items.get(getattr(scope, "lineno", 0))
    if not isinstance(fixture, Fixture) or not _is_given(source, scope, client, name):
        return False
    return any(
        asked == fixture.name and asked in {argument.arg for argument in _arguments(user)}
        for asked, user in paths
    )


def _gets_an_address(source: Source, client: ast.Call) -> bool:
    """Tell whether `base_url` of the client is assigned later."""
    name = _name_of(source, client)
    return any(
        isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == name
        for node in source.mentions.get("base_url")
    )


def _name_of(source: Source, client: ast.Call) -> str | None:
    """Return the name that the client gets where it is created."""
    around = source.parents[client]
    if isinstance(around, ast.Call) and source.text(around.func).endswith(_CONTEXTS):
        around = source.parents[around]
    while isinstance(around, ast.Await):
        around = source.parents[around]
    target = around.optional_vars if isinstance(around, ast.withitem) else None
    if isinstance(around, ast.Assign) and len(around.targets) == 1:
        target = around.targets[0]
    return target.id if isinstance(target, ast.Name) else None


def _is_given(source: Source, scope: ast.AST, client: ast.Call, name: str | None) -> bool:
    """Tell whether a function returns or yields the client itself."""
    kinds: tuple[type[ast.Return | ast.Yield], ...] = (ast.Return, ast.Yield)
    for node in source.nodes.of(*kinds):
        value = node.value
        is_name = isinstance(value, ast.Name) and value.id == name
        if (is_name or value is client) and source.scope(node) is scope:
            return True
    return False


def _arguments(function: ast.AST) -> list[ast.arg]:
    if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return []
    return [*function.args.args, *function.args.kwonlyargs]


# One file is checked at a time, and each of its clients asks this.
@lru_cache(maxsize=1)
def _paths(source: Source) -> frozenset[tuple[str, ast.AST]]:
    """Return the names of which a path alone is requested, each with the function."""
    found = set()
    for call in source.nodes.of(ast.Call):
        method = call.func
        if (
            isinstance(method, ast.Attribute)
            and method.attr in _METHODS
            and isinstance(method.value, ast.Name)
        ):
            url = keyword(call, "url")
            place = _METHODS[method.attr]
            given = url.value if url else call.args[place] if len(call.args) > place else None
            if _is_path(given):
                found.add((method.value.id, source.scope(method.value)))
    return frozenset(found)


def _is_path(url: ast.expr | None) -> bool:
    if isinstance(url, ast.JoinedStr) and url.values:
        url = url.values[0]
    text = text_of(url)
    return text is not None and text.startswith("/")


_TRANSPORTS = {"httpx.ASGITransport", "httpx2.ASGITransport"}
#: Calls that return the client.
_CONTEXTS = ("enter_async_context", "aclosing")
#: Methods that make a request, with the place of the address.
_METHODS = {
    **dict.fromkeys(("get", "post", "put", "patch", "delete", "head", "options"), 0),
    **dict.fromkeys(("request", "stream", "build_request"), 1),
}

RULE = Rule(
    code="AT820",
    name="asgi-client-without-base-url",
    severity=Severity.ADVICE,
    tier=Tier.REPORT,
    visit=_visit,
    words=rb"ASGITransport",
    where=Where.CLIENTS,
    alone=True,
    expects=("ValueError", "UnsupportedProtocol"),
    libraries=("httpx", "httpx2"),
)
