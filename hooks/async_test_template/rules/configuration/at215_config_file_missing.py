"""AT215: `-c FILE` with a file that is not there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


_CONFIG = r"\bpytest\b(?:(?!\bpytest\b)[^|;&])*?\s(?:-c|--config-file)[ =]+(?P<file>[\w./-]+)"
#: Words in a file that show that its commands run in another folder.
_FOLDER = r"\b(?:cd|pushd) |\b(?:changedir|change_dir|chdir|working-directory)\b"


def _check(project: Project) -> Iterator[Finding]:
    # A file may contain many commands.
    elsewhere: dict[str, bool] = {}
    mentions: dict[tuple[str, str], int] = {}
    for command in project.commands:
        match = re.search(_CONFIG, command.text)
        if match is None or "python" in match.group().partition("pytest")[2]:
            continue
        file = match["file"]
        text = project.tree.text(command.file) or ""
        if command.file not in elsewhere:
            elsewhere[command.file] = re.search(_FOLDER, text) is not None
        # An absolute path, or one with another folder to start from, cannot be judged from here.
        is_elsewhere = file.startswith(("/", "..")) or elsewhere[command.file]
        if is_elsewhere or not file.endswith(_SUFFIXES):
            continue
        place = (command.file, file)
        if place not in mentions:
            mentions[place] = text.count(file)
        # A file that is named elsewhere too is probably created there.
        if project.tree.read(file.removeprefix("./")) is None and mentions[place] == 1:
            yield Finding(
                RULE.code,
                f"this command names the configuration file {file}, which does not exist",
                command.file,
                command.line,
                match.start("file") + 1,
            )


_SUFFIXES = (".ini", ".toml", ".cfg")

RULE = Rule(
    code="AT215",
    name="config-file-missing",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
    check=_check,
)
