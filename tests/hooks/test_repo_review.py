"""repo-review finds our checks, and they report what `check` reports."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from async_test_template.cli import main
from environments import Environment
from filelock import FileLock
from helpers import ROOT, render, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.slow
NAMES = {"AT000", *(f"AT{digit}00" for digit in range(1, 10))}


@pytest.fixture(scope="module")
def repo_review(shared_folder: Path) -> Path:
    """Install repo-review and this project, as a user would."""
    folder = shared_folder / "repo-review"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            Environment.build(folder, sys.executable, "repo-review[cli]", str(ROOT))
    return folder / "bin" / "repo-review"


@pytest.fixture
def review(repo_review: Path) -> Callable[[Path], dict[str, Any]]:
    """Return what runs repo-review on a project, and gives its results by check."""

    def review(project: Path) -> dict[str, Any]:
        done = run(repo_review, "--select", "AT", "--format", "json", project, cwd=project)
        assert done.returncode in {0, 3}, done.stdout
        results: dict[str, Any] = json.loads(done.stdout)
        checks: dict[str, Any] = results["checks"]
        assert set(checks) == NAMES
        assert results["families"]["async-test-template"]["name"] == "Async tests"
        return checks

    return review


def failures(checks: dict[str, Any]) -> dict[str, str]:
    return {name: check["err_msg"] for name, check in checks.items() if check["result"] is False}


@pytest.mark.one_in(2)
@pytest.mark.parametrize("framework", ["fastapi", "library"])
def test_a_generated_project_passes(
    review: Callable[[Path], dict[str, Any]], template: Path, tmp_path: Path, framework: str
) -> None:
    checks = review(render(tmp_path, template, framework=framework, ci="github"))
    assert {name: check["result"] for name, check in checks.items()} == dict.fromkeys(NAMES, True)
    assert checks["AT100"]["description"] == "Modes and loop scopes"


def test_what_is_wrong_is_told_with_its_line(
    review: Callable[[Path], dict[str, Any]], tmp_path: Path
) -> None:
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nasyncio_default_fixture_loop_scope = function\nasyncio_mode = legacy\n"
        "timeout = never\n"
    )
    (tmp_path / "test_it.py").write_text(
        "async def test_it(event_loop):\n    event_loop.call_soon(print)\n"
    )
    found = failures(review(tmp_path))
    assert set(found) == {"AT100", "AT300", "AT500"}
    assert "`pytest.ini:3:1` AT101 [error] " in found["AT100"]
    assert "`pytest.ini:4:1` AT302 [error] " in found["AT300"]
    assert "`test_it.py:1:1` AT501 [error] " in found["AT500"]


def test_advice_is_no_failure(
    review: Callable[[Path], dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nasyncio_default_fixture_loop_scope = function\nasyncio_mode = auto\n"
    )
    assert main(["check", str(tmp_path), "--advice"]) == 0
    assert "AT306" in capsys.readouterr().out
    assert failures(review(tmp_path)) == {}


@pytest.mark.one_in(2)
@pytest.mark.parametrize(
    ("name", "text"), [("tox.ini", "[pytest\n"), ("test_it.py", "async def test_it(:\n")]
)
def test_what_cannot_be_read_is_one_failure(
    review: Callable[[Path], dict[str, Any]], tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text)
    checks = review(tmp_path)
    found = failures(checks)
    assert list(found) == ["AT000"]
    assert f"{name}:1" in found["AT000"]
    skipped = {check for check, result in checks.items() if result["result"] is None}
    assert skipped == NAMES - {"AT000"}


def test_the_checks_can_be_listed_without_a_project(repo_review: Path, tmp_path: Path) -> None:
    done = run(repo_review, "--list-all", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert all(name in done.stdout for name in NAMES)
