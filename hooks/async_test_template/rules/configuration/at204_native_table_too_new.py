"""AT204: native TOML settings where an older pytest may be installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.modes._versions import is_kept_below
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
        is_kept = is_kept_below(project, "pytest", "9")
        yield found if is_kept else found._replace(severity=Severity.ADVICE)


RULE = Rule(
    code="AT204",
    name="native-table-too-new",
    severity=Severity.WARNING,
    tier=Tier.REPORT,
    check=_check,
    only_with=("native",),
)
