"""A finding is silenced where it is or for the whole repository, and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from async_test_template.desired import Desired
from async_test_template.findings import Tier
from async_test_template.rules import load
from made_rules import make_plan

if TYPE_CHECKING:
    from pathlib import Path

    from async_test_template.plan import Plan


def check(root: Path, code: str) -> Plan:
    return make_plan(root, Desired(), [load(code)], frozenset())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[pytest]\n# att: ignore[AT212] wanted\naddopts = --strict\n", "wanted"),
        ("[pytest]\n; att: ignore[AT101, AT212]\naddopts = --strict\n", ""),
        ("[pytest]\n# att:ignore[AT212] - wanted\naddopts = --strict\n", "wanted"),
    ],
)
def test_a_comment_silences_its_line(text: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text(text)
    plan = check(tmp_path, "AT212")
    assert plan.left == []
    assert [(s.reason, s.in_source) for s in plan.silenced] == [(reason, True)]


@pytest.mark.parametrize(
    "text",
    [
        "[pytest]\n# att: ignore[AT101] another rule\naddopts = --strict\n",
        "# att: ignore[AT212] another line\n[pytest]\naddopts = --strict\n",
        "[pytest]\naddopts = --strict\n# att: ignore[AT212] below\n",
        "[pytest]\n# ignore[AT212]\naddopts = --strict\n",
    ],
)
def test_another_comment_does_not(text: str, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text(text)
    assert [finding.code for finding in check(tmp_path, "AT212").left] == ["AT212"]


def test_a_comment_behind_the_line_counts_where_the_format_has_such(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\naddopts = "--strict"  # att: ignore[AT212] wanted\n'
    )
    assert check(tmp_path, "AT212").left == []


def test_a_comment_behind_the_line_above_is_that_lines_own(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[tool.pytest.ini_options]\nxfail_strict = true  # att: ignore[AT212]\n"
        'addopts = "--strict"\n'
    )
    assert [finding.code for finding in check(tmp_path, "AT212").left] == ["AT212"]


def test_the_table_silences_a_rule_everywhere_and_is_not_fixed(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict\n")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.async-test-template.ignore]\nAT212 = "wanted"\n'
    )
    plan = make_plan(tmp_path, Desired(), [load("AT212")], frozenset(Tier))
    assert plan.after == {}
    assert [(s.reason, s.in_source) for s in plan.silenced] == [("wanted", False)]


def test_a_line_ends_where_python_says(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "A = '\u2028'\n\x0c\n\n\n# att: ignore[AT501] wanted\n"
        "async def test_it(event_loop):\n    event_loop.time()\n"
    )
    assert check(tmp_path, "AT501").left == []
    assert [silenced.reason for silenced in check(tmp_path, "AT501").silenced] == ["wanted"]
