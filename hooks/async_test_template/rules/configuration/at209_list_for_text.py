"""AT209: a list where an option takes one text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


_TEXTS = (
    "anyio_mode",
    "asyncio_default_fixture_loop_scope",
    "asyncio_default_test_loop_scope",
    "asyncio_mode",
    "cache_dir",
    "console_output_style",
    "junit_family",
    "log_cli_level",
    "log_level",
    "minversion",
    "timeout",
    "timeout_method",
)


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    for name in _TEXTS:
        value = settings.options.get(name)
        if not isinstance(value, list):
            continue
        edits = (settings.set(name, value[0]),) if len(value) == 1 else ()
        yield settings.finding(
            RULE.code,
            f"{name} is a list, and needs one value",
            name,
            tier=Tier.SAFE,
            edits=edits,
        )


RULE = Rule(
    code="AT209",
    name="list-for-text",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    check=_check,
)
