"""The formats for programs: complete, escaped, and valid where there is a schema."""

from __future__ import annotations

import json

import jsonschema
import pytest
from async_test_template.faults import Fault
from async_test_template.findings import Finding, Tier
from async_test_template.plan import Plan
from async_test_template.report import render, summary
from async_test_template.suppressions import Silenced

# The part of the SARIF 2.1.0 schema (OASIS) that a report of ours touches, made strict: nothing
# may be in it that is not named here.
STRING = {"type": "string"}
POSITIVE = {"type": "integer", "minimum": 1}


def strict(required: list[str], **properties: object) -> dict[str, object]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": required,
        "properties": properties,
    }


MESSAGE = strict(["text"], text=STRING)
LOCATION = strict(
    ["physicalLocation"],
    physicalLocation=strict(
        ["artifactLocation"],
        artifactLocation=strict(
            ["uri"], uri={"type": "string", "format": "uri-reference"}, uriBaseId=STRING
        ),
        region=strict(["startLine"], startLine=POSITIVE, startColumn=POSITIVE),
    ),
)
RESULT = strict(
    ["message"],
    ruleId=STRING,
    ruleIndex={"type": "integer", "minimum": -1},
    level={"enum": ["none", "note", "warning", "error"]},
    message=MESSAGE,
    locations={"type": "array", "items": LOCATION},
    suppressions={
        "type": "array",
        "items": strict(["kind"], kind={"enum": ["inSource", "external"]}, justification=STRING),
    },
)
RULE = strict(
    ["id"],
    id=STRING,
    name=STRING,
    shortDescription=MESSAGE,
    fullDescription=MESSAGE,
    help=MESSAGE,
    defaultConfiguration=strict([], level={"enum": ["none", "note", "warning", "error"]}),
    properties={"type": "object"},
)
# In SARIF 2.1.0 `executionSuccessful` is what an invocation must have.
INVOCATION = strict(
    ["executionSuccessful"],
    executionSuccessful={"type": "boolean"},
    toolExecutionNotifications={
        "type": "array",
        "items": strict(
            ["message"],
            level={"enum": ["none", "note", "warning", "error"]},
            message=MESSAGE,
            locations={"type": "array", "items": LOCATION},
            associatedRule=strict(["id"], id=STRING, index={"type": "integer", "minimum": 0}),
        ),
    },
)
DRIVER = strict(["name"], name=STRING, version=STRING, rules={"type": "array", "items": RULE})
RUN = strict(
    ["tool"],
    tool=strict(["driver"], driver=DRIVER),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    originalUriBaseIds={"type": "object"},
    results={"type": "array", "items": RESULT},
    invocations={"type": "array", "items": INVOCATION},
)
SARIF = strict(
    ["version", "runs"],
    **{
        "$schema": {"type": "string", "format": "uri"},
        "version": {"enum": ["2.1.0"]},
        "runs": {"type": "array", "items": RUN},
    },
)


@pytest.fixture
def plan() -> Plan:
    plan = Plan()
    plan.left = [
        Finding("AT101", "100% wrong,\nhere: now", "a b/ü,x.ini", 3, 7, Tier.SAFE),
        Finding("AT105", "two loops", "pytest.ini", hint="choose one"),
        Finding("AT306", "no timeout", "pytest.ini"),
    ]
    plan.silenced = [
        Silenced(Finding("AT105", "loops", "test_a.py", 2), "wanted", in_source=True),
        Silenced(Finding("AT104", "wide", "test_a.py"), "known", in_source=False),
    ]
    plan.fixed = [Finding("AT212", "strict", "pytest.ini", 2, 1, Tier.SAFE)]
    plan.after = {"pytest.ini": b""}
    return plan


def test_sarif_is_valid_and_points_at_its_rules(plan: Plan) -> None:
    plan.unreadable = (("test_old.py", 3, "invalid syntax"),)
    plan.faults = [
        Fault(("AT105",), "a b.py", "ValueError", "rules/it.py:1", ""),
        Fault((), "", "ValueError", "", ""),
    ]
    document = json.loads(render(plan, "sarif", colour=False))
    jsonschema.Draft7Validator(SARIF, format_checker=jsonschema.FormatChecker()).validate(document)
    (run,) = document["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    failed = run["invocations"][0]["toolExecutionNotifications"][1]["associatedRule"]
    assert rules[failed["index"]]["id"] == failed["id"] == "AT105"
    uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "a%20b/%C3%BC%2Cx.ini"
    kinds = [s["kind"] for result in run["results"] for s in result.get("suppressions", ())]
    assert kinds == ["inSource", "external"]


def test_github_commands_are_escaped(plan: Plan) -> None:
    first, second, third = render(plan, "github", advice=True).splitlines()
    properties, _, message = first.removeprefix("::error ").partition("::")
    assert properties == "file=a b/ü%2Cx.ini,line=3,col=7,title=AT101 asyncio-mode-legacy"
    assert message.startswith("100%25 wrong,%0Ahere: now. ")
    assert "What to do: choose one." in second
    assert third.startswith("::notice file=pytest.ini,line=1,col=1,title=AT306 no-timeout::")


def test_json_tells_everything(plan: Plan) -> None:
    document = json.loads(render(plan, "json", colour=False))
    first = document["findings"][0]
    assert (first["file"], first["line"], first["column"]) == ("a b/ü,x.ini", 3, 7)
    assert (first["code"], first["name"]) == ("AT101", "asyncio-mode-legacy")
    assert first["tier"] == "safe"
    assert first["why"]
    assert first["since"]
    assert [entry["code"] for entry in document["fixed"]] == ["AT212"]
    assert [entry["reason"] for entry in document["ignored"]] == ["wanted", "known"]
    assert document["changed"] == ["pytest.ini"]


def test_colour_only_repeats_what_the_text_says(plan: Plan) -> None:
    coloured = render(plan, "text", colour=True)
    assert "\033[" in coloured
    plain = render(plan, "text", colour=False)
    for code in ("\033[1m", "\033[2m", "\033[0m"):
        coloured = coloured.replace(code, "")
    assert coloured == plain
    assert "AT101 [error, safe fix]" in plain
    assert "test_a.py:2:1 AT105 ignored: wanted" in plain


def test_the_summary_counts(plan: Plan) -> None:
    assert list(summary(plan, written=True, advice=False)) == [
        "1 finding fixed in 1 file.",
        "2 findings left, 1 with a safe fix (migrate).",
        "Advice: 1 suggestion (--advice shows it).",
    ]
    first, *_, last = summary(plan, written=False, advice=True)
    assert first == "1 finding would be fixed in 1 file."
    assert last == "Advice: 1 suggestion."
    assert list(summary(Plan(), written=False, advice=False)) == ["Nothing to do."]


def test_advice_alone_is_nothing_to_do(plan: Plan) -> None:
    plan.fixed, plan.left = [], plan.left[-1:]
    assert list(summary(plan, written=False, advice=False)) == [
        "Nothing to do.",
        "Advice: 1 suggestion (--advice shows it).",
    ]


@pytest.mark.parametrize("style", ["text", "github"])
def test_advice_is_shown_to_people_who_ask(plan: Plan, style: str) -> None:
    assert "AT306" not in render(plan, style)
    assert "AT306" in render(plan, style, advice=True)


def test_programs_always_get_advice_with_its_severity(plan: Plan) -> None:
    document = json.loads(render(plan, "json"))
    severities = {found["code"]: found["severity"] for found in document["findings"]}
    assert severities["AT101"] == "error"
    assert severities["AT306"] == "advice"
    (run,) = json.loads(render(plan, "sarif"))["runs"]
    assert {result["ruleId"]: result["level"] for result in run["results"]}["AT306"] == "note"
