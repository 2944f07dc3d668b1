"""AT108: `fixture-scope` where an older pytest-asyncio may be installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.modes._versions import bound_finding
from async_test_template.rules.rule import Rule
from async_test_template.rules.which_loop import AS_WIDE, FIXTURE_SCOPE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    if project.settings.text_of(FIXTURE_SCOPE) == AS_WIDE:
        yield from bound_finding(project, RULE.code, FIXTURE_SCOPE, "pytest-asyncio", "1.5")


RULE = Rule(
    code="AT108",
    name="fixture-scope-too-new",
    title="`fixture-scope` needs a newer pytest-asyncio than is declared",
    why=(
        "pytest-asyncio 1.2 to 1.4 end pytest with status 4; from 0.24 to 1.1 every async "
        "fixture fails with a KeyError."
    ),
    since="pytest-asyncio 1.5",
    source=(
        "[pytest-asyncio 1.5.0, plugin.py]"
        "(https://github.com/pytest-dev/pytest-asyncio/blob/v1.5.0/pytest_asyncio/plugin.py)"
    ),
    severity=Severity.WARNING,
    because="A pytest-asyncio that the repository allows refuses the value.",
    tier=Tier.UNSAFE,
    about="pytest-asyncio",
    check=_check,
)
