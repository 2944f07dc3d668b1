"""AT002: an async test that passed without being awaited; `check --run` sees it."""

from async_test_template.findings import Severity, Tier
from async_test_template.rules.rule import Rule

RULE = Rule(
    code="AT002",
    name="never-awaited",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
)
