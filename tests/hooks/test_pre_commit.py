"""The published hook runs under pre-commit and prek."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers import commit, git, run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


SETTINGS = "[pytest]\nasyncio_default_fixture_loop_scope = function\ntimeout = 30\n"
HOOKS = """
  hooks:
  - id: async-test-template
    args: [one, two]
  - id: async-test-template-changed
    stages: [manual]
"""


@pytest.mark.parametrize("runner", [pytest.param("pre-commit", marks=pytest.mark.full), "prek"])
def test_the_hooks_report_what_is_wrong(runner: str, published: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    for folder in ("one", "two", "three"):
        (project / folder).mkdir(parents=True)
        (project / folder / "pytest.ini").write_text(f"{SETTINGS}asyncio_mode = legacy\n")
    (project / "picture.png").write_bytes(b"\x89PNG\0")
    (project / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {published}\n  rev: 1.0.0{HOOKS}"
    )
    git(project, "init", "--quiet")
    git(project, "add", ".")

    def hook(*options: str) -> tuple[int, str]:
        command = ("uvx", "--quiet", runner, "run", *options)
        done = run(*command, cwd=project, PRE_COMMIT_HOME=str(tmp_path), PREK_HOME=str(tmp_path))
        return done.returncode, done.stdout

    status, output = hook()
    assert status == 1
    found = {name for name in ("one", "two", "three") if f"{name}/pytest.ini:4:1 AT101" in output}
    assert found == {"one", "two"}
    for folder in ("one", "two"):
        (project / folder / "pytest.ini").write_text(f"{SETTINGS}asyncio_mode = auto\n")
    git(project, "add", ".")
    status, output = hook()
    assert (status, "Passed" in output) == (0, True), output
    # The other hook gets the names of the files that changed.
    commit(project)
    changed = ("async-test-template-changed", "--hook-stage", "manual")
    (project / "one" / "pytest.ini").write_text(f"{SETTINGS}asyncio_mode = legacy\n")
    (project / "picture.png").write_bytes(b"\x89PNG\1")
    git(project, "add", ".")
    status, output = hook(*changed)
    assert status == 1
    assert "one/pytest.ini:4:1 AT101" in output
    assert "three" not in output
