"""AT508: a hook that marks every test."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from async_test_template.findings import Example, Finding, Rule, Tier
from async_test_template.rules._code import (
    code_finding,
    marks,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for mark in marks(source, "asyncio"):
        call = source.parents[mark]
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and call.func.attr == "add_marker"
        ):
            yield code_finding(
                RULE.code,
                source,
                call,
                "a hook adds the mark asyncio when it is too late",
                hint="set asyncio_mode = auto and drop the hook",
            )


RULE = Rule(
    code="AT508",
    name="mark-added-by-hook",
    title="A hook adds the mark `asyncio`",
    why=(
        "pytest-asyncio reads marks before the hook runs: the tests fail, and "
        "were skipped before pytest 8.4."
    ),
    since="pytest-asyncio 0.23",
    tier=Tier.REPORT,
    check=None,
    visit=_visit,
    words=rb"add_marker",
    alone=True,
    invalid=(
        Example(
            before={
                "conftest.py": (
                    "import pytest\n\n\ndef pytest_collection_modifyitems(items):\n"
                    "    for item in items:\n        item.add_marker(pytest.mark.asyncio)\n"
                )
            }
        ),
    ),
    valid=(
        {
            "conftest.py": (
                "import pytest\n\n\ndef pytest_collection_modifyitems(items):\n"
                "    for item in items:\n        item.add_marker(pytest.mark.slow)\n"
            )
        },
    ),
)
