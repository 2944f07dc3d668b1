"""AT711: an async test in `unittest.TestCase`."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Tier
from async_test_template.rules._code import (
    code_finding,
    sure,
)
from async_test_template.rules._runners import async_test_classes
from async_test_template.rules.rule import Example, Rule
from async_test_template.source import changes
from async_test_template.source.lineage import TEST_CASES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.items import Test
    from async_test_template.source.source import Source


def _check(project: Project) -> Iterator[Finding]:
    seen: set[tuple[str, int]] = set()
    for kin in async_test_classes(project):
        if not kin.drops_coroutines:
            continue
        tests = [test for test in kin.tests() if not (test.decorators or test.mark("skip"))]
        for file, root in kin.roots():
            if tests and (file, root.line) not in seen:
                seen.add((file, root.line))
                yield _finding(project, tests[0], file, root.line)


def _finding(project: Project, test: Test, file: str, line: int) -> Finding:
    """Make a finding at a test, with the fix where its class, or a base of it, names TestCase."""
    source = project.code.sources.get(test.file)
    home = project.code.sources.get(file)
    root = next(node for node in home.nodes.of(ast.ClassDef) if node.lineno == line)
    base = next(base for base in root.bases if home.names.resolve(base) in TEST_CASES)
    return code_finding(
        RULE.code,
        source,
        source.functions[test.line],
        f"{test.owner}.{test.name} is async, and unittest.TestCase never runs it",
        tier=Tier.UNSAFE,
        fix=partial(_fix, home, base),
        hint="derive the class from unittest.IsolatedAsyncioTestCase",
    )


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
    check=_check,
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
        Example(
            before={
                "test_it.py": (
                    "import unittest\n\nimport pytest\n\n\nclass TestIt(unittest.TestCase):\n"
                    '    @unittest.mock.patch("os.name", "x")\n    @pytest.mark.asyncio\n'
                    "    async def test_it(self):\n        pass\n"
                )
            },
            after={
                "test_it.py": (
                    "import unittest\n\nimport pytest\n\n\n"
                    "class TestIt(unittest.IsolatedAsyncioTestCase):\n"
                    '    @unittest.mock.patch("os.name", "x")\n    @pytest.mark.asyncio\n'
                    "    async def test_it(self):\n        pass\n"
                )
            },
            tier=Tier.UNSAFE,
        ),
        Example(
            before={
                "tests/__init__.py": "from .base import Base\n",
                "tests/base.py": (
                    "from unittest import TestCase\n\n\nclass Base(TestCase):\n    port = 1\n"
                ),
                "tests/test_it.py": (
                    "from tests import Base\n\n\nclass Middle(Base):\n    pass\n\n\n"
                    "class Checks(Middle):\n    async def test_it(self):\n        pass\n"
                ),
            },
            after={
                "tests/base.py": (
                    "from unittest import IsolatedAsyncioTestCase\n\n\n"
                    "class Base(IsolatedAsyncioTestCase):\n    port = 1\n"
                ),
            },
            tier=Tier.UNSAFE,
        ),
    ),
    valid=(
        {
            "base.py": (
                "import asyncio\nimport unittest\n\n\nclass Base(unittest.TestCase):\n"
                "    def _callTestMethod(self, method):\n        asyncio.run(method())\n"
            ),
            "test_it.py": (
                "from base import Base\n\n\nclass TestIt(Base):\n"
                "    async def test_it(self):\n        pass\n"
            ),
        },
        {
            "base.py": "from elsewhere import Runner\n\n\nclass Base(Runner):\n    pass\n",
            "test_it.py": (
                "import unittest\n\nfrom base import Base\n\n\n"
                "class TestIt(Base, unittest.TestCase):\n"
                "    async def test_it(self):\n        pass\n"
            ),
        },
        {
            "test_it.py": (
                "import unittest\n\n\nclass TestIt(unittest.TestCase):\n"
                '    @unittest.skip("later")\n    async def test_it(self):\n        pass\n'
            )
        },
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
