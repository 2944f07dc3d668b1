"""Questions on a real terminal: yes, no, all, quit and Ctrl-C."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pexpect import spawn

pytestmark = pytest.mark.slow

pexpect = pytest.importorskip("pexpect")

HOOKS = Path(__file__).parents[2] / "hooks"
BEFORE = "[pytest]\nasyncio_mode = legacy\naddopts = --strict\ntimeout = 30s\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text(BEFORE)
    return tmp_path


def start(root: Path) -> spawn[str]:
    arguments = ["-m", "async_test_template", "migrate", "--interactive", "--ignore", "AT103"]
    environment = {**os.environ, "PYTHONPATH": str(HOOKS), "TERM": "xterm", "NO_COLOR": "1"}
    child: spawn[str] = pexpect.spawn(
        sys.executable, arguments, cwd=str(root), env=environment, encoding="utf-8", timeout=20
    )
    return child


def answer(child: spawn[str], *keys: str) -> int:
    for key in keys:
        child.expect("Make this change")
        child.expect("quit, and make")
        child.send(key + "\r")
    child.expect(pexpect.EOF)
    child.close()
    return int(child.exitstatus or 0)


def test_each_fix_is_shown_and_decided_on_its_own(root: Path) -> None:
    child = start(root)
    assert answer(child, "y", "n", "y") == 1
    assert (root / "pytest.ini").read_text() == (
        "[pytest]\nasyncio_mode = auto\naddopts = --strict\ntimeout = 30\n"
    )


def test_all_takes_the_rest(root: Path) -> None:
    assert answer(start(root), "n", "a") == 1
    assert (root / "pytest.ini").read_text() == (
        "[pytest]\nasyncio_mode = legacy\naddopts = --strict-markers\ntimeout = 30\n"
    )


def test_an_edit_made_while_a_question_waits_stays(root: Path) -> None:
    child = start(root)
    child.expect("quit, and make")
    (root / "pytest.ini").write_text(f"{BEFORE}# mine\n")
    child.send("a\r")
    child.expect("changed since it was read")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 2
    assert (root / "pytest.ini").read_text() == f"{BEFORE}# mine\n"


def test_quit_keeps_what_was_said_before(root: Path) -> None:
    assert answer(start(root), "y", "q") == 1
    assert (root / "pytest.ini").read_text() == BEFORE.replace("legacy", "auto")


def test_ctrl_c_changes_nothing(root: Path) -> None:
    child = start(root)
    child.expect("quit, and make")
    child.send("y\r")
    child.expect("quit, and make")
    child.sendcontrol("c")
    child.expect("Interrupted")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    assert (root / "pytest.ini").read_text() == BEFORE
