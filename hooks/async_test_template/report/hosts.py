"""The findings for the places that host code: GitHub's log, and GitLab's merge requests."""

from __future__ import annotations

import json
from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING

from async_test_template.findings import Severity
from async_test_template.report.words import sentence, severity_of, why_left_out
from async_test_template.rules import head_of, load
from async_test_template.shown import public, shown, shown_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.plan import Plan

#: The names of the severities in GitHub's workflow commands, and in GitLab's reports.
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "notice"}
_OF_GITLAB = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.ADVICE: "info"}


def as_github(plan: Plan) -> Iterator[str]:
    """Yield workflow commands, which GitHub shows next to the lines that they name."""
    for finding in plan.left:
        rule = load(finding.code)
        properties: dict[str, str | int] = {
            "file": finding.file,
            "line": finding.line,
            "col": finding.column,
            "title": f"{finding.code} {rule.name}",
        }
        hint = f" What to do: {finding.hint}." if finding.hint else ""
        head = head_of(finding.code)
        message = f"{finding.message}. {head.why} (since {head.since}){hint}"
        yield _annotation(properties, message, _COMMANDS[severity_of(finding)])
    for file, line, message in plan.unreadable:
        properties = {"file": file, "line": line, "title": "cannot be parsed"}
        yield _annotation(properties, why_left_out(message))
    for fault in plan.faults:
        place: dict[str, str | int] = {"file": fault.file} if fault.file else {}
        yield _annotation({**place, "title": "async-test-template failed"}, sentence(fault))


def _annotation(properties: dict[str, str | int], message: str, command: str = "error") -> str:
    listed = ",".join(f"{name}={_escaped(str(v), ',:')}" for name, v in properties.items())
    return f"::{command} {listed}::{_escaped(message)}"


def _escaped(text: str, also: str = "") -> str:
    text = public(text)
    for character in "%\r\n" + also:
        text = text.replace(character, f"%{ord(character):02X}")
    return shown(text)


def as_gitlab(plan: Plan) -> str:
    """Return a code quality report (GitLab 18, "Import code quality results").

    What was left out and what has failed is in it too, as no other part of a merge request says so.
    """
    entries = [(f.code, _OF_GITLAB[severity_of(f)], f.message, f.file, f.line) for f in plan.left]
    entries += [
        ("cannot-be-parsed", "blocker", why_left_out(message), file, line)
        for file, line, message in plan.unreadable
    ]
    entries += [
        ("async-test-template-failed", "blocker", sentence(fault), fault.file or ".", 1)
        for fault in plan.faults
    ]
    times: Counter[tuple[str, str, str]] = Counter()
    report = []
    for name, severity, message, file, line in entries:
        # Without the line, so that GitLab knows a finding again that has moved.
        alike = name, file, message
        times[alike] += 1
        text = "\0".join((*alike, str(times[alike])))
        report.append(
            {
                "description": f"{name}: {message}",
                "check_name": name,
                "fingerprint": sha256(text.encode(errors="surrogateescape")).hexdigest(),
                "severity": severity,
                "location": {"path": file, "lines": {"begin": line}},
            }
        )
    return shown_json(json.dumps(report, indent=2, ensure_ascii=False)) + "\n"
