"""Two templates in one project: each keeps its answers and its files, and each is updated alone."""

from __future__ import annotations

import re
import shlex
import sys
from typing import TYPE_CHECKING

import pytest
import yaml
from helpers import (
    COPIER,
    ROOT,
    VENDORED,
    assert_done,
    commit,
    copy_template,
    git,
    run,
    run_copier,
)
from terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Apply = Callable[["Path", "Path"], None]

OURS = ".copier-answers.async-test.yml"
THEIRS = ".copier-answers.yml"
ENGINE = (sys.executable, ROOT / "hooks" / "run.py")
PARENT = {
    "copier.yml": "_subdirectory: template\nname: {type: str, default: shop}\n",
    "template/{{ _copier_conf.answers_file }}.jinja": "{{ _copier_answers | to_nice_yaml }}",
    "template/pyproject.toml.jinja": '[project]\nname = "{{ name }}"\nversion = "1"\n'
    '\n[dependency-groups]\ntest = ["pytest"]\n\n[tool.pytest.ini_options]\naddopts = ["-ra"]\n',
    "template/src/{{ name }}/__init__.py": "",
    "template/tests/conftest.py": '"""Fixtures of the parent."""\n',
    "template/.github/workflows/test.yml": "name: Parent\non: push\njobs: {}\n",
    "template/.gitlab-ci.yml": "parent: {script: [true]}\n",
}
ADDED = [OURS, *sorted({"tests/async_guard.py", "tests/test_event_loop.py"} | VENDORED)]


def append(file: Path, text: str) -> None:
    """Write at the end of a file."""
    file.write_text(file.read_text() + text)


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    """Return another template, as a repository with a first release."""
    folder = tmp_path / "parent"
    for name, text in PARENT.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    git(folder, "init", "--quiet")
    commit(folder, "1.0.0")
    return folder


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """Return the template of the work tree, as a repository with a first release."""
    folder = copy_template(tmp_path / "ours")
    git(folder, "init", "--quiet")
    commit(folder, "1.0.0")
    return folder


@pytest.fixture
def project(parent: Path, tmp_path: Path) -> Path:
    """Generate a project from the parent, and commit it."""
    folder = tmp_path / "project"
    copy(parent, folder)
    git(folder, "init", "--quiet")
    commit(folder)
    return folder


def copy(template: Path, project: Path, *options: str) -> None:
    """Run `copier copy` from the last release of a template."""
    source = f"git+file://{template}"
    assert_done(run_copier("copy", "--defaults", *options, source, project, cwd=project.parent))


def by_copier(ours: Path, project: Path) -> None:
    """Apply this template beside the parent by hand."""
    copy(ours, project, "-a", OURS, "--data", "ci=github")


def by_adopt(ours: Path, project: Path) -> None:
    """Apply it with `adopt`, without the fixes."""
    source = f"git+file://{ours}"
    command = (*ENGINE, "adopt", project, "--yes", "--template", source, "--data", "ci=github")
    assert run(*command, cwd=project).returncode in {0, 1}
    git(project, "checkout", "--quiet", "--", "pyproject.toml", "tests/conftest.py")


APPLIED = pytest.mark.parametrize(
    "apply", [by_copier, pytest.param(by_adopt, marks=pytest.mark.full)]
)


def release(template: Path, file: str, text: str, version: str) -> None:
    """Release a change of one file of a template."""
    append(template / "template" / file, text)
    commit(template, version)


def update(project: Path, *options: str) -> set[str]:
    """Update a project as a bot does; return the files that changed, without a conflict."""
    done = run_copier("update", "--defaults", "--skip-answered", *options, cwd=project)
    assert_done(done)
    assert git(project, "ls-files", "--unmerged") == ""
    changed = {line[3:] for line in git(project, "status", "--porcelain").splitlines()}
    commit(project)
    return changed


def answers(file: Path) -> dict[str, str]:
    content: dict[str, str] = yaml.safe_load(file.read_text())
    return content


@pytest.mark.slow
@APPLIED
def test_nothing_of_the_parent_is_touched(apply: Apply, ours: Path, project: Path) -> None:
    apply(ours, project)
    status = git(project, "status", "--porcelain", "--untracked-files=all").splitlines()
    assert sorted(status) == [f"?? {name}" for name in ADDED]
    assert answers(project / OURS)["project_kind"] == "existing"
    assert answers(project / THEIRS)["name"] == "shop"


@pytest.mark.slow
@APPLIED
def test_each_template_is_updated_after_the_other(
    apply: Apply, ours: Path, parent: Path, project: Path
) -> None:
    apply(ours, project)
    commit(project)
    release(parent, "pyproject.toml.jinja", "[tool.parent]\n", "1.1.0")
    release(parent, "tests/conftest.py", "# 1.1.1\n", "1.1.1")
    release(ours, "tests/test_event_loop.py.jinja", "\n# 1.2.0\n", "1.2.0")
    assert update(project) == {THEIRS, "pyproject.toml", "tests/conftest.py"}
    assert "[tool.parent]" in (project / "pyproject.toml").read_text()
    assert update(project, "-a", OURS) == {OURS, "tests/test_event_loop.py"}
    assert answers(project / OURS)["_commit"] == "1.2.0"
    assert answers(project / THEIRS)["_commit"] == "1.1.1"
    # The other way round.
    release(parent, "src/{{ name }}/__init__.py", "# 1.3.0\n", "1.3.0")
    release(ours, "tests/async_guard.py.jinja", "\n# 1.3.0\n", "1.3.0")
    assert update(project, "-a", OURS) == {OURS, "tests/async_guard.py"}
    assert update(project) == {THEIRS, "src/shop/__init__.py"}


@pytest.mark.full
def test_the_parent_can_come_second(ours: Path, parent: Path, tmp_path: Path) -> None:
    """With another name for the answers file, in a project that this template made."""
    project = tmp_path / "project"
    copy(ours, project, "-a", OURS, "--data", "framework=library", "--data", "project_name=shop")
    git(project, "init", "--quiet")
    commit(project)
    assert answers(project / OURS)["project_kind"] == "new"
    before = {name: (project / name).read_bytes() for name in git(project, "ls-files").split()}
    skip = [f"--skip={name}" for name in before]
    copy(parent, project, *skip)
    commit(project)
    assert {name: (project / name).read_bytes() for name in before} == before
    release(ours, "tests/async_guard.py.jinja", "\n# ours 1.1.0\n", "1.1.0")
    release(parent, ".gitlab-ci.yml", "# parent 1.1.0\n", "1.1.0")
    assert update(project, "-a", OURS) == {OURS, "tests/async_guard.py"}
    assert update(project, *skip) == {THEIRS, ".gitlab-ci.yml"}


# In the gate, each template has an answers file of its own.
@pytest.mark.full
@pytest.mark.parametrize(
    "options",
    [
        pytest.param(("--defaults",), id="unattended"),
        pytest.param(
            ("--defaults", "--vcs-ref=1.0.0", "--data", "package_name=it's"), id="options"
        ),
        pytest.param((), id="terminal"),
    ],
)
def test_without_an_answers_file_of_its_own_the_right_command_is_told(
    options: tuple[str, ...], ours: Path, project: Path
) -> None:
    ours = ours.rename(ours.with_name("our template"))
    command = (*COPIER, "copy", *options, f"git+file://{ours}", ".")
    if options:
        text = (done := run(*command, cwd=project)).stdout
        assert done.returncode == 1, text
    else:
        terminal = Terminal(*command, cwd=project, columns=250)
        assert terminal.finish() == 1
        text = terminal.text
    assert f"{THEIRS} holds the answers to another template (git+file://" in text
    assert git(project, "status", "--porcelain") == ""
    told = re.findall(r"^ +uvx copier (copy .*)", text, re.MULTILINE)
    assert len(told) == 1, text
    arguments = shlex.split(told[0])
    assert [option in arguments for option in ("--defaults", "package_name=it's")] == [
        "--defaults" in options,
        len(options) > 1,
    ]
    arguments = [part.replace("it's", "its") for part in arguments]
    done = run(*COPIER, *arguments, *([] if options else ["--defaults"]), cwd=project)
    assert_done(done)
    assert f"uvx copier update -a {OURS}" in done.stdout
    status = git(project, "status", "--porcelain", "--untracked-files=all").splitlines()
    assert sorted(status) == [f"?? {name}" for name in ADDED]
