"""AT513: a hook `pytest_asyncio_loop_factories` that does nothing."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.rule import Rule
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for _, function in sorted(source.functions.items()):
        if function.name != "pytest_asyncio_loop_factories":
            continue
        returns = [node for node in walk(function) if isinstance(node, ast.Return)]
        if source.parents[function] is not source.tree:
            continue  # It may be in a plugin that somebody registers.
        if source.module.tests and not source.file.endswith("conftest.py"):
            message = "pytest does not call hooks in a test module"
            hint = "move it to conftest.py"
        elif function not in source.generators and all(_is_empty(node.value) for node in returns):
            message = "the hook pytest_asyncio_loop_factories returns nothing"
            hint = "return a mapping of names to factories"
        else:
            continue
        yield code_finding(RULE.code, source, function, message, hint=hint)


def _is_empty(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Constant):
        return value.value is None
    return value is None or (isinstance(value, ast.Dict) and not value.keys)


RULE = Rule(
    code="AT513",
    name="loop-factories-unused",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
    about="pytest-asyncio",
    visit=_visit,
    words=rb"pytest_asyncio_loop_factories",
    alone=True,
)
