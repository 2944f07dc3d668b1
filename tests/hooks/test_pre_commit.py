"""The published hook runs under pre-commit and prek."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers import git, run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("runner", ["pre-commit", "prek"])
def test_the_hook_reports_what_is_wrong(runner: str, published: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / ".pre-commit-config.yaml").write_text(
        f"repos:\n  - repo: {published}\n    rev: 1.0.0\n    hooks: [{{id: async-test-template}}]\n"
    )
    settings = "[pytest]\nasyncio_default_fixture_loop_scope = function\ntimeout = 30\n"
    (project / "pytest.ini").write_text(f"{settings}asyncio_mode = legacy\n")
    git(project, "init", "--quiet")
    git(project, "add", ".")

    def hook() -> tuple[int, str]:
        command = ("uvx", "--quiet", runner, "run", "--all-files")
        done = run(*command, cwd=project, PRE_COMMIT_HOME=str(tmp_path), PREK_HOME=str(tmp_path))
        return done.returncode, done.stdout

    status, output = hook()
    assert status == 1
    assert "pytest.ini:4:1 AT101" in output
    (project / "pytest.ini").write_text(f"{settings}asyncio_mode = auto\n")
    git(project, "add", ".")
    status, output = hook()
    assert (status, "Passed" in output) == (0, True), output
