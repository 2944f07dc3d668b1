"""AT820: an httpx client on an ASGI application, without `base_url`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Tier
from async_test_template.rules.on_code import calls, code_finding, has_stars, keyword
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
        if isinstance(made, ast.Call) and source.names.resolve(made.func) in _TRANSPORTS:
            yield code_finding(
                RULE.code,
                source,
                call,
                "the client has no base_url, so a path alone is no address",
                hint='add base_url="http://test", unless every request has a whole address',
            )


_TRANSPORTS = {"httpx.ASGITransport", "httpx2.ASGITransport"}

RULE = Rule(
    code="AT820",
    name="asgi-client-without-base-url",
    title="A client with `ASGITransport` and no `base_url`",
    why='`client.get("/")` is a ValueError, unknown url type, when the application has answered.',
    since="httpx 0.28 and httpx2 have it so; no release is known that has not",
    tier=Tier.REPORT,
    visit=_visit,
    words=rb"ASGITransport",
    alone=True,
    expects=("ValueError", "UnsupportedProtocol"),
)
