"""AT713: an async test that returns a value."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from async_test_template.findings import Example, Finding, Rule, Tier
from async_test_template.rules._code import (
    code_finding,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for test in source.module.tests:
        if not test.is_async or test.in_unittest or test.wrapped:
            continue
        for node in _returns(source.functions[test.line]):
            yield code_finding(
                RULE.code,
                source,
                node,
                f"{test.name} returns a value, which nobody looks at",
                hint="assert it",
            )
            break


def _returns(function: Function) -> Iterator[ast.Return]:
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.Return) and not (
            node.value is None or isinstance(node.value, ast.Constant)
        ):
            yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            waiting.extend(ast.iter_child_nodes(node))


RULE = Rule(
    code="AT713",
    name="async-test-returns",
    title="An async test returns a value",
    why=(
        "A comparison that is returned and not asserted passes always; pytest "
        "warns of it in other tests only."
    ),
    since="pytest-asyncio, always",
    tier=Tier.REPORT,
    check=None,
    visit=_visit,
    words=rb"return",
    alone=True,
    invalid=(
        Example(before={"test_it.py": "async def test_it():\n    return await fetch() == 1\n"}),
    ),
    valid=({"test_it.py": "async def test_it():\n    return\n"},),
)
