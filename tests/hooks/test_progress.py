"""Long work shows progress on a terminal, and nowhere else."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import pytest
from async_test_template import progress
from async_test_template.cli import main

if TYPE_CHECKING:
    from pathlib import Path


class Screen(io.StringIO):
    """What a terminal is sent."""

    def isatty(self) -> bool:
        """Say that it is one."""
        return True


def shown(monkeypatch: pytest.MonkeyPatch, *command: str) -> str:
    """Run a command on a terminal, and return what standard error was sent."""
    screen = Screen()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", screen)
        main(command)
    return screen.getvalue()


@pytest.mark.parametrize("command", ["check", "migrate", "patch"])
def test_long_work_has_a_line_that_goes_away(
    command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0)
    line = "Reading the repository: 0 s"
    begin = f"\r{line}\r{' ' * len(line)}\r"
    assert shown(monkeypatch, command, str(tmp_path)).startswith(begin)


def test_short_work_has_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert shown(monkeypatch, "check", str(tmp_path)) == "Nothing to do.\n"


def test_a_pipe_gets_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0)
    main(["check", str(tmp_path)])
    assert "Reading" not in capsys.readouterr().err
