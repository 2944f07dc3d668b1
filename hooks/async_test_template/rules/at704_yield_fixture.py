"""AT704: `pytest.yield_fixture`."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Tier
from async_test_template.rules._code import code_finding, sure
from async_test_template.rules.rule import Example, Rule, Where
from async_test_template.source import changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for node in source.references("pytest.yield_fixture"):
        if isinstance(node.ctx, ast.Load):
            yield code_finding(
                RULE.code,
                source,
                node,
                "yield_fixture is another name of fixture",
                tier=Tier.SAFE,
                fix=partial(_fix, source, node),
                hint="write pytest.fixture",
            )


def _fix(source: Source, node: ast.expr) -> tuple[Edit, ...]:
    sure(source, node)
    if not _makes_a_fixture(source, node):
        raise EditError("it is looked at, and no fixture is made of it")
    if isinstance(node, ast.Attribute):
        end = source.end(node)
        return (changes.replace(source, end - len(node.attr), end, "fixture"),)
    raise EditError("it is imported by its name")


def _makes_a_fixture(source: Source, node: ast.expr) -> bool:
    """Tell whether it is called, put over a function, or kept by a name for doing so.

    What compares it, lists it beside the other, or asks for its name tells one from the other.
    """
    around = source.parents[node]
    if isinstance(around, ast.Call):
        return around.func is node or source.names.resolve(around.func) == "functools.partial"
    if isinstance(around, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return node in around.decorator_list
    return isinstance(around, ast.Assign)


RULE = Rule(
    code="AT704",
    name="yield-fixture",
    title="`pytest.yield_fixture` is `pytest.fixture`",
    why="A warning today, and gone in pytest 10.",
    since="deprecated since pytest 6.2",
    tier=Tier.SAFE,
    check=None,
    visit=_visit,
    words=rb"yield_fixture",
    where=Where.EVERYWHERE,
    alone=True,
    expects=("DeprecationWarning", "AttributeError"),
    invalid=(
        Example(
            before={
                "conftest.py": (
                    'import pytest as pt\n\n\n@pt.yield_fixture(scope="module")\n'
                    "def a():\n    yield 1\n"
                )
            },
            after={
                "conftest.py": (
                    'import pytest as pt\n\n\n@pt.fixture(scope="module")\ndef a():\n    yield 1\n'
                )
            },
            tier=Tier.SAFE,
        ),
        Example(
            before={
                "conftest.py": (
                    "from pytest import yield_fixture\n\n\n@yield_fixture\ndef a():\n    yield 1\n"
                )
            }
        ),
        # It is what the test asks about.
        Example(
            before={
                "test_it.py": (
                    "import pytest\n\n\ndef test_it():\n"
                    "    assert pytest.yield_fixture is not pytest.fixture\n"
                )
            }
        ),
        Example(
            before={
                "test_it.py": (
                    "import pytest\n\n\ndef test_it(recwarn):\n"
                    "    pytest.yield_fixture(int)\n    assert recwarn.pop(DeprecationWarning)\n"
                )
            }
        ),
    ),
    valid=({"conftest.py": "import other\n\n\n@other.yield_fixture\ndef a():\n    yield 1\n"},),
)
