"""AT001: a test that ran in another event loop than its fixture; `check --run` sees it."""

from async_test_template.findings import Severity, Tier
from async_test_template.rules.rule import Rule

RULE = Rule(
    code="AT001",
    name="ran-in-another-loop",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
)
