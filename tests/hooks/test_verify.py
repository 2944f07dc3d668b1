"""`--verify` uses pytest's own report, and restores files that make tests worse."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from async_test_template.cli import main
from async_test_template.verify import Outcome, run_tests
from helpers import ROOT, start_engine
from terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

COMMAND = f"{sys.executable} -m pytest -q -p no:cacheprovider -p no:hypothesispytest"
STRICT = "[pytest]\naddopts = --strict\n"
PASSES = "def test_a(): ...\n"


def outcome(passed: str = "", failed: str = "", skipped: str = "", *, status: int = 1) -> Outcome:
    """Make one of tests with names of one letter, as often as each is named."""
    return Outcome(Counter(passed), Counter(failed), Counter(skipped), status, reported=True)


@pytest.mark.parametrize(
    ("before", "after", "worse"),
    [
        (outcome("abc"), outcome("abc"), ""),
        (outcome("abc"), outcome("ab", "c"), "c"),
        (outcome("ab", skipped="c"), outcome("ab", "c"), "c"),
        (outcome("abc"), outcome("ab"), "c"),
        (outcome("ab", skipped="c"), outcome("ab"), "c"),
        (outcome("abc"), outcome("ab", skipped="c"), "c"),
        # As many tests pass as before, but other ones.
        (outcome("ab", "c"), outcome("bc", "a"), "a"),
        # It passes in one of the command's two runs.
        (outcome("aabb"), outcome("abb", "a"), "a"),
        # An error at collection hid the others.
        (outcome(failed="m"), outcome("abc", "de"), ""),
        (outcome(), outcome("abc"), ""),
        (outcome("a", "b"), outcome("ab"), ""),
    ],
)
def test_what_is_worse(before: Outcome, after: Outcome, worse: str) -> None:
    assert after.worse_than(before) == tuple(worse)
    assert after.is_worse_than(before) == bool(worse)


def test_a_command_that_fails_and_did_not_is_worse() -> None:
    before = outcome("a", status=0)
    assert outcome("a", status=2).is_worse_than(before)
    assert not outcome("a", status=0).is_worse_than(before)
    assert not outcome("a", status=2).is_worse_than(outcome("a", status=1))


@pytest.mark.slow
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
    passed, failed, skipped = (Counter([f"test_it::test_{name}"]) for name in "abc")
    failed["test_it::test_d"] += 1
    assert found == Outcome(passed, failed, skipped, 1, reported=True)
    assert str(found) == "4 collected, 1 passed, 2 failed"
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "__pycache__") == [
        "test_it.py"
    ]


def test_a_command_without_a_report_is_told_so(tmp_path: Path) -> None:
    found = run_tests("exit 3", tmp_path)
    assert not found.reported
    assert str(found) == "no pytest reported (exit status 3)"


@pytest.mark.slow
def test_a_good_change_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pytest.ini").write_text(STRICT)
    (tmp_path / "test_it.py").write_text("def test_a(): ...\n")
    assert main(["migrate", str(tmp_path), "--verify", COMMAND]) == 0
    assert "--strict-markers" in (tmp_path / "pytest.ini").read_text()
    errors = capsys.readouterr().err
    assert "Tests before: 1 collected, 1 passed, 0 failed." in errors
    assert "Tests after: 1 collected, 1 passed, 0 failed." in errors


@pytest.mark.slow
def test_a_bad_change_is_put_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pytest.ini").write_bytes(STRICT.replace("\n", "\r\n").encode())
    (tmp_path / "test_it.py").write_text(
        "from pathlib import Path\n\ndef test_a():\n"
        "    assert 'markers' not in Path(__file__).with_name('pytest.ini').read_text()\n"
    )
    assert main(["migrate", str(tmp_path), "--verify", COMMAND]) == 1
    assert (tmp_path / "pytest.ini").read_bytes() == STRICT.replace("\n", "\r\n").encode()
    assert (
        "The tests do worse (test_it::test_a): every file was restored." in capsys.readouterr().err
    )


@pytest.mark.one_in(3)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "is_helped"),
    [
        ("true", True),
        (f"{COMMAND} --junit-xml=own.xml", True),
        (f"PYTEST_ADDOPTS=-q {COMMAND}", True),
        (f"{COMMAND} --collect-only", False),
        (f"{COMMAND} -k nothing", False),
    ],
)
def test_a_change_that_nothing_vouches_for_is_put_back(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], *, is_helped: bool
) -> None:
    (tmp_path / "pytest.ini").write_text(STRICT)
    (tmp_path / "test_it.py").write_text(PASSES)
    assert main(["migrate", str(tmp_path), "--verify", command]) == 1
    assert (tmp_path / "pytest.ini").read_text() == STRICT
    told = capsys.readouterr().err
    assert "Nothing shows that the tests still run" in told
    assert ("Give a command whose pytest gets" in told) is is_helped


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
    assert "every file was restored" in capsys.readouterr().err


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
    assert "the fixes stay, because they cannot be undone" in errors
    assert "pytest.ini: changed since" in errors
    assert "every file was restored" not in errors


def test_nothing_to_change_runs_no_tests(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    assert main(["migrate", str(tmp_path), "--verify", "touch ran"]) == 0
    assert not (tmp_path / "ran").exists()


STRICT_NOW = "    assert 'markers' not in Path('pytest.ini').read_text()\n"
BREAKS = f"from pathlib import Path\n\ndef test_a():\n{STRICT_NOW}"


@pytest.mark.one_in(4)
@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        f"{COMMAND} tests && {COMMAND} more",
        f"{COMMAND} more; {COMMAND} tests; {COMMAND} more",
        f"{COMMAND} tests more || true",
        f"{COMMAND} -n 2 tests; {COMMAND} more",
        f"{COMMAND} more && ! grep -q markers pytest.ini",
    ],
)
def test_each_run_in_the_command_counts_and_so_does_its_status(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pytest.ini").write_text(STRICT)
    for folder, text in (("tests", BREAKS), ("more", PASSES)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"test_{folder}.py").write_text(text)
    assert main(["migrate", str(tmp_path), "--verify", command]) == 1
    assert (tmp_path / "pytest.ini").read_text() == STRICT
    errors = capsys.readouterr().err
    assert "The tests do worse" in errors
    assert ("test_tests::test_a" in errors) == (" tests" in command)


@pytest.mark.slow
def test_one_that_passes_now_makes_up_for_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pytest.ini").write_text(STRICT)
    (tmp_path / "test_it.py").write_text(
        BREAKS + "\n\ndef test_b():\n" + STRICT_NOW.replace("not in", "in")
    )
    assert main(["migrate", str(tmp_path), "--verify", f"{COMMAND} || true"]) == 1
    assert (tmp_path / "pytest.ini").read_text() == STRICT
    assert "(test_it::test_a)" in capsys.readouterr().err


@pytest.mark.one_in(3)
@pytest.mark.slow
@pytest.mark.parametrize("folder", ["t m p", "q'uote", 'd"ouble'])
def test_the_folder_for_temporary_files_may_have_any_name(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, temporary = tmp_path / "project", tmp_path / folder
    project.mkdir()
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    (project / "pytest.ini").write_text("[pytest]\n")
    (project / "test_it.py").write_text(PASSES)
    assert run_tests(COMMAND, project).passed.total() == 1
    assert main(["check", str(project), "--run", COMMAND]) == 0


@pytest.mark.one_in(2)
@pytest.mark.slow
@pytest.mark.parametrize(
    "written",
    [
        'echo "<?xml broken" > "$report"',
        'echo nonsense > "$report"',
        f'{COMMAND}; printf "<?xml version=\'1.0\'?><a" > "$report"',
    ],
)
def test_a_report_that_something_else_wrote_into_vouches_for_nothing(
    written: str, tmp_path: Path
) -> None:
    (tmp_path / "test_it.py").write_text(PASSES)
    report = 'report="${PYTEST_ADDOPTS##*=}"; '
    found = run_tests(report + written, tmp_path)
    assert not found.reported


@pytest.mark.slow
def test_a_record_that_something_else_wrote_into_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "test_it.py").write_text(PASSES)
    written = '[]\\n{"what": "collected"}\\n'
    command = f"{COMMAND}; printf '{written}' >> \"$ASYNC_TEST_TEMPLATE_RECORD\""
    assert main(["check", str(tmp_path), "--run", command]) == 2
    assert "wrote into our record" in capsys.readouterr().err


@pytest.mark.slow
def test_a_test_may_empty_the_environment(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import os\n\ndef test_a():\n    os.environ.clear()\n\ndef test_b(): ...\n"
    )
    assert run_tests(COMMAND, tmp_path).passed.total() == 2
    assert main(["check", str(tmp_path), "--run", COMMAND]) == 0


@pytest.mark.one_in(3)
@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals are sent as POSIX does")
@pytest.mark.parametrize(
    ("sent", "statuses"),
    [
        ([signal.SIGINT], {130}),
        ([signal.SIGTERM], {143}),
        ([signal.SIGHUP], {143}),
        # Two that come at once have no order.
        ([signal.SIGINT, signal.SIGTERM] * 5, {130, 143}),
    ],
)
def test_a_signal_in_a_command_that_never_ends_puts_everything_back(
    sent: Sequence[signal.Signals], statuses: set[int], tmp_path: Path
) -> None:
    (tmp_path / "pytest.ini").write_text(STRICT)
    (tmp_path / "test_it.py").write_text(PASSES)
    command = f"{COMMAND}; if grep -q markers pytest.ini; then touch begun; exec sleep 60; fi"
    process = start_engine("migrate", "--verify", command, cwd=tmp_path)
    while not (tmp_path / "begun").exists():
        assert process.poll() is None
        time.sleep(0.01)
    for number in sent:
        process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode in statuses
    assert (tmp_path / "pytest.ini").read_text() == STRICT
    assert "Traceback" not in errors


@pytest.mark.skipif(os.name == "nt", reason="signals are sent as POSIX does")
@pytest.mark.parametrize("arguments", [["migrate", "--verify"], ["check", "--run"]])
@pytest.mark.parametrize(
    ("hung", "sent"),
    [
        ("touch begun; sleep 300; true", signal.SIGTERM),
        ("(touch begun; sleep 300; true) & wait", signal.SIGHUP),
        pytest.param(
            "trap '' INT TERM; touch begun; sleep 300; true", signal.SIGINT, marks=pytest.mark.slow
        ),
    ],
)
def test_a_signal_to_us_alone_ends_all_that_the_command_started(
    arguments: list[str], hung: str, sent: signal.Signals, tmp_path: Path
) -> None:
    (tmp_path / "pytest.ini").write_text(STRICT)
    process = start_engine(*arguments, hung, cwd=tmp_path)
    while not (tmp_path / "begun").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(sent)
    # Each of them holds the end of a pipe.
    process.communicate(timeout=30)
    assert process.returncode in {130, 143}
    assert (tmp_path / "pytest.ini").read_text() == STRICT


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="a terminal is one as POSIX has it")
def test_fixtures_may_tidy_up_after_ctrl_c(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text(STRICT)
    (tmp_path / "test_it.py").write_text(
        "import time\nfrom pathlib import Path\n\nimport pytest\n\n\n@pytest.fixture\n"
        "def server():\n    print('begun')\n    yield\n    Path('ended').touch()\n\n\n"
        "def test_a(server):\n    time.sleep(300)\n"
    )
    arguments = ["migrate", "--verify", f"{COMMAND} -s; true"]
    terminal = Terminal(sys.executable, ROOT / "hooks" / "run.py", *arguments, cwd=tmp_path)
    terminal.wait_for("begun")
    terminal.type("\x03", then="Interrupted")
    assert terminal.finish() == 130
    assert (tmp_path / "ended").exists()
