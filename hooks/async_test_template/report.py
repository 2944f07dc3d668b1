"""Print the findings of a run: for people, for programs, for GitHub and for code scanning."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from async_test_template import __version__
from async_test_template.disk import NO_FILE
from async_test_template.faults import sentences
from async_test_template.findings import Severity, Tier
from async_test_template.plan import Plan
from async_test_template.rules import CODES, head_of, load, load_all
from async_test_template.shown import public, shown, shown_json, shown_path
from async_test_template.walk import LINKED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.faults import Fault
    from async_test_template.findings import Finding

FORMATS = ("text", "json", "github", "sarif")

_TIER_IN_WORDS = {
    Tier.SAFE: "safe fix",
    Tier.UNSAFE: "unsafe fix",
    Tier.REPORT: "no fix",
}


#: The names of the severities in SARIF, and in GitHub's workflow commands.
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "note"}
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "notice"}


def is_advice(finding: Finding) -> bool:
    """Tell whether a finding is a matter of policy or taste, which fails no run."""
    return severity_of(finding) is Severity.ADVICE


def severity_of(finding: Finding) -> Severity:
    """Return how much a finding matters: as much as the user says, or else the rule."""
    return finding.severity or load(finding.code).severity


def render(
    plan: Plan, style: str, *, prefix: str = "", colour: bool = False, advice: bool = False
) -> str:
    """Return the report on a plan in one of FORMATS, ending in a newline unless it is empty.

    Args:
        plan: the result of the run.
        style: one of FORMATS.
        prefix: what to put before each path, such as `service/`.
        colour: use colour, if the format is for people.
        advice: show advice too, if the format is for people; other formats always have it.

    """
    plan = _prefixed(plan, prefix)
    if style == "json":
        return _json(plan)
    if style == "sarif":
        return _sarif(plan)
    plan.left = [finding for finding in plan.left if advice or not is_advice(finding)]
    lines = _github(plan) if style == "github" else _text(plan, colour=colour)
    return "".join(f"{line}\n" for line in lines)


def summary(plan: Plan, *, written: bool, advice: bool) -> Iterator[str]:
    """Yield the summary of a run for people.

    Args:
        plan: the result of the run.
        written: whether the fixes are in the files.
        advice: whether the report has shown it.

    """
    counted = sum(map(is_advice, plan.left))
    left = [finding for finding in plan.left if not is_advice(finding)]
    files = f"{len(plan.after)} file{'s' if len(plan.after) != 1 else ''}"
    if plan.fixed and written:
        yield f"{_count(len(plan.fixed), 'finding')} fixed in {files}."
    elif plan.fixed:
        yield f"{_count(len(plan.fixed), 'finding')} would be fixed in {files}."
    yield from map(shown_path, plan.failed)
    for file, line, message in plan.unreadable:
        yield shown_path(f"{file}:{line}: {_why(message, ', so it was left out')}")
    if written:
        yield from map(shown, plan.install)
    if not left and not plan.faults:
        rest = " in the other files" if plan.unreadable else ""
        if plan.install and written:
            yield f"Nothing else is left to do{rest}."
        else:
            yield f"Nothing left to do{rest}." if plan.fixed else f"Nothing to do{rest}."
    if left:
        yield _tiers(f"{_count(len(left), 'finding')} left", left)
    if counted:
        shown_by = "" if advice else " (--advice shows it)"
        yield f"Advice: {_count(counted, 'suggestion')}{shown_by}."


def _tiers(sentence: str, findings: list[Finding]) -> str:
    tiers = [finding.tier for finding in findings]
    parts = [sentence]
    if safe := tiers.count(Tier.SAFE):
        parts.append(f"{safe} with a safe fix (migrate)")
    if unsafe := tiers.count(Tier.UNSAFE):
        parts.append(f"{unsafe} with an unsafe fix (migrate --unsafe)")
    return ", ".join(parts) + "."


def _why(message: str, more: str = "") -> str:
    """Say why a file was left out."""
    if message in {LINKED, NO_FILE}:
        return f"the file was left out: {message}"
    return f"this Python cannot parse the file{more}: {message}"


def _prefixed(plan: Plan, prefix: str) -> Plan:
    def show(finding: Finding) -> Finding:
        # A file outside of the project already has its whole path.
        file = Path(finding.file)
        return finding if file.is_absolute() else finding._replace(file=prefix + finding.file)

    shown = Plan()
    shown.fixed = [show(finding) for finding in plan.fixed]
    shown.left = [show(finding) for finding in plan.left]
    shown.silenced = [s._replace(finding=show(s.finding)) for s in plan.silenced]
    shown.failed = plan.failed
    shown.unreadable = tuple((prefix + file, line, text) for file, line, text in plan.unreadable)
    shown.faults = [f._replace(file=f.file and prefix + f.file) for f in plan.faults]
    shown.after = {prefix + file: data for file, data in plan.after.items()}
    return shown


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _text(plan: Plan, *, colour: bool) -> Iterator[str]:
    bold, faint, plain = ("\033[1m", "\033[2m", "\033[0m") if colour else ("", "", "")
    for finding in plan.fixed:
        yield f"{bold}{_place(finding)}{plain} {finding.code} fixed: {shown(finding.message)}"
    for finding in plan.left:
        kind = f"{severity_of(finding).value}, {_TIER_IN_WORDS[finding.tier]}"
        yield f"{bold}{_place(finding)}{plain} {finding.code} [{kind}] {shown(finding.message)}"
        head = head_of(finding.code)
        yield f"    {head.why} {faint}(since {head.since}){plain}"
        if finding.hint:
            yield f"    What to do: {shown(finding.hint)}."
    for silenced in plan.silenced:
        finding = silenced.finding
        reason = shown(silenced.reason or "no reason given")
        yield f"{faint}{_place(finding)} {finding.code} ignored: {reason}{plain}"


def _place(finding: Finding) -> str:
    return shown_path(f"{finding.file}:{finding.line}:{finding.column}")


def _github(plan: Plan) -> Iterator[str]:
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
        yield _annotation(properties, _why(message))
    for fault in plan.faults:
        place: dict[str, str | int] = {"file": fault.file} if fault.file else {}
        yield _annotation({**place, "title": "async-test-template failed"}, _sentence(fault))


def _annotation(properties: dict[str, str | int], message: str, command: str = "error") -> str:
    listed = ",".join(f"{name}={_escaped(str(v), ',:')}" for name, v in properties.items())
    return f"::{command} {listed}::{_escaped(message)}"


def _escaped(text: str, also: str = "") -> str:
    text = public(text)
    for character in "%\r\n" + also:
        text = text.replace(character, f"%{ord(character):02X}")
    return shown(text)


def _json(plan: Plan) -> str:
    # Imported here and below: text, the usual format, does not need it.
    import json

    content = {
        "version": 1,
        "findings": [_as_dict(finding) for finding in plan.left],
        "fixed": [_as_dict(finding) for finding in plan.fixed],
        "ignored": [
            {**_as_dict(silenced.finding), "reason": silenced.reason} for silenced in plan.silenced
        ],
        "failed": plan.failed,
        "unreadable": [
            {"file": file, "line": line, "message": message}
            for file, line, message in plan.unreadable
        ],
        "faults": [
            {
                "rules": fault.rules,
                "file": fault.file,
                "error": fault.error,
                "place": fault.place,
                "message": _sentence(fault),
            }
            for fault in plan.faults
        ],
        "changed": sorted(plan.after),
    }
    return shown_json(json.dumps(content, indent=2, ensure_ascii=False)) + "\n"


def _sentence(fault: Fault) -> str:
    (sentence,) = sentences([fault], "its findings are missing")
    return sentence


def _as_dict(finding: Finding) -> dict[str, object]:
    rule = load(finding.code)
    head = head_of(finding.code)
    return {
        "code": finding.code,
        "name": rule.name,
        "message": finding.message,
        "file": finding.file,
        "line": finding.line,
        "column": finding.column,
        "severity": severity_of(finding).value,
        "tier": finding.tier.value,
        "why": head.why,
        "since": head.since,
        "hint": finding.hint,
    }


def _sarif(plan: Plan) -> str:
    import json

    # A rule that cannot be imported has no findings, and is reported as a fault.
    rules, _ = load_all(CODES)
    driver = {
        "name": "async-test-template",
        "version": __version__,
        "rules": [
            {
                "id": rule.code,
                "name": rule.name,
                "shortDescription": {"text": head.title},
                "fullDescription": {"text": head.why},
                "help": {"text": f"{head.why} Since {head.since}."},
                "defaultConfiguration": {"level": _LEVELS[rule.severity]},
                "properties": {"tier": rule.tier.value},
            }
            for rule, head in ((rule, head_of(rule.code)) for rule in rules)
        ],
    }
    codes = [rule.code for rule in rules]
    results = [_result(finding, codes) for finding in plan.left]
    for silenced in plan.silenced:
        kind = "inSource" if silenced.in_source else "external"
        suppression = {"kind": kind, "justification": silenced.reason}
        results.append({**_result(silenced.finding, codes), "suppressions": [suppression]})
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "the project's root"}}},
        "results": results,
        "invocations": [_invocation(plan, codes)],
    }
    content = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return shown_json(json.dumps(content, indent=2, ensure_ascii=False)) + "\n"


def _invocation(plan: Plan, codes: list[str]) -> dict[str, Any]:
    """Yield what was left out: a run without findings may not have seen everything."""
    return {
        "executionSuccessful": not (plan.unreadable or plan.faults),
        "toolExecutionNotifications": [
            {
                "level": "error",
                "message": {"text": _why(message)},
                "locations": [_location(file, {"startLine": line})],
            }
            for file, line, message in plan.unreadable
        ]
        + [_notification(fault, codes) for fault in plan.faults],
    }


def _notification(fault: Fault, codes: list[str]) -> dict[str, Any]:
    notification: dict[str, Any] = {"level": "error", "message": {"text": _sentence(fault)}}
    if fault.file:
        notification["locations"] = [_location(fault.file, {"startLine": 1})]
    if len(fault.rules) == 1:
        (code,) = fault.rules
        index = {"index": codes.index(code)} if code in codes else {}
        notification["associatedRule"] = {"id": code, **index}
    return notification


def _location(file: str, region: dict[str, int]) -> dict[str, Any]:
    from urllib.parse import quote

    artifact = {"uri": quote(os.fsencode(file)), "uriBaseId": "%SRCROOT%"}
    return {"physicalLocation": {"artifactLocation": artifact, "region": region}}


def _result(finding: Finding, codes: list[str]) -> dict[str, Any]:
    hint = f" What to do: {finding.hint}." if finding.hint else ""
    region = {"startLine": finding.line, "startColumn": finding.column}
    return {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code),
        "level": _LEVELS[severity_of(finding)],
        "message": {"text": f"{finding.message}.{hint}"},
        "locations": [_location(finding.file, region)],
    }
