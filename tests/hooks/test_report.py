"""The formats for programs: complete, escaped, and valid where there is a schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema
import pytest
from async_test_template.faults import Fault
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.plan import Plan
from async_test_template.report import View, render, summary, wrapped
from async_test_template.rules import CODES, head_of
from async_test_template.suppressions import Silenced

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    helpUri={"type": "string", "format": "uri"},
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

# GitLab 18, "Import code quality results": what a report must have, and what it may not invent.
GITLAB = {
    "type": "array",
    "items": strict(
        ["description", "check_name", "fingerprint", "severity", "location"],
        description=STRING,
        check_name=STRING,
        fingerprint={"type": "string", "minLength": 1},
        severity={"enum": ["info", "minor", "major", "critical", "blocker"]},
        location=strict(
            ["path", "lines"],
            path={"type": "string", "pattern": r"^[^./]"},
            lines=strict(["begin"], begin=POSITIVE),
        ),
    ),
}


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
    document = json.loads(render(plan, View("sarif")))
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
    first, second, third = render(plan, View("github", advice=True)).splitlines()
    properties, _, message = first.removeprefix("::error ").partition("::")
    assert properties == "file=a b/ü%2Cx.ini,line=3,col=7,title=AT101 asyncio-mode-legacy"
    assert message.startswith("100%25 wrong,%0Ahere: now. ")
    assert "What to do: choose one." in second
    assert third.startswith("::notice file=pytest.ini,line=1,col=1,title=AT306 no-timeout::")


def test_json_tells_everything(plan: Plan) -> None:
    document = json.loads(render(plan, View("json")))
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
    coloured = render(plan, View("text", colour=True))
    assert "\033[" in coloured
    plain = render(plan, View("text"))
    for code in ("\033[1m", "\033[2m", "\033[0m"):
        coloured = coloured.replace(code, "")
    assert coloured == plain
    assert "AT101 [error, safe fix]" in plain
    assert "test_a.py:2:1 AT105 ignored: wanted" in plain


def test_the_summary_counts(plan: Plan) -> None:
    assert list(summary(plan, written=True, advice=False)) == [
        "1 finding fixed in 1 file.",
        "2 findings left, 1 with a safe fix (migrate).",
        "Advice: 1 suggestion (`check --advice` shows it).",
    ]
    first, *_, last = summary(plan, written=False, advice=True)
    assert first == "1 finding would be fixed in 1 file."
    assert last == "Advice: 1 suggestion."
    plan.left.append(plan.left[-1])
    *_, last = summary(plan, written=False, advice=False)
    assert last == "Advice: 2 suggestions (`check --advice` shows them)."
    assert list(summary(Plan(), written=False, advice=False)) == ["Nothing to do."]


def test_advice_alone_is_nothing_to_do(plan: Plan) -> None:
    plan.fixed, plan.left = [], plan.left[-1:]
    assert list(summary(plan, written=False, advice=False)) == [
        "Nothing to do.",
        "Advice: 1 suggestion (`check --advice` shows it).",
    ]


@pytest.mark.parametrize("style", ["text", "github"])
def test_advice_is_shown_to_people_who_ask(plan: Plan, style: str) -> None:
    assert "AT306" not in render(plan, View(style))
    assert "AT306" in render(plan, View(style, advice=True))


def test_programs_always_get_advice_with_its_severity(plan: Plan) -> None:
    document = json.loads(render(plan, View("json")))
    severities = {found["code"]: found["severity"] for found in document["findings"]}
    assert severities["AT101"] == "error"
    assert severities["AT306"] == "advice"
    (run,) = json.loads(render(plan, View("sarif")))["runs"]
    assert {result["ruleId"]: result["level"] for result in run["results"]}["AT306"] == "note"


def test_gitlab_is_valid_and_knows_a_finding_again(plan: Plan) -> None:
    plan.left += [plan.left[0], plan.left[0]._replace(severity=Severity.WARNING)]
    report = json.loads(render(plan, View("gitlab")))
    jsonschema.Draft7Validator(GITLAB).validate(report)
    assert [entry["severity"] for entry in report] == ["major", "major", "info", "major", "minor"]
    assert report[0]["location"] == {"path": "a b/ü,x.ini", "lines": {"begin": 3}}
    assert report[0]["description"] == "AT101: 100% wrong,\nhere: now"
    prints = [entry["fingerprint"] for entry in report]
    assert len({*prints}) == len(prints)
    plan.left = [finding._replace(line=finding.line + 5, column=9) for finding in plan.left]
    assert [entry["fingerprint"] for entry in json.loads(render(plan, View("gitlab")))] == prints


def test_gitlab_is_told_what_was_left_out() -> None:
    plan = Plan()
    plan.unreadable = (("test_old.py", 3, "invalid syntax"),)
    plan.faults = [Fault(("AT105",), "a b.py", "ValueError", "rules/it.py:1", "")]
    report = json.loads(render(plan, View("gitlab", prefix="service/")))
    jsonschema.Draft7Validator(GITLAB).validate(report)
    places = [(entry["severity"], entry["location"]["path"]) for entry in report]
    assert places == [("blocker", "service/test_old.py"), ("blocker", "service/a b.py")]
    assert json.loads(render(Plan(), View("gitlab"))) == []


def test_concise_is_one_line_for_each_finding(plan: Plan) -> None:
    plan.left.append(Finding("AT105", "two\x1b[2J loops", "::error ::.ini", 2))
    assert render(plan, View("concise", prefix="service/")).splitlines() == [
        "service/pytest.ini:2:1: AT212 fixed: strict",
        r"service/a b/ü,x.ini:3:7: AT101 [error] 100% wrong,\nhere: now",
        "service/pytest.ini:1:1: AT105 [error] two loops",
        r"service/::error ::.ini:2:1: AT105 [error] two\x1b[2J loops",
    ]
    assert render(plan, View("concise")).splitlines()[-1].startswith("./::error")


def test_text_says_once_for_each_rule_why(plan: Plan) -> None:
    plan.left = [finding._replace(file=name) for name in "abc" for finding in plan.left[:2]]
    plan.left[-1] = plan.left[-1]._replace(hint="choose another one")
    text = render(plan, View())
    for code in ("AT101", "AT105"):
        assert text.count(f"{code} [error") == 3
        assert text.count(head_of(code).why) == 1
    assert text.index(head_of("AT105").why) < text.index("b:3:7 AT101")
    assert text.count("What to do: choose one.") == 1
    assert text.count("What to do: choose another one.") == 1


def many(codes: Sequence[str], times: int) -> Plan:
    plan = Plan()
    plan.left = [
        Finding(code, "wrong", f"tests/folder_{number}/test_of_{code}_{number}.py", 7)
        for code in codes
        for number in range(times)
    ]
    return plan


def test_a_long_report_is_a_table_that_fits_the_terminal() -> None:
    for codes, times in ((CODES[4:7], 100), (CODES[4:14], 10), (CODES[4:70], 3)):
        plan = many(codes, times)
        for width, height in ((80, 24), (60, 24), (200, 60), (80, 5)):
            view = View(width=width, height=height, advice=True)
            lines = render(plan, view).splitlines()
            # The summary and the prompt come below.
            assert len(lines) <= max(height, 16) - 6, lines
            assert max(map(len, lines)) <= width
            assert "-v shows every finding" in lines[-1]
            full = render(plan, view._replace(verbose=True))
            assert full.count(", no fix] wrong") == len(plan.left)
    assert "more rules with" in render(plan, view)


def test_the_table_counts_and_names_the_first_places() -> None:
    plan = many(["AT105", "AT101", "AT704"], 40)
    plan.left = [
        finding._replace(tier=tier)
        for finding, tier in zip(plan.left, 40 * [Tier.SAFE, Tier.UNSAFE, Tier.REPORT], strict=True)
    ]
    plan.left.append(Finding("AT101", "wrong", "\x1b[2J/::error ::.py", 3))
    plan.silenced = [Silenced(plan.left[0], "wanted", in_source=True)]
    lines = render(plan, View()).splitlines()
    assert lines[0] == "rule   severity found  safe unsafe  what is wrong"
    assert lines[1] == f"AT101  error       41    13     14  {head_of('AT101').title}"
    places = [f"tests/folder_{number}/test_of_AT101_{number}.py:7" for number in range(2)]
    assert lines[2] == f"{7 * ' '}{places[0]}  {places[1]}"
    assert "folder_2" in lines[3]
    assert [line[:5] for line in lines[4:-2:3]] == ["AT105", "AT704"]
    assert lines[-2] == "1 finding silenced by comments and settings (-v shows all)."
    assert "silenced" not in render(plan, View(quiet=True))
    coloured = render(plan, View(colour=True))
    assert coloured.replace("\033[1m", "").replace("\033[0m", "").splitlines() == lines
    first = render(plan, View(width=200, prefix=":: ")).splitlines()[2]
    assert first.split("  ")[-1].startswith("./:: tests/folder_")


def test_the_first_place_of_each_file_comes_before_others() -> None:
    plan = many(["AT105"], 2)
    plan.left = [one._replace(line=line) for one in plan.left for line in (7, 7, *range(8, 30))]
    places = [f"tests/folder_{number}/test_of_AT105_{number}.py" for number in range(2)]
    assert render(plan, View()).splitlines()[2:4] == [
        f"       {places[0]}:7  {places[1]}:7",
        f"       {places[0]}:8  {places[0]}:9",
    ]


def test_the_table_counts_what_was_fixed() -> None:
    plan = many(["AT101", "AT105"], 30)
    plan.fixed, plan.left = plan.left[:40], plan.left[40:]
    lines = render(plan, View()).splitlines()
    assert lines[0] == "rule   severity fixed  left  safe unsafe  what is wrong"
    assert lines[1].startswith("AT105  error       10    20     -      -  ")
    assert lines[4].startswith("AT101  error       30     0     -      -  ")
    assert "test_of_AT101_0.py" in lines[5]


def test_what_is_short_or_fits_the_terminal_is_no_table() -> None:
    def is_table(times: int, width: int = 80, height: int = 24) -> bool:
        view = View(width=width, height=height)
        return render(many(["AT105"], times), view).startswith("rule ")

    assert [is_table(20), is_table(20, width=20)] == [False, False]
    assert [is_table(21), is_table(21, height=30), is_table(21, width=40, height=30)] == [
        True,
        False,
        True,
    ]


def test_many_silenced_findings_are_counted(plan: Plan) -> None:
    plan.silenced = 20 * plan.silenced[:1]
    assert render(plan, View()).count("ignored: wanted") == 20
    plan.silenced *= 2
    text = render(plan, View())
    assert "ignored: wanted" not in text
    assert text.endswith("\n40 findings silenced by comments and settings (-v shows all).\n")
    assert render(plan, View(verbose=True)).count("ignored: wanted") == 40


def test_statistics_count_every_rule_and_show_no_place(plan: Plan) -> None:
    plan.fixed = []
    assert render(plan, View(statistics=True)).splitlines() == [
        "rule   severity found  safe unsafe  what is wrong",
        f"AT101  error        1     1      -  {head_of('AT101').title}",
        f"AT105  error        1     -      -  {head_of('AT105').title[:41]}...",
    ]
    everything = render(many(CODES, 2), View(statistics=True, advice=True)).splitlines()
    assert len(everything) == len(CODES) + 1
    assert render(Plan(), View(statistics=True)) == ""


def test_lines_on_a_terminal_end_between_words(plan: Plan) -> None:
    whole = render(plan, View(colour=True))
    for width in (20, 40, 80):
        text = render(plan, View(colour=True, width=width, is_terminal=True))
        assert text.split() == whole.split()
        lines = text.replace("\033[1m", "").replace("\033[2m", "").replace("\033[0m", "")
        long = [line for line in lines.splitlines() if len(line) > width]
        assert all(" " not in line.strip() for line in long)
    assert list(wrapped("    one two", 11)) == ["    one two"]
    assert list(wrapped("    one two", 10)) == ["    one", "    two"]
    assert list(wrapped("", 10)) == [""]
    assert render(plan, View("concise", width=20, is_terminal=True)).count("\n") == 3
