"""AT204: native TOML settings where an older pytest may be installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    if (
        settings.holder == "native"
        and settings.options
        and project.dependencies.may_be_below("pytest", "9")
    ):
        table = ".".join(settings.table)
        found = settings.finding(
            RULE.code,
            f"[{table}] in {settings.file} needs pytest 9, and the repository allows older ones",
            hint="require pytest >= 9, or use [tool.pytest.ini_options] in pyproject.toml",
        )
        # An installation gets pytest 9 if the bounds allow it.
        is_reached = project.dependencies.may_reach("pytest", "9")
        yield found._replace(severity=Severity.ADVICE) if is_reached else found


RULE = Rule(
    code="AT204",
    name="native-table-too-new",
    severity=Severity.WARNING,
    tier=Tier.REPORT,
    check=_check,
)
