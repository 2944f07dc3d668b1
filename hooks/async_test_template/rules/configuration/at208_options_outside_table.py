"""AT208: options outside of a table in pytest.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Change, Finding, Severity, Tier
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    if settings.refusal == "options outside a table" and settings.text:
        yield Finding(
            RULE.code,
            f"the options in {settings.file} are outside of the table [pytest]",
            settings.file,
            tier=Tier.SAFE,
            edits=(Change(settings.file, "header", (), "pytest"),),
        )


RULE = Rule(
    code="AT208",
    name="options-outside-table",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    check=_check,
    only_with=("options outside a table",),
    # Older versions ignore the options: with a header, untried settings take effect.
    needs=(("pytest", "9.2"),),
)
