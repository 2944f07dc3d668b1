"""AT914: `asynctest`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from async_test_template.findings import Example, Finding, Rule, Tier
from async_test_template.rules._code import (
    code_finding,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for node in ast.walk(source.tree):
        names = (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom) and not node.level
            else []
        )
        if any(name.partition(".")[0] == "asynctest" for name in names) and isinstance(
            node, (ast.Import, ast.ImportFrom)
        ):
            yield code_finding(
                RULE.code,
                source,
                node,
                "asynctest does not work with any Python since 3.11",
                hint="use unittest.mock.AsyncMock and unittest.IsolatedAsyncioTestCase",
            )


RULE = Rule(
    code="AT914",
    name="asynctest",
    title="`asynctest` is imported",
    why="The import fails: asynctest needs asyncio.coroutine.",
    since="Python 3.11",
    tier=Tier.REPORT,
    check=None,
    visit=_visit,
    words=rb"asynctest",
    alone=True,
    invalid=(
        Example(
            before={
                "test_it.py": (
                    "import asynctest\n\n\nclass TestIt(asynctest.TestCase):\n    pass\n"
                )
            }
        ),
    ),
    valid=(
        {
            "test_it.py": (
                "from unittest import mock\n\n\nasync def test_it():\n    mock.AsyncMock()\n"
            )
        },
    ),
)
