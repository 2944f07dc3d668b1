"""An existing project gets the test files that it lacks, and keeps every byte that it has."""

from __future__ import annotations

import itertools
import re
import sys
from typing import TYPE_CHECKING

import pytest
from helpers import (
    COPIER,
    ROOT,
    Answers,
    Environment,
    assert_done,
    commit,
    copy_template,
    git,
    label,
    products,
    render,
    run,
)

if TYPE_CHECKING:
    from pathlib import Path

ADDED = {
    ".copier-answers.yml",
    "tests/async_guard.py",
    "tests/conftest.py",
    "tests/test_event_loop.py",
}
ENGINE = (sys.executable, ROOT / "hooks" / "run.py")
EVERY_FILE = [
    ".gitignore",
    "README.md",
    "pyproject.toml",
    "src/sample/app.py",
    "tests/__init__.py",
    "tests/async_guard.py",
    "tests/conftest.py",
    "tests/test_client.py",
    "tests/test_event_loop.py",
]


def files(folder: Path) -> dict[str, bytes]:
    """Return what a folder holds."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.parts
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    "answers",
    # Only the backend and its loop decide what comes; the rest can wait.
    [
        pytest.param(
            answers,
            id=label(answers),
            marks=[pytest.mark.slow] * (answers["framework"] != "library"),
        )
        for answers in products()
    ],
)
def test_only_the_missing_test_files_come(answers: Answers, template: Path, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'theirs'\n")
    before = files(tmp_path)
    render(tmp_path, template, **answers)
    after = files(tmp_path)
    assert after.keys() - before.keys() == ADDED
    assert {name: after[name] for name in before} == before


def test_nothing_is_overwritten(template: Path, tmp_path: Path) -> None:
    for name in EVERY_FILE:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"mine: {name}\r\n")
    before = files(tmp_path)
    render(tmp_path, template, ci="github")
    after = files(tmp_path)
    assert {name: after[name] for name in before} == before


@pytest.mark.slow
def test_nothing_is_overwritten_by_an_update(tmp_path: Path) -> None:
    template = copy_template(tmp_path / "template")
    git(template, "init", "--quiet")
    commit(template, "1.0.0")
    project = tmp_path / "project"
    for name in EVERY_FILE:
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(f"mine: {name}\n")
    done = run(*COPIER, "copy", "--defaults", f"git+file://{template}", project, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    git(project, "init", "--quiet")
    commit(project)
    before = files(project)
    for name in ("async_guard.py", "test_event_loop.py"):
        source = template / "template" / "tests" / f"{name}.jinja"
        source.write_text(source.read_text() + "\n# newer\n")
    commit(template, "1.1.0")
    done = run(*COPIER, "update", "--defaults", "--skip-answered", cwd=project)
    assert done.returncode == 0, done.stdout
    changed = {name for name, content in files(project).items() if before.get(name) != content}
    assert changed == {".copier-answers.yml"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answers", "package"),
    # With a tests package and without one, in turn.
    list(zip(products(), itertools.cycle(["tests/__init__.py", "conftest.py"]), strict=False)),
    ids=lambda value: label(value) if isinstance(value, dict) else value,
)
def test_the_command_of_the_message_makes_the_contract_hold(
    answers: Answers, package: str, template: Path, environment: Environment, tmp_path: Path
) -> None:
    plugin = "anyio" if answers["backend"] == "anyio" else "pytest-asyncio"
    (tmp_path / "pyproject.toml").write_text(
        f'[dependency-groups]\ntest = ["pytest>=9", "{plugin}"]\n\n'
        "[tool.pytest.ini_options]\nstrict = true\n"
    )
    (tmp_path / "tests").mkdir()
    (tmp_path / package).touch()
    data = [part for key, value in answers.items() for part in ("--data", f"{key}={value}")]
    done = run(*COPIER, "copy", "--defaults", *data, template, tmp_path, cwd=tmp_path)
    assert_done(done)
    command = re.search(r"uvx --from \S+ async-test-template (.*)", done.stdout)
    assert command, done.stdout
    assert_done(run(*ENGINE, *command[1].split(), cwd=tmp_path))
    assert '"pytest-timeout' in (tmp_path / "pyproject.toml").read_text()
    done = environment.pytest(tmp_path, "tests/test_event_loop.py", "-p", "no:randomly")
    assert_done(done)
    assert "passed" in done.stdout
