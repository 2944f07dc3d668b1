"""AT509: `asyncio.get_event_loop()` in tests and fixtures that are not async."""

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
    for line, function in sorted(source.functions.items()):
        item = source.items.get(line)
        if item is None or item.is_async or item.name == "event_loop":
            continue
        for node in ast.walk(function):
            if (
                isinstance(node, ast.Call)
                and source.names.resolve(node.func) == "asyncio.get_event_loop"
            ):
                yield code_finding(
                    RULE.code,
                    source,
                    node,
                    f"{function.name} is not async and asks asyncio for the current loop",
                    hint="make it async, or run what it needs in an asyncio.Runner",
                )
                break


RULE = Rule(
    code="AT509",
    name="get-event-loop-in-sync-code",
    title="A test or a fixture that is not async takes the current loop",
    why=(
        "`RuntimeError: There is no current event loop`, or not, as the order "
        "of tests has it; in a fixture silently another loop than the test's."
    ),
    since="pytest-asyncio 1.4 and Python 3.14",
    tier=Tier.REPORT,
    python=">=3.14",
    check=None,
    visit=_visit,
    words=rb"get_event_loop",
    alone=True,
    expects=("RuntimeError", "DeprecationWarning"),
    invalid=(
        Example(
            before={
                "test_it.py": (
                    "import asyncio\n\n\ndef test_it():\n"
                    "    asyncio.get_event_loop().run_until_complete(make())\n"
                )
            }
        ),
    ),
    valid=(
        {
            "test_it.py": (
                "import asyncio\n\n\nasync def test_it():\n    asyncio.get_event_loop().time()\n"
            )
        },
        {
            "test_it.py": (
                "import asyncio\n\n\ndef helper():\n    asyncio.get_event_loop()\n\n\n"
                "async def test_it():\n    pass\n"
            )
        },
    ),
)
