"""AT820: an httpx client on an ASGI application, without `base_url`."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import calls, code_finding, has_stars, keyword, text_of
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for call in calls(source, "httpx.AsyncClient", "httpx2.AsyncClient"):
        transport = keyword(call, "transport")
        if transport is None or keyword(call, "base_url") or has_stars(call):
            continue
        made = transport.value
        if (
            isinstance(made, ast.Call)
            and source.names.resolve(made.func) in _TRANSPORTS
            and not _is_handed_on(source, call)
            and not _gets_whole_addresses(source, call)
        ):
            yield code_finding(
                RULE.code,
                source,
                call,
                "the client has no base_url, so it cannot use a path alone",
                hint='add base_url="http://test", unless every request has a full address',
            )


def _is_handed_on(source: Source, client: ast.Call) -> bool:
    """Tell whether the client is passed to other code, which may have the address itself."""
    around = source.parents[client]
    if isinstance(around, ast.keyword):
        around = source.parents[around]
    if not isinstance(around, ast.Call):
        return False
    return source.names.resolve(around.func).rpartition(".")[2] not in _CONTEXTS


def _gets_whole_addresses(source: Source, client: ast.Call) -> bool:
    """Tell whether every request in the client's function has a URL with a scheme."""
    around = source.parents[client]
    target = around.optional_vars if isinstance(around, ast.withitem) else None
    if isinstance(around, ast.Assign) and len(around.targets) == 1:
        target = around.targets[0]
    if not isinstance(target, ast.Name):
        return False
    found = _requests(source).get((target.id, source.scope(client)), ())
    return bool(found) and all(found)


# One file is checked at a time, and each of its clients asks this.
@lru_cache(maxsize=1)
def _requests(source: Source) -> dict[tuple[str, ast.AST], list[bool]]:
    """Tell for each client and function whether all URLs of its requests are complete."""
    found: dict[tuple[str, ast.AST], list[bool]] = {}
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
            requests = found.setdefault((method.value.id, source.scope(method.value)), [])
            requests.append(_is_whole(given))
    return found


def _is_whole(url: ast.expr | None) -> bool:
    if isinstance(url, ast.JoinedStr) and url.values:
        url = url.values[0]
    text = text_of(url)
    return text is not None and text.startswith(("http://", "https://"))


_TRANSPORTS = {"httpx.ASGITransport", "httpx2.ASGITransport"}
#: Calls that return the client.
_CONTEXTS = {"enter_async_context", "aclosing"}
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
    alone=True,
    expects=("ValueError", "UnsupportedProtocol"),
)
