"""AT908: `setUpAsync` and `tearDownAsync`."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Example, Finding, Rule, Tier
from async_test_template.rules._code import (
    code_finding,
)
from async_test_template.source import changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source


_NEW = {"setUpAsync": "asyncSetUp", "tearDownAsync": "asyncTearDown"}


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.ClassDef):
            continue
        bases = {source.names.resolve(base) for base in node.bases}
        if "aiohttp.test_utils.AioHTTPTestCase" not in bases:
            continue
        for function in node.body:
            if isinstance(function, ast.AsyncFunctionDef) and function.name in _NEW:
                yield code_finding(
                    RULE.code,
                    source,
                    function,
                    f"{node.name}.{function.name} is {_NEW[function.name]} now",
                    tier=Tier.UNSAFE,
                    fix=partial(_fix, source, function),
                    hint="use unittest's own names",
                )


def _fix(source: Source, function: ast.AsyncFunctionDef) -> tuple[Edit, ...]:
    new = _NEW[function.name]
    start = source.data.index(function.name.encode(), source.start(function))
    return (
        changes.replace(source, start, start + len(function.name), new),
        *(
            changes.replace(source, source.end(node) - len(node.attr), source.end(node), new)
            for node in ast.walk(function)
            if isinstance(node, ast.Attribute) and node.attr == function.name
        ),
    )


RULE = Rule(
    code="AT908",
    name="aiohttp-testcase-setup",
    title="`setUpAsync` is `asyncSetUp`",
    why="aiohttp 4 never calls the old name.",
    since="aiohttp 3.8",
    tier=Tier.UNSAFE,
    check=None,
    visit=_visit,
    words=rb"setUpAsync|tearDownAsync",
    alone=True,
    invalid=(
        Example(
            before={
                "test_it.py": (
                    "from aiohttp.test_utils import AioHTTPTestCase\n\n\n"
                    "class TestIt(AioHTTPTestCase):\n    async def setUpAsync(self):\n"
                    "        await super().setUpAsync()\n"
                )
            },
            after={
                "test_it.py": (
                    "from aiohttp.test_utils import AioHTTPTestCase\n\n\n"
                    "class TestIt(AioHTTPTestCase):\n    async def asyncSetUp(self):\n"
                    "        await super().asyncSetUp()\n"
                )
            },
            tier=Tier.UNSAFE,
        ),
    ),
    valid=(
        {
            "test_it.py": (
                "class TestIt:\n    async def setUpAsync(self):\n        pass\n\n"
                "    async def test_it(self):\n        pass\n"
            )
        },
    ),
)
