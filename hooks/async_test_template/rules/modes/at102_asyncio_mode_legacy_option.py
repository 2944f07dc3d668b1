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
_IN_COMMAND = re.compile(r"--asyncio-mode[ =]legacy\b")


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    if settings.option_value(_OPTION) == "legacy":
        edit = settings.set_option(_OPTION, project.desired.instead_of_legacy)
        yield settings.finding(
            RULE.code,
            "addopts asks for the asyncio mode legacy, which pytest-asyncio no longer knows",
            "addopts",
            tier=Tier.SAFE if edit else Tier.REPORT,
            edits=(edit,) if edit else (),
        )
    for command in project.commands:
        match = _IN_COMMAND.search(command.text)
        if match and not (command.file == settings.file and "addopts" in command.text):
            yield Finding(
                RULE.code,
                "this command asks for the asyncio mode legacy",
                command.file,
                command.line,
                match.start() + 1,
                hint="write --asyncio-mode=auto, or leave it to the configuration file",
            )


RULE = Rule(
    code="AT102",
    name="asyncio-mode-legacy-option",
    title="A command asks for the asyncio mode `legacy`",
    why=(
        "What a command says goes before the configuration file, so a good mode there does not "
        "help."
    ),
    since="pytest-asyncio 0.20; deprecated since it came in 0.17",
    source=(
        "[pytest-asyncio 0.20.0, changelog]"
        "(https://pytest-asyncio.readthedocs.io/en/stable/reference/changelog.html)"
    ),
    severity=Severity.ERROR,
    because="pytest-asyncio refuses the value, so each test is an error, or its file is.",
    tier=Tier.SAFE,
    about="pytest-asyncio",
    check=_check,
)
