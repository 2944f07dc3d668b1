"""An existing project gets the test files that it lacks, and keeps every byte that it has."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest
from covering import apart, covered
from helpers import (
    VENDORED,
    Answers,
    assert_done,
    commit,
    copy_template,
    git,
    products,
    render,
    run,
    run_copier,
    run_engine,
)

if TYPE_CHECKING:
    from pathlib import Path

    from environments import Environment

ADDED = {
    ".copier-answers.yml",
    "tests/async_guard.py",
    "tests/conftest.py",
    "tests/test_event_loop.py",
    *VENDORED,
}
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
@pytest.mark.parametrize("answers", covered(products(), strength=1))
def test_only_the_missing_test_files_come(answers: Answers, template: Path, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'theirs'\n")
    before = files(tmp_path)
    render(tmp_path, template, **answers)
    after = files(tmp_path)
    assert after.keys() - before.keys() == ADDED
    assert {name: after[name] for name in before} == before
    # CI of the project stays green: its linter and its formatter accept every file.
    require_tidy(tmp_path / "tests")


def require_tidy(folder: Path) -> None:
    """Require that ruff finds nothing, also where all rules are on and lines are short.

    The project's own settings decide on `assert` in tests, copyright notices and `__init__.py`. A
    fixture that needs another only for what it does has an unused argument. Two pairs of rules
    contradict each other.
    """
    ignored = "S101,CPY001,INP001,ARG001,D203,D213"
    lint = ("check", "--select", "ALL", "--ignore", ignored, "--target-version", "py311")
    for command in (lint, ("format", "--check")):
        ruff = (sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache")
        done = run(*ruff, "--line-length", "88", folder, cwd=folder)
        assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_nothing_is_overwritten(template: Path, tmp_path: Path) -> None:
    for name in EVERY_FILE:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"mine: {name}\r\n")
    before = files(tmp_path)
    render(tmp_path, template, ci="github")
    after = files(tmp_path)
    assert {name: after[name] for name in before} == before


def released(tmp_path: Path) -> Path:
    """Return a repository with a release of the template."""
    template = copy_template(tmp_path / "template")
    git(template, "init", "--quiet")
    commit(template, "1.0.0")
    return template


def apply(template: Path, project: Path, *options: str) -> Path:
    """Copy the template into a project, and commit."""
    source = f"git+file://{template}"
    assert_done(run_copier("copy", "--defaults", *options, source, project, cwd=template))
    git(project, "init", "--quiet")
    commit(project)
    return project


def release(template: Path, file: str, version: str = "1.1.0") -> None:
    """Make a file of the template a better one, and release that."""
    path = template / file
    path.write_text(path.read_text() + "\n# newer\n")
    commit(template, version)


def update(project: Path, *options: str) -> set[str]:
    """Update a project, and return the files that have changed, came or went."""
    before = files(project)
    command = ("update", "--defaults", "--skip-answered", *options)
    assert_done(run_copier(*command, cwd=project))
    after = files(project)
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


@pytest.fixture
def adopted(tmp_path: Path) -> Path:
    """Return a folder that holds an existing project."""
    (tmp_path / "project" / "tests").mkdir(parents=True)
    (tmp_path / "project" / "setup.py").touch()
    return tmp_path / "project"


@pytest.mark.slow
def test_nothing_is_overwritten_by_an_update(tmp_path: Path) -> None:
    template, project = released(tmp_path), tmp_path / "project"
    for name in EVERY_FILE:
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(f"mine: {name}\n")
    apply(template, project)
    release(template, "template/tests/test_event_loop.py.jinja")
    assert update(project) == {".copier-answers.yml"}


@pytest.mark.slow
def test_an_update_improves_the_guard(adopted: Path, tmp_path: Path) -> None:
    template = released(tmp_path)
    project = apply(template, adopted)
    clock = project / "tests" / "pytest_async_guard" / "clock.py"
    clock.write_text("# mine\n" + clock.read_text())
    commit(project)
    release(template, "guard/src/pytest_async_guard/clock.py")
    assert update(project) == {".copier-answers.yml", "tests/pytest_async_guard/clock.py"}
    better = (template / "guard" / "src" / "pytest_async_guard" / "clock.py").read_text()
    assert clock.read_text().startswith("# mine\n")
    assert clock.read_text().endswith(f"\n{better}")


@pytest.mark.slow
@pytest.mark.parametrize("flags", [(), ("--overwrite",)], ids=["defaults", "overwrite"])
def test_a_copy_leaves_what_has_the_place_of_the_guard(
    flags: tuple[str, ...], template: Path, tmp_path: Path
) -> None:
    """Also if Copier is told to overwrite: it overwrites nothing of an existing project."""
    mine = {
        "setup.py": b"",
        "tests/async_guard.py": b"mine\n",
        "tests/pytest_async_guard/clock.py": b"mine, too\n",
    }
    for name, text in mine.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(text)
    assert_done(run_copier("copy", "--defaults", *flags, template, tmp_path, cwd=tmp_path))
    new = {".copier-answers.yml", "tests/conftest.py", "tests/test_event_loop.py"}
    assert files(tmp_path).keys() == mine.keys() | new
    assert {name: files(tmp_path)[name] for name in mine} == mine


# In the gate, test_releases.py moves the files of a project.
@pytest.mark.full
@pytest.mark.parametrize("is_given_back", [False, True])
def test_a_file_that_was_moved_is_named_and_stays_away(
    adopted: Path, tmp_path: Path, *, is_given_back: bool
) -> None:
    template, name = released(tmp_path), "tests/test_event_loop.py"
    project = apply(template, adopted)
    git(project, "mv", name, "tests/test_moved.py")
    commit(project)
    release(template, f"template/{name}.jinja")
    done = run_copier("update", "--defaults", cwd=project)
    assert f"not here any more:\n\n    {name}\n" in done.stdout
    assert git(project, "status", "--porcelain") == " M .copier-answers.yml\n"
    assert f"own_files:\n- {name}\n" in (project / ".copier-answers.yml").read_text()
    if is_given_back:
        git(project, "mv", "tests/test_moved.py", name)
    commit(project)
    release(template, f"template/{name}.jinja", "1.2.0")
    options = re.findall(r"copier update (--data) '(.*)'", done.stdout)[0] if is_given_back else ()
    better = {name} if is_given_back else set()
    assert update(project, *options) == {".copier-answers.yml", *better}


@pytest.mark.slow
def test_a_guard_that_was_deleted_does_not_come_back(tmp_path: Path) -> None:
    template = released(tmp_path)
    project = apply(template, tmp_path / "project")
    answers = project / ".copier-answers.yml"
    # As it was written before the question existed.
    answers.write_text(answers.read_text().replace("guard: vendored\n", ""))
    (project / "tests" / "async_guard.py").unlink()
    for file in (project / "tests" / "pytest_async_guard").iterdir():
        file.unlink()
    commit(project)
    release(template, "template/tests/test_event_loop.py.jinja")
    update(project)
    assert "guard: none" in answers.read_text()
    assert not (project / "tests" / "async_guard.py").exists()
    assert not (project / "tests" / "pytest_async_guard").exists()


@pytest.mark.full
@pytest.mark.parametrize("guard", ["package", "none"])
def test_a_conftest_that_loads_the_guard_works_when_that_is_gone(
    guard: str, adopted: Path, environment: Environment, tmp_path: Path
) -> None:
    """And has AnyIO's backend still."""
    template = released(tmp_path)
    loads = "from async_guard import pytest_async_guard\n"
    (adopted / "tests" / "conftest.py").write_text(loads)
    test = "async def test_it(anyio_backend):\n    assert anyio_backend == 'asyncio'\n"
    (adopted / "tests" / "test_it.py").write_text(test)
    (adopted / "pytest.ini").write_text("[pytest]\nanyio_mode = auto\naddopts = -p no:asyncio\n")
    project = apply(template, adopted, "--data", "backend=anyio")
    release(template, "template/tests/test_event_loop.py.jinja")
    answered = {".copier-answers.yml", "tests/async_guard.py", "tests/test_event_loop.py"}
    assert update(project, "--data", f"guard={guard}") == answered | VENDORED
    assert {file for file in VENDORED if (project / file).exists()} == set()
    done = environment.pytest(project, "tests/test_it.py")
    assert "1 passed" in done.stdout, done.stdout
    commit(project)
    # Its tests are those with the package.
    back = answered if guard == "none" else answered - {"tests/test_event_loop.py"}
    assert update(project, "--data", "guard=vendored") == back | VENDORED


# In the gate, the guard comes with the first copy, and an update improves it.
@pytest.mark.full
def test_a_project_that_was_without_the_guard_gets_it_by_another_copy(
    adopted: Path, tmp_path: Path
) -> None:
    template = released(tmp_path)
    project = apply(template, adopted, "--data", "guard=none")
    assert not files(project).keys() & {"tests/async_guard.py", "tests/conftest.py", *VENDORED}
    release(template, "guard/src/pytest_async_guard/clock.py")
    assert update(project) == {".copier-answers.yml"}
    options = ("--defaults", "--overwrite", "--data", "guard=vendored")
    assert_done(run_copier("recopy", *options, cwd=project))
    wanted = {"tests/async_guard.py", "tests/conftest.py", *VENDORED}
    assert files(project).keys() >= wanted
    commit(project)
    release(template, "guard/src/pytest_async_guard/clock.py", "1.2.0")
    assert update(project) == {".copier-answers.yml", "tests/pytest_async_guard/clock.py"}


@pytest.mark.one_in(3)
@pytest.mark.slow
@pytest.mark.parametrize(
    "row",
    # With a tests package and without one.
    covered(
        (
            {**answers, "package": package}
            for answers in products()
            for package in ("tests/__init__.py", "conftest.py")
        ),
        strength=1,
    ),
)
def test_the_command_of_the_message_makes_the_contract_hold(
    row: Answers, template: Path, environment: Environment, tmp_path: Path
) -> None:
    package, answers = apart(row, "package")
    plugin = "anyio" if answers["backend"] == "anyio" else "pytest-asyncio"
    (tmp_path / "pyproject.toml").write_text(
        f'[dependency-groups]\ntest = ["pytest>=9", "{plugin}"]\n\n'
        "[tool.pytest.ini_options]\nstrict = true\n"
    )
    (tmp_path / "tests").mkdir()
    (tmp_path / package).touch()
    data = [part for key, value in answers.items() for part in ("--data", f"{key}={value}")]
    done = run_copier("copy", "--defaults", *data, template, tmp_path, cwd=tmp_path)
    assert_done(done)
    command = re.search(r"uvx --from \S+ async-test-template (.*)", done.stdout)
    assert command, done.stdout
    assert_done(run_engine(*command[1].split(), cwd=tmp_path))
    assert '"pytest-timeout' in (tmp_path / "pyproject.toml").read_text()
    done = environment.pytest(tmp_path, "tests/test_event_loop.py", "-p", "no:randomly")
    assert_done(done)
    assert "passed" in done.stdout
