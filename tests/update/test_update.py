"""`copier update` reaches a generated project, untrusted, and keeps what its owner wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml
from helpers import VENDORED, assert_done, commit, copy_template, git, run_copier

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


@pytest.fixture
def template_repository(tmp_path: Path) -> Path:
    """Return the template of the work tree as a repository with a first release."""
    folder = copy_template(tmp_path / "template")
    git(folder, "init", "--quiet")
    commit(folder, "1.0.0")
    return folder


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


def test_an_update_brings_the_new_and_keeps_the_own(
    template_repository: Path, project: Path
) -> None:
    append(template_repository / "template" / "tests" / "async_guard.py.jinja", "\n# improved\n")
    commit(template_repository, "1.1.0")
    append(project / "tests" / "conftest.py", "\n# an own fixture\n")
    append(project / "pyproject.toml", '\n[tool.own]\nkey = "value"\n')
    (project / "tests" / "sample" / "test_client.py").unlink()
    (project / "tests" / "test_own.py").write_text("# an own test\n")
    (project / "README.md").write_text("# Our own words\n")
    commit(project)
    update(project)
    assert "# improved" in (project / "tests" / "async_guard.py").read_text()
    assert "# an own fixture" in (project / "tests" / "conftest.py").read_text()
    assert "[tool.own]" in (project / "pyproject.toml").read_text()
    assert not (project / "tests" / "sample" / "test_client.py").exists()
    assert (project / "tests" / "test_own.py").read_text() == "# an own test\n"
    assert (project / "README.md").read_text() == "# Our own words\n"
    answers = yaml.safe_load((project / ".copier-answers.yml").read_text())
    assert answers["_commit"] == "1.1.0"


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


def test_a_changed_answer_changes_the_files_of_the_template(project: Path) -> None:
    done = run_copier("update", "--defaults", "--data", "loop_scope=session", cwd=project)
    assert_done(done)
    contract = (project / "tests" / "test_event_loop.py").read_text()
    assert '"asyncio_default_test_loop_scope": "session"' in contract
