"""AT005: a test that failed with a message whose cause is known; `check --run` sees it."""

from async_test_template.findings import Severity, Tier
from async_test_template.rules.rule import Rule

RULE = Rule(
    code="AT005",
    name="known-failure",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
)
