"""Every rule does what the examples of its page say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from async_test_template import planner
from async_test_template.desired import Desired
from async_test_template.documentation import TO_WRITE
from async_test_template.findings import Finding, Tier
from async_test_template.policy import Policy
from async_test_template.rules import CODES, head_of, load, page_of
from async_test_template.rules.chosen import choose
from async_test_template.rules.pages import Example, Page, read_page
from async_test_template.source import readings
from made_rules import make_plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from async_test_template.rules.rule import Rule

ALL = tuple(map(load, CODES))
# The others tell what a run shows: tests/hooks/test_observe.py.
STATIC = tuple(rule for rule in ALL if rule.code >= "AT1")
#: A link whose text has a version.
SOURCE = re.compile(r"\[[^]]*\d[^]]*\]\([^)]+\)")
ONE_FINDING = (
    "an example has one finding, of the tier in its heading: mend the example, the heading, or the "
    "rule; without any finding, see whether `words` are in the file and `where` includes it"
)
PAGES = {rule.code: read_page(page_of(rule.code)) for rule in ALL}
#: Examples about bytes that a page cannot show.
ABOUT_BYTES = {
    "AT202": Page(
        (
            Example(
                "Blanks behind the name of a section stay",
                {"setup.cfg": "[metadata]\nname = x\n\n[pytest]  \naddopts = -q\n"},
                {"setup.cfg": "[metadata]\nname = x\n\n[tool:pytest]  \naddopts = -q\n"},
                Tier.SAFE,
            ),
        ),
        (),
    ),
    "AT214": Page(
        (
            Example(
                "TOML does not begin with a byte order mark",
                {"pyproject.toml": "\ufeff[tool.pytest.ini_options]\n"},
            ),
        ),
        (Example("INI files may", {"pytest.ini": "\ufeff[pytest]\naddopts = -q\n"}),),
    ),
}
SHOWN = [
    (rule, page)
    for rule in STATIC
    for page in (PAGES[rule.code], ABOUT_BYTES.get(rule.code, Page((), ())))
]
INVALID = [
    pytest.param(rule, example, id=f"{rule.code}-{example.heading}")
    for rule, page in SHOWN
    for example in page.invalid
]
VALID = [
    pytest.param(rule, example, id=f"{rule.code}-{example.heading}")
    for rule, page in SHOWN
    for example in page.valid
]


def lay_out(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


def desired(example: Example) -> Desired:
    return Desired()._replace(**example.answers, insisted=frozenset(example.answers))


@pytest.mark.parametrize(("rule", "example"), INVALID)
def test_an_invalid_example_has_one_finding_of_its_tier(
    rule: Rule, example: Example, tmp_path: Path
) -> None:
    lay_out(tmp_path, dict(example.before))
    # As a command does, which does not import a rule that can find nothing.
    choice = choose(Policy(select=(rule.code,)))
    plan = planner.make_plan(tmp_path, desired(example), choice, tiers=frozenset())
    assert [(f.code, f.tier) for f in plan.left] == [(rule.code, example.tier)], ONE_FINDING
    finding = plan.left[0]
    lines = example.before[finding.file].count("\n") + 1
    assert 1 <= finding.line <= lines, "report a line of the file"
    assert finding.column >= 1, "report a column from 1 on"
    assert bool(finding.edits) == (finding.tier is not Tier.REPORT), (
        "a fix has edits, a report none"
    )
    assert plan.after == {}


@pytest.mark.parametrize(("rule", "example"), INVALID)
def test_a_fix_gives_the_shown_result_and_a_second_run_changes_nothing(
    rule: Rule, example: Example, tmp_path: Path
) -> None:
    lay_out(tmp_path, dict(example.before))
    plan = make_plan(tmp_path, desired(example), [rule], tiers=frozenset(Tier))
    assert plan.failed == [], "the result of the fix is no Python, or no such file: mend the fix"
    after = {name: data.decode() for name, data in plan.after.items()}
    assert after == dict(example.after), "mend the fix, or what follows `becomes`"
    assert bool(plan.after) == (example.tier is not Tier.REPORT), "show the files after `becomes`"
    if not plan.after:
        return  # A second run would be the same as the first.
    lay_out(tmp_path, {name: data.decode() for name, data in plan.after.items()})
    second = make_plan(tmp_path, desired(example), [rule], tiers=frozenset(Tier))
    assert second.after == {}, "the fix leaves something that it would change again: mend the fix"
    assert second.left == plan.left, "the fix leaves a finding: mend the fix, or report it at first"


@pytest.mark.slow
@pytest.mark.one_in(3)
@pytest.mark.parametrize(("rule", "example"), INVALID)
def test_a_finding_is_the_same_where_no_syntax_tree_was_kept(
    rule: Rule, example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out(tmp_path, dict(example.before))
    kept = make_plan(tmp_path, desired(example), [rule], tiers=frozenset())
    monkeypatch.setattr(readings, "_KEPT_BYTES", 0)
    assert make_plan(tmp_path, desired(example), [rule], tiers=frozenset()).left == kept.left


@pytest.mark.parametrize(("rule", "example"), VALID)
def test_a_valid_example_has_no_finding(rule: Rule, example: Example, tmp_path: Path) -> None:
    lay_out(tmp_path, example.before)
    found = make_plan(tmp_path, desired(example), [rule], tiers=frozenset()).left
    assert found == [], "mend the rule, which has to leave this alone, or take the example away"


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.code)
def test_a_rule_is_complete(rule: Rule) -> None:
    rules = Path(__file__).parents[3] / "hooks/async_test_template/rules"
    name = f"{rule.code.lower()}_{rule.name.replace('-', '_')}"
    assert len([*rules.glob(f"*/{name}.py")]) == 1, f"name the module {name}.py, in one folder"
    assert not name.endswith("_test"), "take a name that does not end in test: a tool may run it"
    pages = [PAGES[rule.code], *filter(None, [ABOUT_BYTES.get(rule.code)])]
    assert any(page.invalid for page in pages), "show on the page what the rule finds"
    assert sum(len(page.valid) for page in pages) > 2, "show three look-alikes below `Left alone`"
    head = head_of(rule.code)
    assert not set(head) & set(TO_WRITE), "write what the beginning of the page leaves open"
    assert head.why.endswith("."), "end what it costs with a full stop"
    assert SOURCE.match(head.source), (
        "link to what proves it, and name the project and the version, as in [pytest 9.2.0, …](…)"
    )
    assert head.because.endswith("."), "end the reason for the severity with a full stop"
    order = [Tier.REPORT, Tier.UNSAFE, Tier.SAFE]
    shown = {example.tier for page in pages for example in page.invalid}
    assert rule.tier in shown or rule.tier is Tier.UNSAFE, "show the best fix, or lower the tier"
    assert max(shown, key=order.index) is not Tier.REPORT or rule.tier is Tier.REPORT, (
        "show a fix, or give the rule the tier REPORT"
    )


def test_codes_and_names_are_unique_and_in_order() -> None:
    codes = [rule.code for rule in ALL]
    assert codes == sorted(set(codes)), "take a number that no other rule has"
    assert len({rule.name for rule in ALL}) == len(ALL), "take a name that no other rule has"


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.code)
def test_no_rule_imports_another(rule: Rule) -> None:
    code = page_of(rule.code).with_suffix(".py").read_text(encoding="utf-8")
    assert not re.search(r"rules\.\w+\.at\d", code), (
        "move what they share into a module beside them"
    )


def test_findings_are_plain_data() -> None:
    finding = Finding("AT101", "a sentence", "pytest.ini")
    assert (finding.line, finding.column, finding.tier) == (1, 1, Tier.REPORT)
