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
            f"{name} is a list, and takes one value",
            name,
            tier=Tier.SAFE if edits else Tier.REPORT,
            edits=edits,
        )


RULE = Rule(
    code="AT209",
    name="list-for-text",
    title="A setting that takes one value holds a list",
    why=(
        "A wrong mode makes each test an error, and a wrong timeout ends pytest. pytest 9.2 "
        "warns of any list where one text belongs; from pytest 10 on it is an error."
    ),
    since="pytest 9.2",
    source=(
        "[pytest 9.2.0, config]"
        "(https://github.com/pytest-dev/pytest/blob/9.2.0/src/_pytest/config/__init__.py)"
    ),
    severity=Severity.ERROR,
    because="The plugin that takes the value refuses a list.",
    tier=Tier.SAFE,
    check=_check,
)
