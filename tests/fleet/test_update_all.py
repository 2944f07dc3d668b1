"""`fleet/update_all.py` updates many checkouts at once, and loses none."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from fleets import CRASH, MINOR, TEST, Prototypes, copier_that, run_script, state
from helpers import ROOT
from terminal import Terminal
from update_one import Outcome

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = ROOT / "fleet" / "update_all.py"

# How many of each in a fleet of 6, and in one of 200. What a single update makes of those that are
# not in the small one is in test_update_one.py.
FLEET = {
    Outcome.UP_TO_DATE.name: (1, 110),
    Outcome.UPDATED.name: (2, 16),
    Outcome.UNUSABLE.name: (1, 42),
    Outcome.NEEDS_TRUST.name: (0, 12),
    Outcome.CONFLICTS.name: (0, 8),
    Outcome.TESTS_RED.name: (1, 6),
    Outcome.FAILED.name: (0, 4),
    CRASH: (1, 2),
}


def rows(output: str) -> dict[str, str]:
    """Return the outcome of every checkout in a table."""
    words = "|".join(outcome.word for outcome in Outcome)
    return dict(re.findall(rf"^(\S+) +({words})  +\S", output, re.MULTILINE))


@pytest.mark.slow
@pytest.mark.timeout(2400)  # three minutes on two idle cores
# In the gate each outcome is that of a single checkout: see test_update_one.py.
@pytest.mark.full
@pytest.mark.parametrize("size", [6, 200])
def test_many_checkouts_come_to_what_each_should(
    size: int, prototypes: Prototypes, variables: dict[str, str], tmp_path: Path
) -> None:
    kinds = [name for name, numbers in FLEET.items() for _ in range(numbers[size == 200])]
    assert len(kinds) == size
    expected = {}
    for number in range(size):
        # Mixed, so that different kinds run at the same time.
        kind = kinds[number * 77 % size]
        name = f"{number:03}-{kind}"
        prototypes.copy(kind, tmp_path / name)
        expected[name] = Outcome.FAILED.word if kind == CRASH else Outcome[kind].word
    done = run_script("update_all.py", "--test", TEST, *expected, cwd=tmp_path, env=variables)
    assert done.returncode == 1
    assert done.stderr == ""
    assert rows(done.stdout) == expected
    assert list(rows(done.stdout)) == list(expected)
    counts = Counter(expected.values())
    words = (outcome.word for outcome in Outcome)
    shown = ", ".join(f"{counts[word]} {word}" for word in words if counts[word])
    assert done.stdout.endswith(f"\n\n{size} checkouts: {shown}\n")

    before = {kind: state(prototypes.folder / kind) for kind in FLEET}
    updated = None
    for name in expected:
        kind = name.partition("-")[2]
        after = state(tmp_path / name)
        if kind == Outcome.UPDATED.name:
            updated = updated or after
            assert f"_commit: {MINOR}\n" in (tmp_path / name / ".copier-answers.yml").read_text()
            assert after == updated
        else:
            # One that was killed leaves a clone, but nothing here.
            assert after == before[kind], name


@pytest.mark.slow
def test_all_is_well_where_nothing_is_left_to_do(
    prototypes: Prototypes, variables: dict[str, str], tmp_path: Path
) -> None:
    """A checkout that is named twice counts once; folders of one name get logs of their own."""
    for name in ("a/same", "b/same"):
        prototypes.copy(Outcome.UP_TO_DATE.name, tmp_path / name)
    checkouts = ("a/same", "b/same", "b/../a/same")
    done = run_script("update_all.py", "--logs", "logs", *checkouts, cwd=tmp_path, env=variables)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(rows(done.stdout).values()) == ["nothing to do"] * 2
    assert done.stdout.endswith("\n2 checkouts: 2 nothing to do\n")
    logs = sorted((tmp_path / "logs").iterdir())
    assert [log.name for log in logs] == ["1-same.log", "2-same.log"]
    for log in logs:
        assert '"update_available": false' in log.read_text()
        assert log.read_text().endswith(f"\nnothing to do: {MINOR} is the newest release\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "the following arguments are required: CHECKOUT"),
        (["--jobs", "0", "."], "--jobs: give 1 or more"),
        (["--logs", "file/logs", "."], "--logs: [Errno 20] Not a directory: 'file/logs'"),
    ],
)
def test_arguments_that_cannot_be_used_are_told(
    arguments: list[str], sentence: str, variables: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    done = run_script("update_all.py", *arguments, cwd=tmp_path, env=variables)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr


@pytest.mark.slow
def test_a_terminal_is_told_how_far_it_is(
    prototypes: Prototypes,
    variables: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The other tests require that nothing else is."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    prototypes.copy(Outcome.UPDATED.name, tmp_path / "checkout")
    wait = f"--test=until [ -e {tmp_path}/seen ]; do sleep 0.1; done"
    command = (sys.executable, SCRIPT, "--jobs=2", wait, "checkout", "nowhere")
    terminal = Terminal(*command, cwd=tmp_path, patience=120)
    try:
        terminal.wait_for("1/2, ")
        (tmp_path / "seen").touch()
        assert terminal.finish() == 1
        assert "2 checkouts: 1 updated, 1 cannot be used" in terminal.text
        assert "/2" not in terminal.text
    finally:
        terminal.close()


@pytest.mark.slow
def test_ctrl_c_stops_all_and_leaves_them_whole(
    prototypes: Prototypes, variables: dict[str, str], tmp_path: Path
) -> None:
    names = [str(number) for number in range(6)]
    for name in names:
        prototypes.copy(Outcome.UPDATED.name, tmp_path / name)
    before = state(tmp_path / "0")
    copier_that(f"touch {tmp_path}/running; exec sleep 600", tmp_path / "bin", variables)
    with subprocess.Popen(
        [sys.executable, SCRIPT, "--jobs=2", *names],
        cwd=tmp_path,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            while not (tmp_path / "running").exists():
                assert process.poll() is None
                time.sleep(0.05)
            os.killpg(process.pid, signal.SIGINT)
            output, errors = process.communicate(timeout=60)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 130
    assert errors == "Stopped: the others are as they were.\n"
    assert re.search(r"^\d checkouts: ", output, re.MULTILINE)
    for name in names:
        assert state(tmp_path / name) == before
