"""AT707: an async `setup_method` and its like."""

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


_METHODS = {"setup_method", "teardown_method", "setup_class", "teardown_class"}
_FUNCTIONS = {"setup_module", "teardown_module", "setup_function", "teardown_function"}


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    if not source.module.tests:
        return
    for _, function in sorted(source.functions.items()):
        in_class = isinstance(source.parents[function], ast.ClassDef)
        names = _METHODS if in_class else _FUNCTIONS
        if isinstance(function, ast.AsyncFunctionDef) and function.name in names:
            yield code_finding(
                RULE.code,
                source,
                function,
                f"{function.name} is async, and pytest never awaits it",
                hint="make it an async fixture with autouse=True",
            )


RULE = Rule(
    code="AT707",
    name="async-setup-function",
    title="An async set-up function is never awaited",
    why=("The tests pass without what it prepares; a RuntimeWarning is all that tells."),
    since="pytest, always",
    tier=Tier.REPORT,
    check=None,
    visit=_visit,
    words=rb"setup_|teardown_",
    alone=True,
    invalid=(
        Example(
            before={
                "test_it.py": (
                    "class TestIt:\n    async def setup_method(self):\n        pass\n\n"
                    "    def test_it(self):\n        pass\n"
                )
            }
        ),
    ),
    valid=(
        {
            "test_it.py": (
                "class TestIt:\n    def setup_method(self):\n        pass\n\n"
                "    def test_it(self):\n        pass\n"
            )
        },
    ),
)
