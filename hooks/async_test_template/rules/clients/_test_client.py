"""Requests that tests make with Starlette's and FastAPI's `TestClient`."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TYPE_CHECKING

from async_test_template.rules.origin import bindings, meaning, origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.rules.origin import Origin
    from async_test_template.source.source import Source

CLIENTS = frozenset({"starlette.testclient.TestClient", "fastapi.testclient.TestClient"})
#: A word that every import of one of them has.
HOMES = b"testclient"
#: What makes a request.
METHODS = {"get", "post", "put", "patch", "delete", "head", "options", "request", "stream"}


def requests(
    project: Project, source: Source, arguments: frozenset[str]
) -> Iterator[tuple[ast.Call, str, ast.keyword]]:
    """Yield the requests that pass such a keyword argument.

    Each comes with the expression before its brackets, and the argument.
    """
    if not _has_clients(project):
        return
    for call, method, passed in passing(source, arguments):
        if is_client(project, source, method.value):
            yield from ((call, source.text(method), argument) for argument in passed)


def passing(
    source: Source, arguments: frozenset[str]
) -> Iterator[tuple[ast.Call, ast.Attribute, list[ast.keyword]]]:
    """Yield the calls of methods named like requests that pass such arguments, with those."""
    for call in source.nodes.near(*(argument.encode() for argument in arguments)):
        if not isinstance(call, ast.Call):
            continue
        method = call.func
        if isinstance(method, ast.Attribute) and method.attr in METHODS:
            passed = [argument for argument in call.keywords if argument.arg in arguments]
            if passed:
                yield call, method, passed


# Only one project is used at a time, and each of its files asks this.
@lru_cache(maxsize=4)
def _has_clients(project: Project) -> bool:
    """Tell whether any file imports a module that has the client, or its package."""
    homes = {target.rpartition(".")[0] for target in CLIENTS} | {"starlette", "fastapi"}
    return any(not homes.isdisjoint(module.imports) for module in project.code.modules)


def is_request(project: Project, source: Source, node: ast.AST) -> bool:
    """Tell whether a node is a call of one of a client's methods."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in METHODS
        and is_client(project, source, node.func.value)
    )


def is_response(project: Project, source: Source, node: ast.AST) -> bool:
    """Tell whether a node is a request, or the name that its function gives to an answer."""
    if not isinstance(node, ast.Name):
        return is_request(project, source, node)
    return any(
        is_request(project, source, value)
        for around in source.around(node)
        if isinstance(around, (ast.FunctionDef, ast.AsyncFunctionDef))
        for value in bindings(source, around, node.id)
    )


def is_client(project: Project, source: Source, node: ast.expr) -> bool:
    """Tell whether an expression is a `TestClient`, created anywhere in the repository."""
    if isinstance(node, ast.Name) and _annotation(source, node) in CLIENTS:
        # The argument may be of a class that derives from it.
        return not _has_own_methods(project)
    return is_made_by(project, source, node, CLIENTS)


def is_made_by(project: Project, source: Source, node: ast.expr, targets: frozenset[str]) -> bool:
    """Tell whether a call of one of some functions or classes, anywhere, creates a value.

    Where a name is bound several times, as by one `with` after the other, each of its values is.
    """
    if isinstance(node, ast.Name):
        scope, bound = meaning(source, node)
        if len(bound) > 1 and all(isinstance(value, ast.expr) for value in bound):
            return _are_made_by(project, source, scope, node.id, targets)
    return _is_made_by(origin(project, source, node), targets)


# Each use of such a name asks this.
@lru_cache(maxsize=64)
def _are_made_by(
    project: Project, source: Source, scope: ast.AST, name: str, targets: frozenset[str]
) -> bool:
    """Tell whether each value of a name that a scope binds several times is created so."""
    values = (value for value in bindings(source, scope, name) if isinstance(value, ast.expr))
    return all(_is_made_by(origin(project, source, value), targets) for value in values)


def _is_made_by(made: Origin | None, targets: frozenset[str]) -> bool:
    return (
        made is not None
        and isinstance(made[1], ast.Call)
        and made[0].names.resolve(made[1].func) in targets
        and made[0].names.is_certain(made[1].func)
    )


@lru_cache(maxsize=4)
def _has_own_methods(project: Project) -> bool:
    """Tell whether a class in the repository derives from the client and changes its requests."""
    return any(
        held.methods & METHODS and any(base.endswith("TestClient") for base in held.bases)
        for module in project.code.modules
        for held in module.classes
    )


def _annotation(source: Source, node: ast.Name) -> str:
    """Return the annotated type of the parameter of that name, or an empty text."""
    for around in source.around(node):
        if isinstance(around, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for argument in (*around.args.args, *around.args.kwonlyargs):
                if argument.arg == node.id:
                    return source.names.resolve(argument.annotation) if argument.annotation else ""
    return ""
