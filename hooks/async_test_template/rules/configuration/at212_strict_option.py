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
    edits = settings.replace_option(option, *(() if there else ("--strict-markers",)))
    yield settings.finding(
        RULE.code,
        "--strict meant strict markers; since pytest 9 it turns on all of strict mode",
        "addopts",
        tier=Tier.SAFE,
        edits=edits,
    )


RULE = Rule(
    code="AT212",
    name="strict-option",
    severity=Severity.WARNING,
    tier=Tier.SAFE,
    check=_check,
    only_with=("addopts",),
    libraries=("pytest",),
    broken_since=(("pytest", "9.0"),),
)
