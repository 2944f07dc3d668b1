"""What runs the lifespan of an application that a client on `ASGITransport` gets."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from async_test_template.rules.clients._applications import FASTAPI, STARLETTE, has_lifespan
from async_test_template.rules.clients._test_client import CLIENTS
from async_test_template.rules.on_code import keyword
from async_test_template.rules.origin import origin
from async_test_template.source.nodes import last_name
from async_test_template.source.source import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def transports(source: Source) -> Iterator[ast.Call]:
    """Yield the calls that make a transport."""
    return source.calls("httpx.ASGITransport", "httpx2.ASGITransport")


def application(
    project: Project, source: Source, transport: ast.Call
) -> tuple[Source, ast.expr | ast.stmt] | None:
    """Return what makes the application of a transport, and its file, if there is one way."""
    given = keyword(transport, "app")
    app = given.value if given else transport.args[0] if transport.args else None
    return origin(project, source, app) if app is not None else None


def is_with_lifespan(source: Source, made: ast.expr | ast.stmt) -> bool:
    """Tell whether an application of Starlette or FastAPI is made, with a lifespan."""
    return (
        isinstance(made, ast.Call)
        and source.names.resolve(made.func) in FASTAPI | STARLETTE
        and has_lifespan(source, made)
    )


def in_reach(project: Project, source: Source) -> Iterator[Source]:
    """Yield a file and the conftest.py files whose fixtures reach it."""
    yield source
    folders = source.file.split("/")[:-1]
    for depth in range(len(folders) + 1):
        file = "/".join([*folders[:depth], "conftest.py"])
        if file != source.file and file in project.code.by_file:
            yield project.code.sources.get(file)


def runs_lifespan(source: Source) -> bool:
    """Tell whether a file may start an application with a manager, a context or its router."""
    try:
        called = [call.func for call in source.nodes.of(ast.Call)]
    except Unreadable:
        return True
    for name in called:
        last = last_name(name)
        if "lifespan" in last.lower() or (isinstance(name, ast.Attribute) and last == "startup"):
            return True
    return any(
        isinstance(item.context_expr, ast.Call)
        and source.names.resolve(item.context_expr.func) in CLIENTS
        for item in source.nodes.of(ast.withitem)
    )
