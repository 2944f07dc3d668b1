"""What several formats say in the same words."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from async_test_template.disk import NO_FILE
from async_test_template.faults import sentences
from async_test_template.findings import Severity
from async_test_template.rules import load
from async_test_template.shown import shown_path
from async_test_template.walk import LINKED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from async_test_template.faults import Fault
    from async_test_template.findings import Finding
    from async_test_template.plan import Plan


_INDENT = "    "
_COLOUR = "\033\\[[0-9]m"


def severity_of(finding: Finding) -> Severity:
    """Return how much a finding matters: as much as the user says, or else the rule."""
    return finding.severity or load(finding.code).severity


def is_advice(finding: Finding) -> bool:
    """Tell whether a finding is a matter of policy or taste, which fails no run."""
    return severity_of(finding) is Severity.ADVICE


def place_of(finding: Finding) -> str:
    """Return where a finding is, for the beginning of a line."""
    return shown_path(f"{finding.file}:{finding.line}:{finding.column}")


def in_places(findings: Sequence[Finding]) -> str:
    """Name the rules of some findings, and how many each has: `AT105 fires`, `AT701 (7 times)`."""
    counts = Counter(finding.code for finding in findings)
    named = [code if number == 1 else f"{code} ({number})" for code, number in counts.items()]
    rest = f"{', '.join(named[:-1])} and {named[-1]}" if len(named) > 1 else named[0]
    return f"{rest} {'fires' if len(findings) == 1 else 'fire'}"


def counted(number: int, word: str) -> str:
    """Return a number with a noun."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def wrapped(line: str, width: int) -> Iterator[str]:
    """Yield a line as lines of a terminal, which would break it within a word."""
    indented, room = "", width
    for word in line.lstrip(" ").split(" "):
        size = len(re.sub(_COLOUR, "", word))
        if indented.strip() and size > room:
            yield indented.rstrip(" ")
            indented, room = _INDENT, width - len(_INDENT)
        elif not indented:
            indented = line[: len(line) - len(line.lstrip(" "))]
            room -= len(indented)
        indented += f"{word} "
        room -= size + 1
    yield indented.rstrip(" ")


def silenced(plan: Plan) -> str:
    """Say how many findings are not shown because the user has silenced them."""
    told = counted(len(plan.silenced), "finding")
    return f"{told} silenced by comments and settings (-v shows all)."


def why_left_out(message: str, more: str = "") -> str:
    """Say why a file was left out."""
    if message in {LINKED, NO_FILE}:
        return f"the file was left out: {message}"
    return f"this Python cannot parse the file{more}: {message}"


def sentence(fault: Fault) -> str:
    """Say what has failed in this program."""
    (told,) = sentences([fault], "its findings are missing")
    return told
