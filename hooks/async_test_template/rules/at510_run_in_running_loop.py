"""AT510: `asyncio.run` inside an async test."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Example, Finding, Rule, Tier
from async_test_template.rules._code import (
    calls,
    code_finding,
    sure,
)
from async_test_template.source import changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for call in calls(source, "asyncio.run"):
        function = next(_functions_around(source, call), None)
        if not isinstance(function, ast.AsyncFunctionDef):
            continue
        if source.items.get(function.lineno) is not None:
            yield code_finding(
                RULE.code,
                source,
                call,
                f"{function.name} is async and calls asyncio.run",
                tier=Tier.UNSAFE,
                fix=partial(_fix, source, call),
                hint="await it",
            )


def _functions_around(source: Source, node: ast.AST) -> Iterator[ast.AST]:
    inner = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    return (around for around in source.around(node) if isinstance(around, inner))


def _fix(source: Source, call: ast.Call) -> tuple[Edit, ...]:
    parent = source.parents[call]
    if len(call.args) != 1 or call.keywords or not isinstance(call.args[0], ast.Call):
        raise EditError("it passes more than one call")
    if not isinstance(parent, (ast.Expr, ast.Assign, ast.AnnAssign, ast.Return)):
        raise EditError("the call is part of a larger expression")
    sure(source, call.func)
    start = source.start(call.args[0])
    return (
        changes.replace(source, source.start(call), start, "await "),
        changes.replace(source, source.end(call.args[0]), source.end(call)),
    )


RULE = Rule(
    code="AT510",
    name="run-in-running-loop",
    title="An async test calls `asyncio.run`",
    why="RuntimeError: a loop is running already.",
    since="Python, always",
    tier=Tier.UNSAFE,
    check=None,
    visit=_visit,
    words=rb"asyncio",
    alone=True,
    invalid=(
        Example(
            before={
                "test_it.py": (
                    "import asyncio\n\n\nasync def test_it():\n"
                    "    x = asyncio.run(make(1))\n    assert x\n"
                )
            },
            after={"test_it.py": "async def test_it():\n    x = await make(1)\n    assert x\n"},
            tier=Tier.UNSAFE,
        ),
        Example(
            before={
                "test_it.py": (
                    "import asyncio\n\n\nasync def test_it():\n"
                    "    assert asyncio.run(make(1)) == 2\n"
                )
            }
        ),
    ),
    valid=(
        {"test_it.py": ("import asyncio\n\n\ndef test_it():\n    asyncio.run(make(1))\n")},
        {
            "test_it.py": (
                "import asyncio\n\n\nasync def test_it():\n    def run():\n"
                "        asyncio.run(make(1))\n"
            )
        },
    ),
)
