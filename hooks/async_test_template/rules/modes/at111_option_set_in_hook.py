"""AT111: a setting that a hook assigns too late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    for module in project.code.modules:
        for assignment in module.assignments:
            yield Finding(
                RULE.code,
                f"{assignment.name} is assigned in a hook, where pytest-asyncio does not look",
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
        "pytest-asyncio takes the default loop scopes from the configuration file alone; there "
        "is no option of that name. The loops are not those that the code seems to ask for."
    ),
    since="pytest-asyncio 0.24, where the settings begin: it never worked",
    source=(
        "[pytest-asyncio 1.5.0, plugin.py]"
        "(https://github.com/pytest-dev/pytest-asyncio/blob/v1.5.0/pytest_asyncio/plugin.py)"
    ),
    severity=Severity.ERROR,
    because="The assignment does nothing, though it looks as if it did.",
    tier=Tier.REPORT,
    about="pytest-asyncio",
    check=_check,
)
