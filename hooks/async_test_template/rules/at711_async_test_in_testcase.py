"""AT711: an async test in `unittest.TestCase`."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Example, Finding, Rule, Tier
from async_test_template.rules._code import (
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
    seen: set[ast.expr] = set()
    for test in source.module.tests:
        if not (test.is_async and test.in_unittest):
            continue
        function = source.functions[test.line]
        around = source.parents[function]
        if not isinstance(around, ast.ClassDef) or function.decorator_list:
            continue
        for base in _roots(source, around, set()):
            if base not in seen:
                seen.add(base)
                yield code_finding(
                    RULE.code,
                    source,
                    function,
                    f"{around.name}.{function.name} is async, and unittest.TestCase never runs it",
                    tier=Tier.UNSAFE,
                    fix=partial(_fix, source, base),
                    hint="derive the class from unittest.IsolatedAsyncioTestCase",
                )


def _roots(source: Source, around: ast.ClassDef, seen: set[ast.ClassDef]) -> Iterator[ast.expr]:
    """Yield where a class, or one of the same file that it derives from, names TestCase."""
    seen.add(around)
    for base in around.bases:
        if source.names.resolve(base) == "unittest.TestCase":
            yield base
        elif isinstance(base, ast.Name):
            named = [node for node in source.nodes.of(ast.ClassDef) if node.name == base.id]
            if len(named) == 1 and named[0] not in seen:
                yield from _roots(source, named[0], seen)


def _fix(source: Source, base: ast.expr) -> tuple[Edit, ...]:
    sure(source, base)
    if isinstance(base, ast.Attribute):
        name = f"{source.text(base.value)}.IsolatedAsyncioTestCase"
        return (changes.replace_node(source, base, name),)
    name = "IsolatedAsyncioTestCase"
    if name in source.names.imported or name in source.names.bound:
        raise EditError(f"the name {name} is taken")
    return (
        changes.replace_node(source, base, name),
        *changes.import_beside(source, base, name),
    )


RULE = Rule(
    code="AT711",
    name="async-test-in-testcase",
    title="An async test in `unittest.TestCase` passes without running",
    why=("The method returns a coroutine that nobody awaits, and the test passes."),
    since="Python, always; 3.11 warns",
    tier=Tier.UNSAFE,
    check=None,
    visit=_visit,
    words=rb"TestCase",
    alone=True,
    invalid=(
        Example(
            before={
                "test_it.py": (
                    "import unittest\n\n\nclass TestIt(unittest.TestCase):\n"
                    "    async def test_it(self):\n        pass\n"
                )
            },
            after={
                "test_it.py": (
                    "import unittest\n\n\nclass TestIt(unittest.IsolatedAsyncioTestCase):\n"
                    "    async def test_it(self):\n        pass\n"
                )
            },
            tier=Tier.UNSAFE,
        ),
        Example(
            before={
                "test_it.py": (
                    "from unittest import TestCase\n\n\nclass TestIt(TestCase):\n"
                    "    async def test_it(self):\n        pass\n"
                )
            },
            after={
                "test_it.py": (
                    "from unittest import IsolatedAsyncioTestCase\n\n\n"
                    "class TestIt(IsolatedAsyncioTestCase):\n    async def test_it(self):\n"
                    "        pass\n"
                )
            },
            tier=Tier.UNSAFE,
        ),
        Example(
            before={
                "test_it.py": (
                    "import unittest\n\n\nclass Base(unittest.TestCase):\n    port = 1\n\n\n"
                    "class TestIt(Base):\n    async def test_it(self):\n        pass\n\n\n"
                    "class TestOther(Base):\n    async def test_it(self):\n        pass\n"
                )
            },
            after={
                "test_it.py": (
                    "import unittest\n\n\nclass Base(unittest.IsolatedAsyncioTestCase):\n"
                    "    port = 1\n\n\n"
                    "class TestIt(Base):\n    async def test_it(self):\n        pass\n\n\n"
                    "class TestOther(Base):\n    async def test_it(self):\n        pass\n"
                )
            },
            tier=Tier.UNSAFE,
        ),
    ),
    valid=(
        {
            "test_it.py": (
                "from django.test import TestCase\n\n\nclass TestIt(TestCase):\n"
                "    async def test_it(self):\n        pass\n"
            )
        },
        {
            "test_it.py": (
                "import unittest\n\n\nclass TestIt(unittest.IsolatedAsyncioTestCase):\n"
                "    async def test_it(self):\n        pass\n"
            )
        },
        {
            "test_it.py": (
                "import unittest\n\n\nclass TestIt(unittest.TestCase):\n"
                "    @run_async\n    async def test_it(self):\n        pass\n"
            )
        },
    ),
)
