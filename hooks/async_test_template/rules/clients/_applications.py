"""Starlette and FastAPI applications, and what they do at start-up."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from async_test_template.rules.on_code import keyword

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.source.source import Source

#: These no longer accept `on_startup=`; FastAPI's applications do.
STARLETTE = frozenset({"starlette.applications.Starlette", "starlette.routing.Router"})
FASTAPI = frozenset({"fastapi.FastAPI", "fastapi.applications.FastAPI"})
EVENTS = ("on_startup", "on_shutdown")


def handlers(source: Source) -> Iterator[ast.Call]:
    """Yield the calls of `….on_event("startup")` and `….on_event("shutdown")`."""
    for call in source.nodes.of(ast.Call):
        if isinstance(call.func, ast.Attribute) and call.func.attr == "on_event" and call.args:
            event = call.args[0]
            if isinstance(event, ast.Constant) and event.value in {"startup", "shutdown"}:
                yield call


def has_lifespan(source: Source, made: ast.Call) -> bool:
    """Tell whether an application does something at its start or end, as far as its file shows."""
    if any(keyword(made, name) for name in EVENTS) or any(handlers(source)):
        return True
    lifespan = keyword(made, "lifespan")
    return lifespan is not None and not (
        isinstance(lifespan.value, ast.Constant) and lifespan.value.value is None
    )
