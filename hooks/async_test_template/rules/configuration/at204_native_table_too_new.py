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
        yield settings.finding(
            RULE.code,
            f"[{table}] in {settings.file} needs pytest 9, and the repository allows older ones",
            hint="require pytest >= 9, or use [tool.pytest.ini_options] in pyproject.toml",
        )


RULE = Rule(
    code="AT204",
    name="native-table-too-new",
    title="Native TOML settings need a newer pytest than is declared",
    why=(
        "With pytest 8 the suite runs on defaults, without a word. With pytest 9 settings come "
        "into force that nobody has tried."
    ),
    since="pytest 9.0",
    source=(
        "[pytest 9.0.0, changelog]"
        "(https://docs.pytest.org/en/stable/changelog.html#pytest-9-0-0-2025-11-05)"
    ),
    severity=Severity.WARNING,
    because="A pytest that the repository allows reads none of the settings.",
    tier=Tier.REPORT,
    check=_check,
)
