"""What one rule writes, no other calls wrong: examples of two pages in one repository.

All fixes are made, of all rules. A fresh look then finds nothing that was not there before, and a
second run changes nothing.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from async_test_template.desired import Desired
from async_test_template.findings import Severity, Tier
from async_test_template.report.words import severity_of
from async_test_template.rules import CODES, load, page_of
from async_test_template.rules.pages import read_page
from made_rules import make_plan
from proofs import lay_out

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from async_test_template.findings import Finding
    from async_test_template.rules.pages import Example

RULES = tuple(rule for rule in map(load, CODES) if rule.code >= "AT1" and not rule.optional)
EVERYTHING = frozenset({Tier.SAFE, Tier.UNSAFE})
#: What a fix may bring to light: it was there before, and something else hid it.
UNCOVERED = {
    "AT103": "the setting matters once something makes pytest-asyncio run the tests",
    "AT105": "the fixture did not run at all before AT701 gave it to pytest-asyncio",
    "AT201": "pytest ignores the file, whatever its section is called",
    "AT405": "only its own tool can write a lock file, and the run says by which command",
    "AT813": "without httpx and httpx2 the client could not be imported",
    "AT820": "with an argument that httpx has removed, there was no client",
}
#: Files that say something about the whole repository.
_SHARED = (".ini", ".toml", ".cfg", ".txt", ".lock", ".yml", ".yaml", "setup.py")
#: The other example of a pair is in a folder of its own, so that both may have a conftest.py.
_FOLDER = "others/"


def _shown() -> Iterator[tuple[str, Example]]:
    """Yield the first example of each rule whose fix is made without further answers."""
    for rule in RULES:
        if rule.tier is Tier.REPORT or rule.optional:
            continue
        for example in read_page(page_of(rule.code)).invalid:
            if example.tier is not Tier.REPORT and not example.answers:
                yield rule.code, example
                break


def _together(one: Mapping[str, str], other: Mapping[str, str]) -> dict[str, str] | None:
    """Return the files of both, None if they configure the repository in two ways."""
    shared = [{name for name in files if name.endswith(_SHARED)} for files in (one, other)]
    if all(shared):
        return None
    moved = {
        name if name in shared[1] else f"{_FOLDER}{name}": text for name, text in other.items()
    }
    return {**one, **moved}


SHOWN = list(_shown())
#: Each rule with the one after it is what the gate has time for.
PAIRS = [
    pytest.param(
        one[1].before,
        other[1].before,
        id=f"{one[0]}-{other[0]}",
        marks=() if second - first == 1 else pytest.mark.full,
    )
    for (first, one), (second, other) in itertools.combinations(enumerate(SHOWN), 2)
    if _together(one[1].before, other[1].before) is not None
]
ALONE = [
    pytest.param(example.before, id=f"{rule.code}-{example.heading}", marks=pytest.mark.full)
    for rule in RULES
    if not rule.optional
    for example in read_page(page_of(rule.code)).invalid
    if not example.answers
]


@pytest.mark.slow
@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_the_fixes_of_two_rules_cause_no_finding(
    one: Mapping[str, str], other: Mapping[str, str], tmp_path: Path
) -> None:
    files = _together(one, other)
    assert files is not None
    _check(tmp_path, files)


@pytest.mark.parametrize("files", ALONE)
def test_the_fixes_of_an_example_cause_no_finding(files: Mapping[str, str], tmp_path: Path) -> None:
    _check(tmp_path, files)


def _check(root: Path, files: Mapping[str, str]) -> None:
    lay_out(root, files)
    before = make_plan(root, Desired(), RULES, frozenset()).left
    plan = make_plan(root, Desired(), RULES, EVERYTHING)
    for name, data in plan.after.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    again = make_plan(root, Desired(), RULES, EVERYTHING)
    assert again.after == {}
    assert _kinds(again.left) - _kinds(before) <= UNCOVERED.keys()


def _kinds(findings: list[Finding]) -> set[str]:
    return {f.code for f in findings if severity_of(f) is not Severity.ADVICE}
