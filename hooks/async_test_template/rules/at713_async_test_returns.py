"""AT713: an async test that returns a value."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Tier
from async_test_template.rules._code import (
    code_finding,
)
from async_test_template.rules.rule import Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    returns = {
        source.scope(node): node
        for node in source.nodes.of(ast.Return)
        if node.value is not None and not isinstance(node.value, ast.Constant)
    }
    for test in source.module.tests:
        node = returns.get(source.functions[test.line])
        if node is not None and test.is_async and not test.in_unittest and not test.wrapped:
            yield code_finding(
                RULE.code,
                source,
                node,
                f"{test.name} returns a value, which nobody looks at",
                hint="assert it",
            )


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
