"""What decorators say: the arguments of marks and of fixtures, as far as they are constants."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from async_test_template.source.items import UNKNOWN, Mark
from async_test_template.source.nodes import callee

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.source.names import Names


def marks_in(names: Names, expressions: list[ast.expr]) -> Iterator[Mark]:
    """Yield the marks of pytest and unittest among some expressions, with their arguments."""
    for expression in expressions:
        called = callee(expression)
        prefix, _, name = names.resolve(called).rpartition(".")
        if prefix == "pytest.mark" or (prefix, name) == ("unittest", "skip"):
            filled = isinstance(expression, ast.Call) and (
                bool(expression.args) or bool(expression.keywords)
            )
            mark = Mark(name, expression.lineno, expression.col_offset + 1, has_arguments=filled)
            if name == "asyncio":
                keywords = keywords_of(expression)
                scope = keywords.get("loop_scope", keywords.get("scope"))
                mark = mark._replace(loop_scope=text(scope))
            elif isinstance(expression, ast.Call) and name == "usefixtures":
                given = (text(literal(item)) for item in expression.args)
                mark = mark._replace(names=tuple(filter(None, given)))
            elif isinstance(expression, ast.Call) and name == "parametrize":
                mark = mark._replace(names=tuple(_parameters(expression)))
            yield mark


def _parameters(call: ast.Call) -> Iterator[str]:
    """Yield the names that `parametrize` provides; `indirect` ones reach their fixture."""
    if any(keyword.arg == "indirect" for keyword in call.keywords) or not call.args:
        return
    first = call.args[0]
    if isinstance(first, (ast.List, ast.Tuple)):
        yield from filter(None, (text(literal(item)) for item in first.elts))
    else:
        yield from (name.strip() for name in (text(literal(first)) or "").split(","))


def keywords_of(expression: ast.expr) -> dict[str, object]:
    """Return the keyword arguments of a call; UNKNOWN for all that is not a plain constant."""
    if not isinstance(expression, ast.Call):
        return {}
    return {
        # `**options` may hold any of them.
        (keyword.arg or "**"): literal(keyword.value)
        for keyword in expression.keywords
    }


def literal(node: ast.expr) -> object:
    """Return the value of a plain constant, UNKNOWN for anything else."""
    return node.value if isinstance(node, ast.Constant) else UNKNOWN


def text(value: object) -> str | None:
    """Return a value if it is a text."""
    return value if isinstance(value, str) else None


def scope_of(decorator: ast.expr, keywords: dict[str, object]) -> str:
    """Return the scope that the decorator of a fixture gives, UNKNOWN if only a run can tell."""
    if isinstance(decorator, ast.Call) and decorator.args:
        # The positional form of old pytest: `@pytest.fixture("session")`.
        return text(literal(decorator.args[0])) or UNKNOWN
    if "**" in keywords:
        return UNKNOWN
    return text(keywords.get("scope", "function")) or UNKNOWN
