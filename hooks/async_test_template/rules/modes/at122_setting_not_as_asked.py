"""AT122: a setting that differs from a flag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.facts import ASKED
from async_test_template.rules.premises.asked import asked
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    for name, wanted in asked(project).items():
        current = settings.effective(name)
        if current is None or current == wanted:
            continue
        in_file = current == settings.text_of(name)
        number = isinstance(settings.options.get(name), int)
        value = int(wanted) if number else wanted
        edits = (settings.set(name, value),) if in_file else ()
        yield settings.finding(
            RULE.code,
            f"{name} is {current}, and {wanted} was asked for",
            name,
            tier=Tier.SAFE,
            edits=edits,
            hint="" if in_file else "it is in addopts",
        )


RULE = Rule(
    code="AT122",
    name="setting-not-as-asked",
    severity=Severity.WARNING,
    tier=Tier.SAFE,
    check=_check,
    only_with=(ASKED,),
)
