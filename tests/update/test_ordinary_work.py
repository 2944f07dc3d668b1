"""Two weeks of ordinary work in three small services, and an update: nothing conflicts."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest
from helpers import (
    OF_THE_DATABASE,
    VENDORED,
    assert_done,
    commit,
    first_release,
    git,
    run,
    run_copier,
)
from services import SERVICES, delete_sample, edit, move_tests, write_service

if TYPE_CHECKING:
    from pathlib import Path

    from environments import Environment

pytestmark = pytest.mark.slow

ANSWERS_FILE = ".copier-answers.yml"
GUARD = {name for name in VENDORED if name.endswith(".py")}
OF_THE_TEMPLATE = {
    "tests/async_guard.py",
    "tests/test_event_loop.py",
    *GUARD,
    *OF_THE_DATABASE,
}
#: The source of a pipeline, and a line of it that a release changes.
PIPELINES = {
    ".github/workflows/test.yml": (
        "{% if ci == 'github' %}.github{% endif %}/workflows/test.yml.jinja",
        "timeout-minutes: 15",
        "timeout-minutes: 20",
    ),
    ".gitlab-ci.yml": (
        "{% if ci == 'gitlab' %}.gitlab-ci.yml{% endif %}.jinja",
        "timeout: 15 minutes",
        "timeout: 20 minutes",
    ),
}


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """Return the template of the work tree as a repository with a first release."""
    return first_release(tmp_path / "template")


def change_every_file(template: Path) -> None:
    """Release a change of the beginning and the end of every file that the template owns."""
    tests = template / "template" / "tests"
    guard = template / "guard" / "src" / "pytest_async_guard"
    database = tests / "{% if database != 'none' %}async_database{% endif %}"
    for source in (
        tests / "async_guard.py.jinja",
        tests / "test_event_loop.py.jinja",
        *(database / name for name in ("__init__.py.jinja", "fixtures.py.jinja", "migrations.py")),
        template / "includes" / "sqlite.jinja",
        *(guard / name.rpartition("/")[2] for name in GUARD),
    ):
        source.write_text(f"# newer\n{source.read_text()}# newer\n")
    for name, old, new in PIPELINES.values():
        edit(template / "template" / name, old, new)
    commit(template, "1.1.0")


def contents(project: Path) -> dict[str, str]:
    """Return what git knows of a project."""
    return {name: (project / name).read_text() for name in git(project, "ls-files").split()}


@pytest.mark.one_in(3)
@pytest.mark.parametrize("name", SERVICES)
def test_an_update_conflicts_with_nothing(
    name: str, template: Path, environment: Environment, tmp_path: Path
) -> None:
    service = SERVICES[name]
    project = tmp_path / "shop"
    data = [part for key, value in service.answers.items() for part in ("--data", f"{key}={value}")]
    source = f"git+file://{template}"
    assert_done(run_copier("copy", "--defaults", *data, source, project, cwd=tmp_path))
    move_tests(project)
    assert_done(environment.pytest(project, "-W", "error"))
    delete_sample(project)
    write_service(project, service)
    git(project, "init", "--quiet")
    commit(project)
    before = contents(project)
    texts = (name + text for name, text in before.items() if name not in OF_THE_TEMPLATE)
    assert [text for text in texts if re.search("sample|upstream|User", text)] == []

    change_every_file(template)
    assert_done(run_copier("update", "--defaults", "--skip-answered", cwd=project))
    assert git(project, "ls-files", "--unmerged") == ""
    assert "<<<<<<<" not in git(project, "diff")
    after = contents(project)
    owned = OF_THE_TEMPLATE & before.keys()
    changed = {name for name in after if after[name] != before[name]}
    pipeline = next(name for name in PIPELINES if name in after)
    assert changed == {ANSWERS_FILE, pipeline, *owned}
    assert {after[name].count("# newer") for name in owned} == {2}
    assert "deploy" in after[pipeline]
    assert_done(environment.pytest(project, "-W", "error"))
    assert_done(run(sys.executable, "-m", "ruff", "format", "--check", cwd=project))
