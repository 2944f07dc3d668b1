"""The plan: whole fixes or none, checked twice, to a fixed point."""

from __future__ import annotations

import cProfile
from typing import TYPE_CHECKING

import pytest
from async_test_template import planner
from async_test_template.desired import Desired
from async_test_template.findings import Change, Edit, Finding, Splice, Tier
from async_test_template.policy import Policy
from async_test_template.rules import CODES, load, page_of
from async_test_template.rules.chosen import choose
from async_test_template.rules.pages import read_page
from made_rules import made_rule, make_plan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from async_test_template.project import Project
    from async_test_template.rules.rule import Rule
    from async_test_template.source.source import Source

EVERYTHING = frozenset(Tier)
ALL = tuple(map(load, CODES))


def rule(code: str, *edits: Edit, tier: Tier = Tier.SAFE, times: int = 99) -> Rule:
    """Make a rule that finds the same thing until its fix has been made `times` times."""

    def check(project: Project) -> Iterator[Finding]:
        text = project.tree.text("pytest.ini") or ""
        if text.count(code) < times:
            yield Finding(code, "found", "pytest.ini", tier=tier, edits=edits)

    return made_rule(code, tier=tier, check=check)


def set_to(key: str, value: str) -> Edit:
    return Change("pytest.ini", "set", ("pytest", key), value)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return tmp_path


def test_fixes_that_touch_different_places_are_made_in_one_round(root: Path) -> None:
    rules = [
        rule("AT101", set_to("a", "AT101"), times=1),
        rule("AT102", set_to("b", "AT102"), times=1),
    ]
    plan = make_plan(root, Desired(), rules, EVERYTHING)
    assert plan.after == {"pytest.ini": b"[pytest]\na = AT101\nb = AT102\n"}
    assert plan.before == {"pytest.ini": b"[pytest]\n"}
    assert plan.left == []
    assert (root / "pytest.ini").read_text() == "[pytest]\n"


def test_what_is_required_moves_no_requirement_under_another_fix(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[dependency-groups]\ntest = ["b", "c~=1.0"]\n')
    at = ("dependency-groups", "test")
    added = Change("pyproject.toml", "require", at, "a>=1")
    raised = Change("pyproject.toml", "specifier", (*at, 1), ">=2", old="c~=1.0")

    def check(project: Project) -> Iterator[Finding]:
        text = project.tree.text("pyproject.toml") or ""
        if "a>=1" not in text:
            yield Finding("AT101", "found", "pyproject.toml", tier=Tier.SAFE, edits=(added,))
        if "c~=1.0" in text:
            index = text.split('"').index("c~=1.0") // 2
            edit = raised._replace(at=(*at, index))
            yield Finding("AT101", "found", "pyproject.toml", tier=Tier.SAFE, edits=(edit,))

    plan = make_plan(tmp_path, Desired(), [made_rule("AT101", check=check)], EVERYTHING)
    assert plan.failed == []
    assert plan.after["pyproject.toml"].decode() == (
        '[dependency-groups]\ntest = ["a>=1", "b", "c>=2"]\n'
    )


def test_a_file_that_a_fix_creates_was_not_there_before(tmp_path: Path) -> None:
    create = Change("pytest.ini", "create", (), "[pytest]\n# AT101\n")
    plan = make_plan(tmp_path, Desired(), [rule("AT101", create, times=1)], EVERYTHING)
    assert plan.after == {"pytest.ini": b"[pytest]\n# AT101\n"}
    assert plan.before == {"pytest.ini": None}


def test_a_plan_is_made_from_what_was_read_first(root: Path) -> None:
    def edit_and_agree(_finding: Finding, _changes: object) -> bool:
        (root / "pytest.ini").write_text("[pytest]\nb = mine\n")
        return True

    rules = [rule("AT101", set_to("a", "AT101"), times=1)]
    plan = make_plan(root, Desired(), rules, EVERYTHING, edit_and_agree)
    assert plan.before == {"pytest.ini": b"[pytest]\n"}
    assert plan.after == {"pytest.ini": b"[pytest]\na = AT101\n"}


def test_a_fix_that_does_not_help_is_taken_back_and_the_others_stay(root: Path) -> None:
    rules = [rule("AT101", set_to("a", "useless")), rule("AT102", set_to("b", "AT102"), times=1)]
    plan = make_plan(root, Desired(), rules, EVERYTHING)
    assert plan.after == {"pytest.ini": b"[pytest]\nb = AT102\n"}
    assert [finding.code for finding in plan.left] == ["AT101"]
    assert plan.failed == ["pytest.ini: AT101 was not fixed: the fix does not help"]


def test_of_two_fixes_that_cannot_both_be_made_the_first_is(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nold = 1\nc = 1\n")
    renamed = Change("pytest.ini", "rename", ("pytest", "old"), "new")
    rules = [
        rule("AT101", set_to("new", "AT101"), times=1),
        rule("AT102", renamed),
        rule("AT103", set_to("c", "AT103"), times=1),
    ]
    plan = make_plan(tmp_path, Desired(), rules, EVERYTHING)
    assert plan.after == {"pytest.ini": b"[pytest]\nold = 1\nc = AT103\nnew = AT101\n"}
    why = "[pytest] already has the key 'new'"
    assert plan.failed == [f"pytest.ini: AT102 was not fixed: {why}"]


def code_rule(code: str, old: bytes, new: str) -> Rule:
    """Make a rule that puts something in the place of the first of some bytes of a file."""

    def visit(_project: Project, source: Source) -> Iterator[Finding]:
        start, _, end = old.partition(b"|")
        if start in source.data and new.encode() not in source.data:
            begin = source.data.index(start)
            stop = source.data.index(end, begin) + len(end) if end else begin
            edit = Splice(source.file, begin, stop, new)
            yield Finding(code, "found", source.file, tier=Tier.SAFE, edits=(edit,))

    return made_rule(code, tier=Tier.SAFE, visit=visit, alone=True)


CODE = "import asyncio\n\nfirst = 1\n\nasync def it(): ...\n\nlast = [2, 3]\nend = 0\n"


def test_a_file_whose_fix_was_taken_back_can_be_fixed_by_the_next_round(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(CODE)
    useless = code_rule("AT901", b"first|", "")._replace(visit=_insert_before_first)
    rules = (useless, code_rule("AT902", b"2|, 3", "4"))
    plan = make_plan(tmp_path, Desired(), rules, EVERYTHING)
    assert plan.failed == ["test_it.py: AT901 was not fixed: the fix does not help"]
    assert plan.after == {"test_it.py": CODE.replace("2, 3", "4").encode()}


def _insert_before_first(_project: Project, source: Source) -> Iterator[Finding]:
    start = source.data.index(b"first")
    edit = Splice(source.file, start, start, "more = 1\n")
    yield Finding("AT901", "found", source.file, tier=Tier.SAFE, edits=(edit,))


def test_files_spliced_before_one_that_fails_are_spliced_again(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(CODE)
    (tmp_path / "test_b.py").write_text(CODE.replace("[2, 3]", "[5]"))
    # The first file needs two rounds, the second has a fix that cannot be made.
    rules = (
        code_rule("AT901", b"2|, 3", "44444"),
        code_rule("AT902", b"44444|", "more, "),
        code_rule("AT903", b"5|]", "}"),
    )
    plan = make_plan(tmp_path, Desired(), rules, EVERYTHING)
    assert plan.after == {"test_a.py": CODE.replace("2, 3", "more, 44444").encode()}
    assert [finding.code for finding in plan.left] == ["AT903"]
    (failure,) = plan.failed
    assert failure.startswith("test_b.py: AT903 was not fixed: the result does not parse")


def test_an_insertion_into_what_another_fix_replaces_waits_for_the_next_round(
    tmp_path: Path,
) -> None:
    (tmp_path / "test_it.py").write_text(CODE)
    rules = (code_rule("AT901", b"[2|]", "[0, 3]"), code_rule("AT902", b"3|", "1, "))
    plan = make_plan(tmp_path, Desired(), rules, EVERYTHING)
    assert plan.failed == []
    assert plan.after == {"test_it.py": CODE.replace("[2, 3]", "[0, 1, 3]").encode()}


def test_a_fix_is_made_as_a_whole_or_not_at_all(root: Path) -> None:
    impossible = Change("pytest.ini", "delete", ("pytest", "missing"))
    plan = make_plan(
        root, Desired(), [rule("AT101", set_to("a", "AT101"), impossible, times=1)], EVERYTHING
    )
    assert plan.after == {}
    assert "AT101 was not fixed" in plan.failed[0]
    assert [finding.code for finding in plan.left] == ["AT101"]


def test_two_fixes_that_never_agree_end_after_five_rounds(root: Path) -> None:
    def quarrel(code: str, mine: str, other: str) -> Rule:
        def check(project: Project) -> Iterator[Finding]:
            if project.settings.text_of("a") != mine:
                edits = (set_to("a", mine),)
                yield Finding(code, f"not {mine}", "pytest.ini", tier=Tier.SAFE, edits=edits)

        return made_rule(code, name=other, tier=Tier.SAFE, check=check)

    plan = make_plan(
        root, Desired(), [quarrel("AT101", "x", "y"), quarrel("AT102", "y", "x")], EVERYTHING
    )
    assert len(plan.fixed) <= 5
    assert plan.left


def test_only_the_wanted_tiers_are_made(root: Path) -> None:
    unsafe = rule("AT101", set_to("a", "AT101"), tier=Tier.UNSAFE, times=1)
    assert make_plan(root, Desired(), [unsafe], frozenset({Tier.SAFE})).after == {}
    assert make_plan(root, Desired(), [unsafe], EVERYTHING).after


def test_each_fix_is_asked_for_once_and_a_no_is_kept(root: Path) -> None:
    asked = []

    def ask(finding: Finding, changes: object) -> bool:
        asked.append((finding.code, changes))
        return finding.code == "AT102"

    rules = [
        rule("AT101", set_to("a", "AT101"), times=1),
        rule("AT102", set_to("b", "AT102"), times=1),
    ]
    plan = make_plan(root, Desired(), rules, EVERYTHING, ask)
    assert [code for code, _ in asked] == ["AT101", "AT102"]
    assert asked[0][1] == {"pytest.ini": (b"[pytest]\n", b"[pytest]\na = AT101\n")}
    assert plan.after == {"pytest.ini": b"[pytest]\nb = AT102\n"}


MIXED = [
    {name: text.replace("\n", ends) for name, text in example.before.items()}
    for rule_ in ALL
    for example in read_page(page_of(rule_.code)).invalid
    for ends in ("\n", "\r\n")
]


@pytest.mark.slow
@pytest.mark.one_in(7)
@pytest.mark.parametrize("files", MIXED, ids=range(len(MIXED)))
def test_all_rules_together_reach_a_fixed_point(files: dict[str, str], tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(text.encode())
    plan = make_plan(tmp_path, Desired(), ALL, EVERYTHING)
    assert plan.failed == []
    for name, data in plan.after.items():
        (tmp_path / name).write_bytes(data)
        if "\r\n" in files.get(name, ""):
            assert not {b"\r"[0], b"\n"[0]} & {*data.replace(b"\r\n", b"")}
    second = make_plan(tmp_path, Desired(), ALL, EVERYTHING)
    assert second.after == {}
    assert second.left == plan.left


_MANY = {
    "the fixture dropped": (
        '@pytest.mark.asyncio(scope="module")\nasync def test_{}(event_loop):\n'
        "    assert event_loop\n"
    ),
    "a bridge": "def test_{}(event_loop):\n    event_loop.run_until_complete(1)\n",
    "a bridge that cannot be": "async def test_{}(event_loop):\n    del event_loop\n",
    "the mark dropped": '@pytest.mark.usefixtures("event_loop")\nasync def test_{}(): pass\n',
    "decorators": "@pytest.fixture\nasync def fixture_{}(event_loop):\n    yield 1\n",
}


@pytest.mark.slow
@pytest.mark.one_in(2)
@pytest.mark.parametrize("kind", _MANY)
def test_the_work_grows_with_the_size_of_a_file_and_no_faster(kind: str, tmp_path: Path) -> None:
    def calls(number: int) -> int:
        root = tmp_path / str(number)
        root.mkdir()
        text = "".join(_MANY[kind].format(i) for i in range(number))
        (root / "test_it.py").write_text(f"import pytest\n\n{text}")
        profile = cProfile.Profile()
        profile.runcall(make_plan, root, Desired(), ALL, frozenset(Tier))
        return sum(entry.callcount for entry in profile.getstats())

    calls(1)
    assert calls(400) < 2.3 * calls(200)


def test_a_rule_is_imported_in_the_round_that_needs_it(tmp_path: Path) -> None:
    # AT203 gives the section its name, and only then is there a value that AT106 can judge.
    options = "[metadata]\nasyncio_default_fixture_loop_scope = Session\n"
    (tmp_path / "pytest.ini").write_text(options.replace("metadata", "tool:pytest"))
    policy = Policy(select=("AT106", "AT203"))
    plan = planner.make_plan(tmp_path, Desired(), choose(policy), EVERYTHING)
    assert [finding.code for finding in plan.fixed] == ["AT203", "AT106"]
    assert (
        plan.after["pytest.ini"]
        == options.replace("metadata", "pytest").replace("Session", "session").encode()
    )
