"""AT002: an async test that passed without being awaited; `check --run` sees it."""

from async_test_template.findings import Severity, Tier
from async_test_template.rules.rule import Rule

RULE = Rule(
    code="AT002",
    name="never-awaited",
    title="An async test passed and was never awaited",
    why=(
        "Something called it and took the coroutine for the result, so its body never ran and "
        "it can never fail."
    ),
    since="pytest, always",
    source=(
        "[pytest 9.2.0, `pytest_pyfunc_call`]"
        "(https://github.com/pytest-dev/pytest/blob/9.2.0/src/_pytest/python.py)"
    ),
    severity=Severity.ERROR,
    because="The test passes whatever its body says.",
    tier=Tier.REPORT,
)
