"""Requests that tests make with Starlette's and FastAPI's `TestClient`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.source.source import Source

_CLIENTS = {"starlette.testclient.TestClient", "fastapi.testclient.TestClient"}
_METHODS = {"get", "post", "put", "patch", "delete", "head", "options", "request"}


def requests(source: Source) -> Iterator[tuple[ast.Call, str]]:
    """Yield the calls of a client's methods, and what stands before their brackets.

    A client is a name that the file gives to a `TestClient(...)`.
    """
    clients = {
        target.id
        for node in source.nodes.of(ast.Assign)
        if isinstance(node.value, ast.Call) and source.names.resolve(node.value.func) in _CLIENTS
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for call in source.nodes.of(ast.Call):
        method = call.func
        if (
            isinstance(method, ast.Attribute)
            and method.attr in _METHODS
            and isinstance(method.value, ast.Name)
            and method.value.id in clients
        ):
            yield call, f"{method.value.id}.{method.attr}"
