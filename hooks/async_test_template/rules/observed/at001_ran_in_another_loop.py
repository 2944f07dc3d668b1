"""AT001: a test that ran in another event loop than its fixture; `check --run` sees it."""

from async_test_template.findings import Severity, Tier
from async_test_template.rules.rule import Rule

RULE = Rule(
    code="AT001",
    name="ran-in-another-loop",
    title="A test ran in another event loop than its fixture",
    why=(
        "Nothing fails until an object of the one loop waits in the other; then it hangs, or "
        "complains that it is attached to a different loop."
    ),
    since="pytest-asyncio 0.24, which takes the loop of a fixture apart from its scope",
    source=(
        "[pytest-asyncio 0.24.0, changelog]"
        "(https://pytest-asyncio.readthedocs.io/en/stable/reference/changelog.html)"
    ),
    severity=Severity.ERROR,
    because="What the fixture made belongs to a loop that the test is not in.",
    tier=Tier.REPORT,
)
