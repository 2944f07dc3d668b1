"""`copier update` reaches a generated project, untrusted, and keeps what its owner wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers import VENDORED, assert_done, commit, first_release, git, run_copier

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


@pytest.fixture
def template_repository(tmp_path: Path) -> Path:
    """Return the template of the work tree as a repository with a first release."""
    return first_release(tmp_path / "template")


@pytest.fixture
def project(template_repository: Path, tmp_path: Path) -> Path:
    """Generate a project from the first release, and commit it."""
    folder = tmp_path / "sample"
    source = f"git+file://{template_repository}"
    assert_done(run_copier("copy", "--defaults", source, folder, cwd=tmp_path))
    git(folder, "init", "--quiet")
    commit(folder)
    return folder


def update(project: Path) -> str:
    """Update a project as a bot does, without trust."""
    done = run_copier("update", "--defaults", "--skip-answered", cwd=project)
    assert_done(done)
    assert git(project, "ls-files", "--unmerged") == ""
    return done.stdout


def append(file: Path, text: str) -> None:
    """Write at the end of a file."""
    file.write_text(file.read_text() + text)


# test_quiet_ci.py has such an update, too.
@pytest.mark.full
def test_an_update_to_the_same_template_changes_nothing(
    template_repository: Path, project: Path
) -> None:
    (template_repository / "CHANGELOG.md").write_text("Nothing to see.\n")
    commit(template_repository, "1.0.1")
    update(project)
    changed = git(project, "diff", "--stat", "--", ".", ":!.copier-answers.yml")
    assert changed == ""


def test_what_belongs_to_the_owner_is_never_updated(
    template_repository: Path, project: Path
) -> None:
    """Above all conftest.py, and pyproject.toml: a merge of it can leave invalid TOML."""
    for source in (template_repository / "template").rglob("*.jinja"):
        append(source, "\n# newer\n")
    commit(template_repository, "1.1.0")
    update(project)
    changed = git(project, "diff", "--name-only").split()
    owned = ["tests/async_guard.py", "tests/test_event_loop.py"]
    guard = [name for name in VENDORED if name.endswith(".py")]
    assert changed == sorted([".copier-answers.yml", *owned, *guard])


# test_changed_answers.py has such an update, too.
@pytest.mark.full
def test_a_changed_answer_changes_the_files_of_the_template(project: Path) -> None:
    done = run_copier("update", "--defaults", "--data", "loop_scope=session", cwd=project)
    assert_done(done)
    contract = (project / "tests" / "test_event_loop.py").read_text()
    assert '"asyncio_default_test_loop_scope": "session"' in contract
