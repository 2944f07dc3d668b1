"""AT006: an error of a task that nobody has looked at; `check --run` sees it."""

from async_test_template.findings import Severity, Tier
from async_test_template.rules.rule import Rule

RULE = Rule(
    code="AT006",
    name="lost-error",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
)
