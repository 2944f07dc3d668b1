"""AT004: a test that did not run, or not to its end; `check --run` sees it."""

from async_test_template.findings import Tier
from async_test_template.rules.rule import Rule

RULE = Rule(
    code="AT004",
    name="test-did-not-run",
    title="A test was collected and did not run to its end",
    why="The run ended before its turn, or in it: by `-x`, an exit, a crash, or it was killed.",
    since="pytest, always",
    tier=Tier.REPORT,
)
