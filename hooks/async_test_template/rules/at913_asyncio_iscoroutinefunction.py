"""AT913: `asyncio.iscoroutinefunction`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Example, Finding, Rule, Tier, Where
from async_test_template.rules._code import (
    calls,
    code_finding,
    sure,
)
from async_test_template.source import changes

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    module = source.module
    if not (module.tests or source.file.endswith("conftest.py")):
        return
    for call in calls(source, "asyncio.iscoroutinefunction"):
        yield code_finding(
            RULE.code,
            source,
            call,
            "asyncio.iscoroutinefunction is deprecated",
            tier=Tier.SAFE,
            fix=partial(_fix, source, call),
            hint="use inspect.iscoroutinefunction",
        )


def _fix(source: Source, call: ast.Call) -> tuple[Edit, ...]:
    sure(source, call.func)
    name, imports = changes.bind_module(source, "inspect")
    return (changes.replace_node(source, call.func, f"{name}.iscoroutinefunction"), *imports)


RULE = Rule(
    code="AT913",
    name="asyncio-iscoroutinefunction",
    title="`asyncio.iscoroutinefunction` is deprecated",
    why=("A DeprecationWarning, which is an error where warnings are errors."),
    since="Python 3.14",
    tier=Tier.SAFE,
    python=">=3.14",
    check=None,
    visit=_visit,
    words=rb"iscoroutinefunction",
    where=Where.TESTS,
    alone=True,
    expects=("DeprecationWarning",),
    invalid=(
        Example(
            before={
                "test_it.py": (
                    "import asyncio\n\n\nasync def test_it():\n"
                    "    assert asyncio.iscoroutinefunction(test_it)\n"
                )
            },
            after={
                "test_it.py": (
                    "import inspect\n\n\nasync def test_it():\n"
                    "    assert inspect.iscoroutinefunction(test_it)\n"
                )
            },
            tier=Tier.SAFE,
        ),
    ),
    valid=(
        {
            "test_it.py": (
                "import inspect\n\n\nasync def test_it():\n"
                "    assert inspect.iscoroutinefunction(test_it)\n"
            )
        },
        {
            "test_it.py": (
                "import sys\n\nif sys.version_info >= (3, 13):\n"
                "    from inspect import iscoroutinefunction\nelse:\n"
                "    from asyncio import iscoroutinefunction\n\n\n"
                "async def test_it():\n    assert iscoroutinefunction(test_it)\n"
            )
        },
        {
            "pyproject.toml": '[project]\nrequires-python = ">=3.11,<3.14"\n',
            "test_it.py": (
                "import asyncio\n\n\nasync def test_it():\n"
                "    assert asyncio.iscoroutinefunction(test_it)\n"
            ),
        },
    ),
)
