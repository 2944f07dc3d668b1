"""`--verify` believes pytest's own report, and puts files back that make things worse."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from async_test_template.cli import main
from async_test_template.verify import Outcome, run_tests

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = f"{sys.executable} -m pytest -q -p no:cacheprovider"
STRICT = "[pytest]\naddopts = --strict\n"


def outcome(collected: int, passed: int, failed: int) -> Outcome:
    return Outcome(collected, passed, failed, 1, reported=True)


@pytest.mark.parametrize(
    ("before", "after", "worse"),
    [
        ((10, 10, 0), (10, 10, 0), False),
        ((10, 10, 0), (10, 9, 1), True),
        ((10, 9, 0), (10, 9, 1), True),
        ((10, 10, 0), (9, 9, 0), True),
        # An error at collection hid the others.
        ((1, 0, 1), (50, 45, 5), False),
        ((0, 0, 0), (5, 5, 0), False),
    ],
)
def test_what_is_worse(
    before: tuple[int, int, int], after: tuple[int, int, int], *, worse: bool
) -> None:
    assert outcome(*after).is_worse_than(outcome(*before)) is worse


def test_the_numbers_come_from_pytests_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:randomly --color=yes")
    (tmp_path / "test_it.py").write_text(
        "import pytest\n\ndef test_a(): ...\ndef test_b(): assert 0\n"
        "def test_c(): pytest.skip()\n@pytest.fixture\ndef broken(): raise OSError\n"
        "def test_d(broken): ...\n"
    )
    found = run_tests(COMMAND, tmp_path)
    assert (found.collected, found.passed, found.failed, found.status) == (4, 1, 2, 1)
    assert str(found) == "4 collected, 1 passed, 2 failed"
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "__pycache__") == [
        "test_it.py"
    ]


def test_a_command_without_a_report_is_told_so(tmp_path: Path) -> None:
    found = run_tests("exit 3", tmp_path)
    assert not found.reported
    assert str(found) == "no test ran (exit status 3)"


def test_a_good_change_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pytest.ini").write_text(STRICT)
    (tmp_path / "test_it.py").write_text("def test_a(): ...\n")
    assert main(["migrate", str(tmp_path), "--verify", COMMAND]) == 0
    assert "--strict-markers" in (tmp_path / "pytest.ini").read_text()
    errors = capsys.readouterr().err
    assert "Tests before: 1 collected, 1 passed, 0 failed." in errors
    assert "Tests after: 1 collected, 1 passed, 0 failed." in errors


def test_a_bad_change_is_put_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pytest.ini").write_bytes(STRICT.replace("\n", "\r\n").encode())
    (tmp_path / "test_it.py").write_text(
        "from pathlib import Path\n\ndef test_a():\n"
        "    assert 'markers' not in Path(__file__).with_name('pytest.ini').read_text()\n"
    )
    assert main(["migrate", str(tmp_path), "--verify", COMMAND]) == 1
    assert (tmp_path / "pytest.ini").read_bytes() == STRICT.replace("\n", "\r\n").encode()
    assert "The tests do worse: every file is as it was." in capsys.readouterr().err


def test_a_change_that_nothing_vouches_for_is_put_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pytest.ini").write_text(STRICT)
    assert main(["migrate", str(tmp_path), "--verify", "true"]) == 1
    assert (tmp_path / "pytest.ini").read_text() == STRICT
    assert "Nothing shows that the tests still run" in capsys.readouterr().err


def test_a_file_that_the_fixes_created_is_removed_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "requirements.txt").write_text("pytest-asyncio>=1.2\npytest-timeout\n")
    (tmp_path / "test_it.py").write_text("async def test_a(): ...\n")
    command = f"ls > {tmp_path.parent / 'seen'}"
    arguments = ["--mode", "auto", "--loop-scope", "session", "--verify", command]
    assert main(["migrate", str(tmp_path), *arguments]) == 1
    assert "pytest.ini" in (tmp_path.parent / "seen").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["requirements.txt", "test_it.py"]
    assert "every file is as it was" in capsys.readouterr().err


@pytest.mark.parametrize("allow", [[], ["--allow-dirty"]])
def test_an_edit_made_during_the_first_run_stays(
    allow: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pytest.ini").write_text(STRICT)
    command = "echo '# mine' >> pytest.ini"
    assert main(["migrate", str(tmp_path), "--verify", command, *allow]) == 2
    assert (tmp_path / "pytest.ini").read_text() == f"{STRICT}# mine\n"
    assert "pytest.ini: changed since it was read" in capsys.readouterr().err


def test_an_edit_made_during_the_second_run_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pytest.ini").write_text(STRICT)
    command = "if grep markers pytest.ini; then echo '# mine' >> pytest.ini; fi"
    assert main(["migrate", str(tmp_path), "--verify", command]) == 2
    text = (tmp_path / "pytest.ini").read_text()
    assert "--strict-markers" in text
    assert text.endswith("# mine\n")
    errors = capsys.readouterr().err
    assert "the fixes stay, for they cannot be undone" in errors
    assert "pytest.ini: changed since" in errors
    assert "every file is as it was" not in errors


def test_nothing_to_change_runs_no_tests(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    assert main(["migrate", str(tmp_path), "--verify", "touch ran"]) == 0
    assert not (tmp_path / "ran").exists()
