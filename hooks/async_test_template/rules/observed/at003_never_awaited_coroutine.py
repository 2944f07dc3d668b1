"""AT003: a coroutine that nobody awaited; `check --run` sees it."""

from async_test_template.findings import Severity, Tier
from async_test_template.rules.rule import Rule

RULE = Rule(
    code="AT003",
    name="never-awaited-coroutine",
    title="A coroutine was never awaited",
    why="What the coroutine should do never happened, and Python only warns of it.",
    since="Python, always",
    source=(
        "[Python 3.14, never-awaited coroutines]"
        "(https://docs.python.org/3.14/library/asyncio-dev.html#detect-never-awaited-coroutines)"
    ),
    severity=Severity.ERROR,
    because="The test passes without what it asked for.",
    tier=Tier.REPORT,
)
