"""AT102: `--asyncio-mode=legacy` in addopts, tox.ini or a CI workflow."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Tier
from async_test_template.rules.rule import Example, Rule

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
    why="pytest-asyncio rejects the value and pytest exits with status 4 before any test.",
    since="pytest-asyncio 0.20, deprecated in 0.18",
    tier=Tier.SAFE,
    about="pytest-asyncio",
    check=_check,
    invalid=(
        Example(
            before={"pytest.ini": "[pytest]\naddopts = -ra --asyncio-mode=legacy -q\n"},
            after={"pytest.ini": "[pytest]\naddopts = -ra --asyncio-mode=auto -q\n"},
            tier=Tier.SAFE,
        ),
        Example(
            before={
                "pyproject.toml": (
                    "[tool.pytest.ini_options]\naddopts = [\n"
                    '    "--asyncio-mode", "legacy",  # old\n]\n'
                )
            },
            after={
                "pyproject.toml": (
                    "[tool.pytest.ini_options]\naddopts = [\n"
                    '    "--asyncio-mode", "auto",  # old\n]\n'
                )
            },
            tier=Tier.SAFE,
        ),
        # The last one counts.
        Example(
            before={
                "pytest.ini": "[pytest]\naddopts = --asyncio-mode=auto --asyncio-mode=legacy\n"
            },
            after={"pytest.ini": "[pytest]\naddopts = --asyncio-mode=auto --asyncio-mode=strict\n"},
            tier=Tier.SAFE,
            mode="strict",
        ),
        Example(before={"tox.ini": "[testenv]\ncommands = pytest --asyncio-mode=legacy\n"}),
    ),
    valid=(
        {"pytest.ini": "[pytest]\naddopts = --asyncio-mode=auto\n"},
        {"tox.ini": "[testenv]\n# pytest --asyncio-mode=legacy\ncommands = pytest\n"},
    ),
)
