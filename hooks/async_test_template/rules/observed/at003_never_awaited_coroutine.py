"""AT003: a coroutine that nobody awaited; `check --run` sees it."""

from async_test_template.findings import Tier
from async_test_template.rules.rule import Example, Rule

_TEST = """\
import asyncio


def test_it():
    asyncio.sleep(1)
"""

RULE = Rule(
    code="AT003",
    name="never-awaited-coroutine",
    title="A coroutine was never awaited",
    why="What it should do never happened, and the test passed all the same: Python only warns.",
    since="Python, always",
    tier=Tier.REPORT,
    check=None,
    invalid=(Example(before={"test_it.py": _TEST}),),
    valid=({"test_it.py": "def test_it():\n    pass\n"},),
)
