"""AT821: a client on `ASGITransport` of an application that has a lifespan."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.clients._applications import FASTAPI, STARLETTE, has_lifespan
from async_test_template.rules.clients._test_client import CLIENTS
from async_test_template.rules.on_code import calls, code_finding, keyword
from async_test_template.rules.origin import origin
from async_test_template.rules.rule import Rule, Where
from async_test_template.source.source import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source

_LIFESPAN = re.compile(rb"lifespan\s*=|on_event\(|on_startup\s*=|on_shutdown\s*=")


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    if not _is_lifespan_in(project):
        return
    seen: set[tuple[str, int]] = set()
    for call in _transports(source):
        given = keyword(call, "app")
        app = given.value if given else call.args[0] if call.args else None
        made = origin(project, source, app) if app is not None else None
        # One finding for an application is enough, however many clients it has.
        if made is None or (place := (made[0].file, made[1].lineno)) in seen:
            continue
        seen.add(place)
        if not _has_lifespan(*made):
            continue
        if not any(_runs_lifespan(other) for other in (made[0], *_in_reach(project, source))):
            yield code_finding(
                RULE.code,
                source,
                call,
                f"ASGITransport does not run the lifespan of the application in {made[0].file}",
                hint=(
                    "wrap the client in asgi_lifespan.LifespanManager(app), or use "
                    "`with TestClient(app)`"
                ),
            )


def _transports(source: Source) -> Iterator[ast.Call]:
    return calls(source, "httpx.ASGITransport", "httpx2.ASGITransport")


# Only one is used at a time; thousands of files may have such a client.
@lru_cache(maxsize=2)
def _is_lifespan_in(project: Project) -> bool:
    """Tell whether any file mentions a lifespan, before files are parsed for it."""
    return any(True for _ in project.reader.mentioning(_LIFESPAN))


def _has_lifespan(source: Source, made: ast.expr | ast.stmt) -> bool:
    return (
        isinstance(made, ast.Call)
        and source.names.resolve(made.func) in FASTAPI | STARLETTE
        and has_lifespan(source, made)
    )


def _in_reach(project: Project, source: Source) -> Iterator[Source]:
    """Yield a file and the conftest.py files whose fixtures reach it."""
    yield source
    folders = source.file.split("/")[:-1]
    for depth in range(len(folders) + 1):
        file = "/".join([*folders[:depth], "conftest.py"])
        if file != source.file and file in project.code.by_file:
            yield project.code.sources.get(file)


def _runs_lifespan(source: Source) -> bool:
    """Tell whether a file may start an application with a manager, a context or its router."""
    try:
        called = [call.func for call in source.nodes.of(ast.Call)]
    except Unreadable:
        return True
    for name in called:
        last = name.attr if isinstance(name, ast.Attribute) else getattr(name, "id", "")
        if "lifespan" in last.lower() or (isinstance(name, ast.Attribute) and last == "startup"):
            return True
    return any(
        isinstance(item.context_expr, ast.Call)
        and source.names.resolve(item.context_expr.func) in CLIENTS
        for item in source.nodes.of(ast.withitem)
    )


RULE = Rule(
    code="AT821",
    name="asgi-client-without-lifespan",
    severity=Severity.ADVICE,
    tier=Tier.REPORT,
    visit=_visit,
    words=rb"ASGITransport",
    spots=_transports,
    where=Where.CLIENTS,
    libraries=("httpx", "httpx2"),
)
