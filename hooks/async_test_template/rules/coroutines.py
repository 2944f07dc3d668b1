"""Coroutines of the repository: what makes one, and where nothing can await it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from async_test_template.rules.origin import bindings, origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source

#: Bases that leave the methods of a class as they are.
_HARMLESS = frozenset(
    {"object", "abc.ABC", "typing.Generic", "typing.Protocol", "typing.NamedTuple"}
)
#: Comparisons that a coroutine always passes, or never.
_CERTAIN = (ast.Is, ast.IsNot, ast.NotEq)


def makes_coroutine(project: Project, source: Source, called: ast.expr) -> bool:
    """Tell whether a call of something makes a coroutine, by what the repository says of it.

    Args:
        project: the repository.
        source: the file of the call.
        called: the function, or the method with what has it.

    """
    found = origin(project, source, called)
    if found is not None and is_async(*found):
        return True
    if not isinstance(called, ast.Attribute):
        return False
    made = origin(project, source, called.value)
    if made is None or not isinstance(made[1], ast.Call):
        return False
    owner = origin(project, made[0], made[1].func)
    return owner is not None and _has_async(*owner, called.attr)


def is_async(source: Source, function: ast.AST) -> bool:
    """Tell whether a call of a function makes a coroutine.

    It is async, and neither a generator nor changed by a decorator.
    """
    return (
        isinstance(function, ast.AsyncFunctionDef)
        and not function.decorator_list
        and function not in source.generators
    )


def _has_async(source: Source, owner: ast.AST, name: str) -> bool:
    """Tell whether a method is async in a class that hands on what it has."""
    if not isinstance(owner, ast.ClassDef) or owner.keywords or owner.decorator_list:
        return False
    if any(bindings(source, owner, own) for own in ("__new__", "__getattribute__", "__await__")):
        return False
    bases = [base.value if isinstance(base, ast.Subscript) else base for base in owner.bases]
    if any(source.names.resolve(base) not in _HARMLESS for base in bases):
        return False
    entered = [bindings(source, owner, own) for own in ("__enter__", "__aenter__")]
    methods = bindings(source, owner, name)
    return not any(entered) and len(methods) == 1 and is_async(source, methods[0])


def lost_calls(source: Source) -> Iterator[ast.Call]:
    """Yield the calls that nothing gets the result of, and those that are only tested.

    A coroutine is always true, and equal to nothing else.
    """
    for statement in source.nodes.of(ast.Expr):
        if isinstance(statement.value, ast.Call):
            yield statement.value
    for test in (
        *(statement.test for statement in source.nodes.of(ast.Assert)),
        *(statement.test for statement in source.nodes.of(ast.If)),
        *(statement.test for statement in source.nodes.of(ast.While)),
    ):
        yield from _tested(test)


def _tested(value: ast.expr) -> Iterator[ast.Call]:
    """Yield the calls in a condition of which only the truth counts."""
    if isinstance(value, ast.Call):
        yield value
    elif isinstance(value, ast.BoolOp):
        for operand in value.values:
            yield from _tested(operand)
    elif isinstance(value, ast.UnaryOp):
        yield from _tested(value.operand)
    elif isinstance(value, ast.Compare) and all(isinstance(op, _CERTAIN) for op in value.ops):
        for compared in (value.left, *value.comparators):
            yield from _tested(compared)
