"""AT001: a test that ran in another event loop than its fixture; `check --run` sees it."""

from async_test_template.findings import Tier
from async_test_template.rules.rule import Rule

RULE = Rule(
    code="AT001",
    name="ran-in-another-loop",
    title="A test ran in another event loop than its fixture",
    why="Nothing fails until an object of the one loop waits in the other.",
    since="pytest-asyncio 0.24",
    tier=Tier.REPORT,
)
