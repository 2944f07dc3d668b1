"""The whole result as one document for programs: JSON of our own, and SARIF for code scanning."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from async_test_template import __version__
from async_test_template.addresses import rule_address
from async_test_template.findings import Severity
from async_test_template.report.words import sentence, severity_of, why_left_out
from async_test_template.rules import CODES, head_of, load, load_all
from async_test_template.shown import shown_json

if TYPE_CHECKING:
    from async_test_template.faults import Fault
    from async_test_template.findings import Finding
    from async_test_template.plan import Plan

#: The names of the severities in SARIF.
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "note"}


def as_json(plan: Plan) -> str:
    """Return everything that is known."""
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
                "message": sentence(fault),
            }
            for fault in plan.faults
        ],
        "changed": sorted(plan.after),
    }
    return shown_json(json.dumps(content, indent=2, ensure_ascii=False)) + "\n"


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
        "follow": [_as_dict(other) for other in finding.follow],
    }


def as_sarif(plan: Plan) -> str:
    """Return the findings as SARIF 2.1.0."""
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
                "helpUri": rule_address(rule.code),
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
                "message": {"text": why_left_out(message)},
                "locations": [_location(file, {"startLine": line})],
            }
            for file, line, message in plan.unreadable
        ]
        + [_notification(fault, codes) for fault in plan.faults],
    }


def _notification(fault: Fault, codes: list[str]) -> dict[str, Any]:
    notification: dict[str, Any] = {"level": "error", "message": {"text": sentence(fault)}}
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
