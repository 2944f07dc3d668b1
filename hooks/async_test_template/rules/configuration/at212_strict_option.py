"""AT212: `--strict` in addopts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    option = next((o for o in settings.addopts if o.text == "--strict"), None)
    if option is None:
        return
    there = any(o.text == "--strict-markers" for o in settings.addopts)
    edit = settings.replace_option(option, *(() if there else ("--strict-markers",)))
    yield settings.finding(
        RULE.code,
        "--strict meant strict markers and means every strictness since pytest 9",
        "addopts",
        tier=Tier.SAFE if edit else Tier.REPORT,
        edits=(edit,) if edit else (),
    )


RULE = Rule(
    code="AT212",
    name="strict-option",
    title="addopts has `--strict`",
    why=(
        "It is the full strict mode there: unknown settings, repeated parameter ids and "
        "expected failures that pass become errors. --strict-markers keeps the old meaning on "
        "every version."
    ),
    since="pytest 9.0",
    source=(
        "[pytest 9.0.0, changelog]"
        "(https://docs.pytest.org/en/stable/changelog.html#pytest-9-0-0-2025-11-05)"
    ),
    severity=Severity.WARNING,
    because="pytest 9 is stricter about more than the option was meant for.",
    tier=Tier.SAFE,
    check=_check,
)
