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
            f"the options in {settings.file} stand outside of the table [pytest]",
            settings.file,
            tier=Tier.SAFE,
            edits=(Change(settings.file, "header", (), "pytest"),),
        )


RULE = Rule(
    code="AT208",
    name="options-outside-table",
    title="pytest.toml has options outside of its table",
    why=(
        "pytest looks in the table [pytest] alone. Versions 9.0 and 9.1 ignored what stands "
        "outside, without a word."
    ),
    since="pytest 9.2",
    source=(
        "[pytest 9.2.0, findpaths.py]"
        "(https://github.com/pytest-dev/pytest/blob/9.2.0/src/_pytest/config/findpaths.py)"
    ),
    severity=Severity.ERROR,
    because="pytest exits with status 4 before any test.",
    tier=Tier.SAFE,
    check=_check,
    # Older ones ignore the options: with a header, settings that nobody has tried count.
    needs=(("pytest", "9.2"),),
)
