"""AT708: nose's `setup` and `teardown`."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Tier
from async_test_template.rules._callers import callers
from async_test_template.rules._code import code_finding, is_called
from async_test_template.rules.rule import Example, Rule, Where
from async_test_template.source import changes
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source


_NEW = {"setup": "setup_method", "teardown": "teardown_method"}


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    owners = {test.owner for test in source.module.tests if not test.in_unittest}
    for _, function in sorted(source.functions.items()):
        around = source.parents[function]
        if not isinstance(around, ast.ClassDef) or around.name not in owners:
            continue
        if function.name not in _NEW or function.decorator_list:
            continue
        arguments = function.args
        if len(arguments.posonlyargs + arguments.args) - len(arguments.defaults) > 1:
            continue  # Nose and pytest handed nothing to it.
        yield code_finding(
            RULE.code,
            source,
            function,
            f"{around.name}.{function.name} is never called",
            tier=Tier.UNSAFE,
            fix=partial(_fix, project, source, function, around),
            hint=f"call it {_NEW[function.name]}",
        )


def _fix(
    project: Project, source: Source, function: Function, around: ast.ClassDef
) -> tuple[Edit, ...]:
    new = _NEW[function.name]
    if is_called(source, function) or _is_quoted(source, function.name):
        raise EditError("it is called by its name")
    others = [file for file in callers(project, function.name) if file != source.file]
    if others:
        raise EditError(f"{others[0]} may call it by its name")
    if any(getattr(node, "name", "") == new for node in around.body):
        raise EditError(f"the class has a {new} already")
    if isinstance(function, ast.AsyncFunctionDef):
        raise EditError("it is async, and nothing would await it")
    if unset := _unset(function, around):
        raise EditError(f"it needs self.{unset}, which nothing here sets")
    start = source.data.index(function.name.encode(), source.start(function))
    return (changes.replace(source, start, start + len(function.name), new),)


def _unset(function: Function, around: ast.ClassDef) -> str:
    """Name an attribute that a method reads and its class does not have, or nothing.

    What the class gets from its bases nobody looks at here.
    """
    if around.bases or not function.args.args:
        return ""
    own = function.args.args[0].arg
    has = {getattr(node, "name", "") for node in around.body}
    has |= {node.id for node in walk(around) if isinstance(node, ast.Name)}
    has |= {
        node.attr
        for node in walk(around)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }
    read = (
        node.attr
        for node in walk(function)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Load)
        and isinstance(node.value, ast.Name)
        and node.value.id == own
        and not node.attr.startswith("__")
    )
    return next((name for name in read if name not in has), "")


def _is_quoted(source: Source, name: str) -> bool:
    return any(node.value == name for node in source.nodes.of(ast.Constant))


RULE = Rule(
    code="AT708",
    name="nose-setup-method",
    title="A test class has a `setup` or `teardown` of nose's",
    why="pytest 8 no longer calls it, and says nothing.",
    since="pytest 8.0",
    tier=Tier.UNSAFE,
    check=None,
    visit=_visit,
    words=rb"def setup|def teardown",
    where=Where.TESTS,
    suspects=re.compile(rb"def (?:setup|teardown)\b").search,
    invalid=(
        # It never ran, and could not.
        Example(
            before={
                "test_it.py": (
                    "class TestIt:\n    def teardown(self):\n        self.server.close()\n\n"
                    "    def test_it(self):\n        pass\n"
                )
            },
        ),
        Example(
            before={
                "test_it.py": (
                    "class TestIt:\n    def setup(self):\n        self.x = 1\n\n"
                    "    def test_it(self):\n        pass\n"
                )
            },
            after={
                "test_it.py": (
                    "class TestIt:\n    def setup_method(self):\n        self.x = 1\n\n"
                    "    def test_it(self):\n        pass\n"
                )
            },
            tier=Tier.UNSAFE,
        ),
        Example(
            before={
                "test_it.py": (
                    "class TestIt:\n    async def setup(self):\n        self.x = 1\n\n"
                    "    def test_it(self):\n        pass\n"
                )
            }
        ),
        # What is in other files calls it.
        Example(
            before={
                "test_it.py": (
                    "class TestIt:\n    def setup(self):\n        self.x = 1\n\n"
                    "    def test_it(self):\n        pass\n"
                ),
                "test_other.py": (
                    "from test_it import TestIt\n\n\nclass TestOther(TestIt):\n"
                    "    def setup_method(self):\n        super().setup()\n"
                ),
            }
        ),
        Example(
            before={
                "test_it.py": (
                    "class TestIt:\n    def teardown(self):\n        self.x = 1\n\n"
                    "    def test_it(self):\n        pass\n"
                ),
                "conftest.py": (
                    "def pytest_runtest_teardown(item):\n"
                    "    getattr(item.instance, 'teardown', int)()\n"
                ),
            }
        ),
    ),
    valid=(
        # It takes something: neither nose nor pytest ever called it.
        {
            "test_it.py": (
                "class TestIt:\n    def setup(self, port):\n        self.port = port\n\n"
                "    def test_it(self):\n        pass\n"
            )
        },
        {"test_it.py": "class Server:\n    def setup(self):\n        pass\n"},
        {
            "test_it.py": (
                "import unittest\n\n\nclass TestIt(unittest.TestCase):\n"
                "    def setup(self):\n        pass\n\n    def test_it(self):\n"
                "        pass\n"
            )
        },
    ),
)
