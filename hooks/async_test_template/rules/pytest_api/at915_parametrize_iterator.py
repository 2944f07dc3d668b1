"""AT915: a generator as the values of `parametrize`."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, keyword, marks
from async_test_template.rules.pytest_api._late import finished_below
from async_test_template.rules.pytest_api._parametrize import is_by_name, odd_calls
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

#: Builtins that return an iterator, which is empty after one pass.
_BUILTINS = frozenset({"map", "filter", "zip", "enumerate", "reversed", "iter"})


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for mark in marks(source, "parametrize"):
        if not isinstance(mark, ast.Call):
            continue
        by_name = keyword(mark, "argvalues")
        values = by_name.value if by_name else mark.args[1] if len(mark.args) > 1 else None
        if values is not None and _is_iterator(source, values):
            yield code_finding(
                RULE.code,
                source,
                values,
                "parametrize gets an iterator, which can be read only once",
                tier=Tier.UNSAFE,
                fix=partial(_fix, source, values),
                hint="make it a list",
            )


def _is_iterator(source: Source, node: ast.expr) -> bool:
    if isinstance(node, ast.GeneratorExp):
        return True
    if not isinstance(node, ast.Call):
        return False
    called = source.names.resolve(node.func)
    if called.startswith("itertools."):
        return source.names.is_certain(node.func)
    if called in _BUILTINS:
        return called not in source.names.bound
    return any(
        isinstance(statement, ast.FunctionDef)
        and statement.name == called
        and statement in source.generators
        and not statement.decorator_list
        for statement in source.tree.body
    )


def _fix(source: Source, values: ast.expr) -> tuple[Edit, ...]:
    if "list" in source.names.bound or "list" in source.names.imported:
        raise EditError("the name list has another meaning in this file")
    late = finished_below(source, values)
    if late:
        raise EditError(f"{late} is only complete further down, so a list would be made too early")
    start, end = source.start(values), source.end(values)
    if isinstance(values, ast.GeneratorExp):
        # It already has its own brackets.
        return (changes.replace(source, start, start, "list"),)
    return (
        changes.replace(source, start, start, "list("),
        changes.replace(source, end, end, ")"),
    )


def _is_suspicious(data: bytes) -> bool:
    """Tell whether some values are the result of a call, or a generator in its brackets."""
    return any(
        b"(" in argument and not argument.startswith((b"[", b"{"))
        for arguments in odd_calls(data)
        for argument in arguments[1:]
        if argument.startswith(b"argvalues") or not is_by_name(argument)
    )


RULE = Rule(
    code="AT915",
    name="parametrize-iterator",
    severity=Severity.WARNING,
    tier=Tier.UNSAFE,
    visit=_visit,
    words=rb"parametrize",
    where=Where.TESTS,
    suspects=_is_suspicious,
    alone=True,
    expects=("DeprecationWarning",),
    libraries=("pytest",),
    broken_since=(("pytest", "9.1"),),
)
