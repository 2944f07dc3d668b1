"""AT706: a wide fixture that is an instance method."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Tier
from async_test_template.rules._code import (
    code_finding,
)
from async_test_template.rules.rule import Example, Rule, Where
from async_test_template.source import changes
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source


_WIDE = {"class", "module", "package", "session"}


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for fixture in source.module.fixtures:
        if fixture.owner is None or fixture.scope not in _WIDE or not fixture.function:
            continue
        function = source.functions[fixture.line]
        first = [argument.arg for argument in function.args.args[:1]]
        names = {source.names.resolve(d) for d in function.decorator_list}
        if first != ["self"] or names & {"classmethod", "staticmethod"}:
            continue
        yield code_finding(
            RULE.code,
            source,
            function,
            f"the {fixture.scope}-scoped fixture {fixture.name} is an instance method",
            tier=Tier.UNSAFE,
            fix=partial(_fix, source, function),
            hint="make it a class method, below the fixture decorator",
        )


def _fix(source: Source, function: Function) -> tuple[Edit, ...]:
    names = [node for node in walk(function) if isinstance(node, ast.Name)]
    if any(node.id == "cls" for node in names):
        raise EditError("it has a cls already")
    for node in names:
        if node.id == "self" and not _is_plain_attribute(source, node):
            raise EditError("it calls what only an instance has, or hands the instance on")
    start = source.start(function)
    indent = source.data[source.line_start(start) : start].decode()
    own = function.args.args[0]
    return (
        changes.replace(source, start, start, f"@classmethod\n{indent}"),
        changes.replace(source, source.start(own), source.start(own) + len("self"), "cls"),
        *(changes.replace_node(source, node, "cls") for node in names if node.id == "self"),
    )


def _is_plain_attribute(source: Source, node: ast.Name) -> bool:
    """Tell whether `self` stands there for an attribute that is not called: a method needs one."""
    around = source.parents[node]
    if not isinstance(around, ast.Attribute):
        return False
    outside = source.parents[around]
    return not (isinstance(outside, ast.Call) and outside.func is around)


# Two patterns, for each begins with a plain byte, which `re` looks for at once.
_IN_CLASS = re.compile(rb"\n[ \t]+@(?:\w+\.)*fixture\((?:(?!\bdef\b)[\s\S]){0,2000}?scope")
_RENAMED = re.compile(rb"fixture[ \t]+as[ \t]")


def _is_suspicious(data: bytes) -> bool:
    return _IN_CLASS.search(data) is not None or _RENAMED.search(data) is not None


RULE = Rule(
    code="AT706",
    name="wide-fixture-method",
    title="A fixture wider than a test is an instance method",
    why=(
        "A warning, and an error in pytest 10: the instance it sets attributes "
        "on is not the tests'. As a class method it sets them on the class."
    ),
    since="pytest 9.1 for class scope, 9.2 for wider ones",
    tier=Tier.UNSAFE,
    check=None,
    visit=_visit,
    words=rb"fixture",
    where=Where.TESTS,
    suspects=_is_suspicious,
    alone=True,
    invalid=(
        Example(
            before={
                "test_it.py": (
                    'import pytest\n\n\nclass TestIt:\n    @pytest.fixture(scope="class")\n'
                    "    def port(self):\n        self.port = 1\n        return 1\n"
                )
            },
            after={
                "test_it.py": (
                    'import pytest\n\n\nclass TestIt:\n    @pytest.fixture(scope="class")\n'
                    "    @classmethod\n    def port(cls):\n        cls.port = 1\n"
                    "        return 1\n"
                )
            },
            tier=Tier.UNSAFE,
        ),
    ),
    valid=(
        {
            "test_it.py": (
                "import pytest\n\n\nclass TestIt:\n    @pytest.fixture\n"
                "    def port(self):\n        return 1\n"
            )
        },
        {
            "test_it.py": (
                'import pytest\n\n\n@pytest.fixture(scope="class")\ndef port():\n    return 1\n'
            )
        },
    ),
)
