"""One cause is one finding: what follows from it is told with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from async_test_template.cli import main
from async_test_template.desired import Desired
from async_test_template.findings import Tier
from async_test_template.rules import CODES, load
from made_rules import make_plan

if TYPE_CHECKING:
    from pathlib import Path

ALL = tuple(rule for code in CODES if code >= "AT1" and not (rule := load(code)).optional)
#: No mode is set: nothing runs the test, and nothing runs its fixture.
NO_MODE = {
    "pytest.ini": "[pytest]\nasyncio_default_fixture_loop_scope = function\ntimeout = 9\n",
    "requirements.txt": "pytest\npytest-asyncio\npytest-timeout\n",
    "test_it.py": (
        "import pytest\n\n\n@pytest.fixture\nasync def item():\n    return 1\n\n\n"
        "async def test_it(item):\n    assert item\n\n\n"
        "@pytest.mark.asyncio\nasync def test_other(item):\n    assert item\n"
    ),
}


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_what_follows_from_a_finding_is_told_with_it(tmp_path: Path) -> None:
    write(tmp_path, NO_MODE)
    (cause,) = make_plan(tmp_path, Desired(), ALL, frozenset()).left
    assert cause.code == "AT112"
    assert [f.code for f in cause.follow] == ["AT701"]


def test_it_is_told_by_itself_if_the_cause_is_not_looked_for(tmp_path: Path) -> None:
    write(tmp_path, NO_MODE)
    rules = tuple(rule for rule in ALL if rule.code != "AT112")
    (found,) = make_plan(tmp_path, Desired(), rules, frozenset()).left
    assert found.code == "AT701"


def test_its_fix_is_made_even_if_the_cause_has_none(tmp_path: Path) -> None:
    write(tmp_path, NO_MODE)
    plan = make_plan(tmp_path, Desired(), ALL, frozenset({Tier.SAFE}))
    assert [f.code for f in plan.fixed] == ["AT701"]


def test_a_cause_in_another_folder_is_another_one(tmp_path: Path) -> None:
    files = {f"a/{name}": text for name, text in NO_MODE.items()}
    other = "[pytest]\nasyncio_mode = strict\n"
    write(tmp_path, {**files, "pytest.ini": other})
    plan = make_plan(tmp_path, Desired(), ALL, frozenset())
    assert not [f for f in plan.left if f.follow]


@pytest.mark.parametrize("style", ["text", "json"])
def test_reports_name_what_follows(
    style: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, NO_MODE)
    assert main(["check", str(tmp_path), "--format", style]) == 1
    output = capsys.readouterr().out
    if style == "text":
        assert "It is also why AT701 fires." in output
    else:
        (cause,) = json.loads(output)["findings"]
        assert [one["code"] for one in cause["follow"]] == ["AT701"]
