"""AT004: a test that did not run, or not to its end; `check --run` sees it."""

from async_test_template.findings import Severity, Tier
from async_test_template.rules.rule import Rule

RULE = Rule(
    code="AT004",
    name="test-did-not-run",
    title="A test was collected and did not run to its end",
    why=(
        "The run ended before the test had its turn, or while it ran: by `-x`, by an exit, by a "
        "crash, or because the process was killed."
    ),
    since="pytest, always",
    source=(
        "[pytest 9.2, stopping after a failure]"
        "(https://docs.pytest.org/en/stable/how-to/failures.html)"
    ),
    severity=Severity.ERROR,
    because="The run says nothing of this test, though it was collected.",
    tier=Tier.REPORT,
)
