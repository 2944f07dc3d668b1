"""Clients of tests that the fixtures of aiohttp create."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from async_test_template.rules.origin import origin
from async_test_template.source.nodes import FUNCTIONS, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source

_FACTORIES = {"aiohttp_client", "test_client"}


def clients_of_callables(
    project: Project, source: Source
) -> Iterator[tuple[ast.Call, ast.expr | ast.stmt]]:
    """Yield the calls that pass a client a function that creates its application, with what it is.

    That is a function, or the call of `functools.partial`.
    """
    for call in clients_made(source):
        made = _callable(project, source, call.args[0])
        if made is not None:
            yield call, made


def clients_made(source: Source) -> Iterator[ast.Call]:
    """Yield the calls that create a client by one of the fixtures."""
    for call in source.nodes.of(ast.Call):
        if (
            isinstance(call.func, ast.Name)
            and call.func.id in _FACTORIES
            and call.args
            and _is_parameter(source, call.func)
        ):
            yield call


def _is_parameter(source: Source, name: ast.Name) -> bool:
    return any(
        isinstance(around, FUNCTIONS) and name.id in {argument.arg for argument in around.args.args}
        for around in source.around(name)
    )


def _callable(project: Project, source: Source, node: ast.expr) -> ast.expr | ast.stmt | None:
    if isinstance(node, ast.Lambda):
        return node
    made = origin(project, source, node)
    if made is None:
        return None
    found, value = made
    if isinstance(value, ast.Call):
        return value if found.names.resolve(value.func) == "functools.partial" else None
    return value if isinstance(value, (*FUNCTIONS, ast.Lambda)) else None


def client_calls(function: Function) -> list[ast.Call]:
    """Return the calls of `loop.run_until_complete`, if a fixture uses its loop for nothing else.

    Such a fixture asks for a client factory, and uses the loop only to wait for it.
    """
    names = {argument.arg for argument in function.args.args}
    if isinstance(function, ast.AsyncFunctionDef) or not names & _FACTORIES:
        return []
    inner = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.GeneratorExp, ast.ListComp)
    nodes = [node for statement in function.body for node in walk(statement)]
    uses = [node for node in nodes if isinstance(node, ast.Name) and node.id == "loop"]
    found = [
        node
        for node in nodes
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "run_until_complete"
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "loop"
        and len(node.args) == 1
        and isinstance(node.args[0], ast.Call)
    ]
    is_plain = not any(isinstance(node, inner) for node in nodes)
    return found if is_plain and len(found) == len(uses) and "loop" in names else []
