"""AT305: an empty timeout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule
from async_test_template.rules.timeouts._timeouts import is_of_plugin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    value = settings.text_of("timeout")
    if value is not None and not value.strip() and is_of_plugin(project):
        yield settings.finding(
            RULE.code,
            "timeout is empty",
            "timeout",
            tier=Tier.SAFE,
            edits=(settings.delete("timeout"),),
        )


RULE = Rule(
    code="AT305",
    name="timeout-empty",
    title="The timeout is empty",
    why=(
        "pytest-timeout 2.5 declares the setting as a number, and an empty one is a usage error "
        "there, exit status 4. With 2.4 there is no timeout."
    ),
    since="pytest-timeout 2.5",
    source=(
        "[pytest-timeout 2.5.0, `pytest_addoption`]"
        "(https://github.com/pytest-dev/pytest-timeout/blob/2.5.0/pytest_timeout.py#L97)"
    ),
    severity=Severity.WARNING,
    because="What runs without a timeout today stops before the first test with the next release.",
    tier=Tier.SAFE,
    check=_check,
)
