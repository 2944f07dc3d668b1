"""AT213: strictness in addopts instead of in settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


_SETTING_OF = {"--strict-markers": "strict_markers", "--strict-config": "strict_config"}


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    for option in settings.addopts:
        name = _SETTING_OF.get(option.text)
        if name is None:
            continue
        removed = settings.replace_option(option)
        edits = (*removed, settings.set(name, value=True)) if removed else ()
        yield settings.finding(
            RULE.code,
            f"{option.text} can be the setting {name}",
            "addopts",
            tier=Tier.SAFE,
            edits=edits,
        )


RULE = Rule(
    code="AT213",
    name="strictness-in-addopts",
    severity=Severity.ADVICE,
    tier=Tier.SAFE,
    check=_check,
    only_with=("addopts",),
    optional=True,
    needs=(("pytest", "9"),),
)
