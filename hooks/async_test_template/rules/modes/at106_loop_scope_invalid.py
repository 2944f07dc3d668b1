"""AT106: a default loop scope that is not a scope."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_settings import bare_value
from async_test_template.rules.rule import Rule
from async_test_template.rules.which_loop import AS_WIDE, FIXTURE_SCOPE, SCOPES, TEST_SCOPE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    for name in (FIXTURE_SCOPE, TEST_SCOPE):
        value = settings.text_of(name)
        allowed = (*SCOPES, AS_WIDE) if name == FIXTURE_SCOPE else SCOPES
        # AT107 handles a comment or quotes around it; this rule checks the rest.
        if value is None or value in allowed or bare_value(settings, name) is not None:
            continue
        edits = settings.corrected(name, value, allowed)
        yield settings.finding(
            RULE.code,
            f"{name} is {value!r}, which is not a loop scope" if value else f"{name} is empty",
            name,
            tier=Tier.SAFE,
            edits=edits,
            hint="" if edits else f"use one of {', '.join(allowed)}",
        )


RULE = Rule(
    code="AT106",
    name="loop-scope-invalid",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    about="pytest-asyncio",
    check=_check,
    only_with=("asyncio_default_",),
    broken_since=(("pytest-asyncio", "1.2"),),
)
