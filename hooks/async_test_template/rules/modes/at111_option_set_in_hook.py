"""AT111: a setting that a hook assigns too late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Tier
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    for module in project.code.modules:
        for assignment in module.assignments:
            yield Finding(
                RULE.code,
                f"{assignment.name} is assigned in a hook, after the plugin has read it",
                module.file,
                assignment.line,
                assignment.column,
                hint="set it in the configuration file",
            )


RULE = Rule(
    code="AT111",
    name="option-set-in-hook",
    title="A hook assigns a setting",
    why=(
        "The assignment has no effect: pytest-asyncio reads the configuration file, and "
        "config.inicfg is deprecated. The loops are not those that the code seems to ask for."
    ),
    since="never worked; config.inicfg is deprecated since pytest 9.1",
    tier=Tier.REPORT,
    about="pytest-asyncio",
    check=_check,
)
