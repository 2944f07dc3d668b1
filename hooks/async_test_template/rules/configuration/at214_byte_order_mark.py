"""AT214: a byte order mark in a TOML file that pytest reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    for configuration in (project.in_force.configuration, *project.in_force.shadowed):
        if configuration is not None and configuration.refusal == "byte order mark":
            yield Finding(
                RULE.code,
                "pytest cannot read a TOML file that starts with a byte order mark",
                project.relative(configuration.path),
                hint="save the file as UTF-8 without a byte order mark",
            )


RULE = Rule(
    code="AT214",
    name="byte-order-mark",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
    check=_check,
    only_with=("byte order mark",),
)
