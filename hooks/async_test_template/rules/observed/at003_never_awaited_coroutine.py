"""AT003: a coroutine that nobody awaited; `check --run` sees it."""

from async_test_template.findings import Tier
from async_test_template.rules.rule import Rule

RULE = Rule(
    code="AT003",
    name="never-awaited-coroutine",
    title="A coroutine was never awaited",
    why="What it should do never happened, and the test passed all the same: Python only warns.",
    since="Python, always",
    tier=Tier.REPORT,
)
