"""A question changes as CONTRIBUTING.md says, and unattended updates go on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from helpers import Answers, assert_done, commit, first_release, git, run_copier

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

ANSWERS_FILE = ".copier-answers.yml"
LOADER = "tests/async_guard.py"
CONTRACT = "tests/test_event_loop.py"
#: The default of a question that lost a choice.
SUCCESSOR = "{{ {'class': 'module'}.get(loop_scope | default(''), 'function') }}"


@pytest.fixture
def template_repository(tmp_path: Path) -> Path:
    """Return the template of the work tree as a repository with a first release."""
    return first_release(tmp_path / "template")


def generate(template: Path, name: str = "sample", **answers: str) -> Path:
    """Generate a project from the newest release, and commit it."""
    project = template.parent / name
    data = [part for key, value in answers.items() for part in ("--data", f"{key}={value}")]
    source = f"git+file://{template}"
    assert_done(run_copier("copy", "--defaults", *data, source, project, cwd=template.parent))
    git(project, "init", "--quiet")
    commit(project)
    return project


def change(file: Path, pattern: str, new: str) -> None:
    """Change what must be in a file."""
    text, count = re.subn(pattern, new, file.read_text(), flags=re.MULTILINE)
    assert count, file
    file.write_text(text)


def update(project: Path) -> Answers:
    """Update a project as a bot does, without trust, and return the answers."""
    assert_done(run_copier("update", "--skip-answered", "--defaults", cwd=project))
    assert git(project, "ls-files", "--unmerged") == ""
    commit(project)
    answers: dict[str, Any] = yaml.safe_load((project / ANSWERS_FILE).read_text())
    return answers


def release(template: Path, version: str) -> None:
    """Release what was changed, with a change of a file that the template owns."""
    guard = template / "template" / "tests" / "async_guard.py.jinja"
    guard.write_text(f"{guard.read_text()}# {version}\n")
    commit(template, version)


@pytest.mark.full
def test_a_project_keeps_a_name_that_a_release_reserves(template_repository: Path) -> None:
    project = generate(template_repository)
    change(template_repository / "includes" / "reserved_names.jinja", r"\babc\b", "abc sample")
    release(template_repository, "1.1.0")
    assert update(project)["package_name"] == "sample"
    with pytest.raises(ValueError, match="sample is taken by"):
        generate(template_repository, "new", package_name="sample")


def test_a_renamed_question_keeps_its_answer(template_repository: Path) -> None:
    project = generate(template_repository, framework="library", backend="anyio", with_trio="true")
    before = (project / LOADER).read_bytes()
    assert b"trio" in before
    questions = template_repository / "copier.yml"
    for file in (*template_repository.rglob("*.jinja"), questions):
        file.write_text(file.read_text().replace("with_trio", "on_trio"))
    new = r'\1"{{ with_trio | default(false) }}"'
    change(questions, r"(^on_trio:\n(?:  .*\n)*  default: )false", new)
    for version in ("1.1.0", "1.2.0"):
        release(template_repository, version)
        answers = update(project)
        assert answers["_commit"] == version
        assert answers["on_trio"] is True
        assert "with_trio" not in answers
        assert (project / LOADER).read_bytes().startswith(before)


# A renamed question, which the gate has, keeps its answer in the same way.
@pytest.mark.full
@pytest.mark.parametrize(
    ("default", "answer", "after"),
    [
        (SUCCESSOR, "class", "module"),
        (SUCCESSOR, "session", "session"),
        # The result without the idiom, which shows why it is needed.
        ("function", "class", "function"),
    ],
)
def test_a_removed_choice_becomes_the_one_that_takes_its_place(
    default: str, answer: str, after: str, template_repository: Path
) -> None:
    project = generate(template_repository, loop_scope=answer)
    questions = template_repository / "copier.yml"
    change(questions, r"^ .*: class\n", "")
    change(questions, r"(^loop_scope:\n(?:  .*\n)*  default: )function", rf'\1"{default}"')
    release(template_repository, "1.1.0")
    assert update(project)["loop_scope"] == after
    contract = (project / CONTRACT).read_text()
    assert f'"asyncio_default_test_loop_scope": "{after}"' in contract
    # A new project does not notice.
    fresh = generate(template_repository, "fresh")
    assert yaml.safe_load((fresh / ANSWERS_FILE).read_text())["loop_scope"] == "function"


# Each release before the newest has fewer questions: test_releases.py.
@pytest.mark.full
def test_a_new_question_takes_its_default(template_repository: Path) -> None:
    project = generate(template_repository)
    questions = template_repository / "copier.yml"
    question = "\nlinter:\n  type: str\n  choices: [ruff, flake8]\n  default: ruff\n"
    questions.write_text(questions.read_text() + question)
    guard = template_repository / "template" / "tests" / "async_guard.py.jinja"
    guard.write_text(guard.read_text() + "# {{ linter }}\n")
    release(template_repository, "1.1.0")
    assert update(project)["linter"] == "ruff"
    assert "# ruff\n" in (project / "tests" / "async_guard.py").read_text()
