"""AT002: an async test that passed without being awaited; `check --run` sees it."""

from async_test_template.findings import Tier
from async_test_template.rules.rule import Rule

RULE = Rule(
    code="AT002",
    name="never-awaited",
    title="An async test passed and was never awaited",
    why="Its body never ran, so it can never fail.",
    since="pytest, always",
    tier=Tier.REPORT,
)
