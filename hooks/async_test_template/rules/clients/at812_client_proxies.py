"""AT812: `proxies=` of httpx clients."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import (
    code_finding,
    has_stars,
    is_chosen_by_version,
    keyword,
    sure,
    text_of,
)
from async_test_template.rules.patched import no_client_patched, not_patched
from async_test_template.rules.patterns import keyword_of_call, renamed
from async_test_template.rules.rule import Rule, Where

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source


_TARGETS = [
    f"httpx.{name}"
    for name in (
        "AsyncClient",
        "Client",
        "get",
        "post",
        "put",
        "patch",
        "delete",
        "head",
        "options",
        "request",
        "stream",
    )
]


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for call, proxies in keyword_of_call(source, "proxies", *_TARGETS):
        if not is_chosen_by_version(source, call):
            yield code_finding(
                RULE.code,
                source,
                call,
                f"{source.names.resolve(call.func)} does not accept proxies=",
                tier=Tier.SAFE if text_of(proxies.value) is not None else Tier.REPORT,
                fix=partial(_fix, project, source, call, proxies),
                hint="write proxy= with one URL, or mounts= with a transport for each one",
            )


def _fix(
    project: Project, source: Source, call: ast.Call, proxies: ast.keyword
) -> tuple[Edit, ...]:
    if has_stars(call) or keyword(call, "proxy") is not None:
        raise EditError("it has, or may have, a proxy already")
    no_client_patched(source)
    sure(source, call.func)
    not_patched(project, source.names.resolve(call.func))
    return renamed(source, proxies, "proxy")


RULE = Rule(
    code="AT812",
    name="client-proxies",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    visit=_visit,
    words=rb"proxies",
    where=Where.CLIENTS,
    suspects=re.compile(rb"httpx").search,
    alone=True,
    needs=(("httpx", "0.26"),),
    expects=("TypeError", "DeprecationWarning"),
    libraries=("httpx", "httpx2"),
    broken_since=(("httpx", "0.28"),),
)
