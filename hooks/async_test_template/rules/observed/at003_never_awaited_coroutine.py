"""AT003: a coroutine that nobody awaited; `check --run` sees it."""

from async_test_template.findings import Severity, Tier
from async_test_template.rules.rule import Rule

RULE = Rule(
    code="AT003",
    name="never-awaited-coroutine",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
)
