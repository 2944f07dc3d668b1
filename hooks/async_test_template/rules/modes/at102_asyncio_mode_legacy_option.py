"""AT102: `--asyncio-mode=legacy` in addopts, tox.ini or a CI workflow."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project

_OPTION = "--asyncio-mode"
_IN_COMMAND = r"--asyncio-mode[ =]legacy\b"


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    if settings.option_value(_OPTION) == "legacy":
        edits = settings.set_option(_OPTION, project.desired.instead_of_legacy)
        yield settings.finding(
            RULE.code,
            "addopts sets the asyncio mode legacy, which pytest-asyncio no longer knows",
            "addopts",
            tier=Tier.SAFE,
            edits=edits,
        )
    for command in project.commands:
        match = re.search(_IN_COMMAND, command.text)
        if match and not (command.file == settings.file and "addopts" in command.text):
            yield Finding(
                RULE.code,
                "this command sets the asyncio mode legacy",
                command.file,
                command.line,
                match.start() + 1,
                hint="write --asyncio-mode=auto, or leave the mode to the configuration file",
            )


RULE = Rule(
    code="AT102",
    name="asyncio-mode-legacy-option",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    about="pytest-asyncio",
    check=_check,
    broken_since=(("pytest-asyncio", "0.20"),),
)
