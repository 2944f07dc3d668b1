"""AT109: default loop scopes where an older pytest-asyncio may be installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.modes._versions import bound_finding
from async_test_template.rules.rule import Rule
from async_test_template.rules.which_loop import AS_WIDE, KNOWN_SINCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    for name, version in KNOWN_SINCE.items():
        # `fixture-scope` needs a newer version still, which AT108 reports.
        if project.settings.text_of(name) not in {None, AS_WIDE}:
            yield from bound_finding(project, RULE.code, name, "pytest-asyncio", version)


RULE = Rule(
    code="AT109",
    name="loop-scope-too-new",
    severity=Severity.WARNING,
    tier=Tier.UNSAFE,
    about="pytest-asyncio",
    check=_check,
    only_with=("asyncio_default_",),
)
