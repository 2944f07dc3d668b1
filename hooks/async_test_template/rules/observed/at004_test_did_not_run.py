"""AT004: a test that did not run, or not to its end; `check --run` sees it."""

from async_test_template.findings import Severity, Tier
from async_test_template.rules.rule import Rule

RULE = Rule(
    code="AT004",
    name="test-did-not-run",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
)
