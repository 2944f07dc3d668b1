"""A repository of several projects: none is made of its root, and pytest runs all from there."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest
from helpers import ROOT, assert_done, contents, render, run

if TYPE_CHECKING:
    from pathlib import Path

    from environments import Environment

SHAPES = {
    "services": ["services/billing/pyproject.toml", "services/mail/setup.py", "package.json"],
    "workspace": ["pyproject.toml", "packages/billing/pyproject.toml", "noxfile.py"],
}


def lay_out(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


@pytest.mark.parametrize("shape", SHAPES)
def test_the_root_is_no_project(shape: str, template: Path, tmp_path: Path) -> None:
    before = contents(lay_out(tmp_path, *SHAPES[shape]))
    named = re.escape("holds projects and no code of its own (") + r"\w+/billing"
    with pytest.raises(ValueError, match=named):
        render(tmp_path, template)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("own", ["tests/test_it.py", "src/shop/app.py", "shop/__init__.py"])
def test_a_root_with_code_is_a_project(own: str, template: Path, tmp_path: Path) -> None:
    lay_out(tmp_path, *SHAPES["services"], own)
    render(tmp_path, template)
    assert "project_kind: existing\n" in (tmp_path / ".copier-answers.yml").read_text()


# In the gate, test_guard.py has several projects below one root.
@pytest.mark.full
def test_pytest_runs_all_from_the_root(
    template: Path, environment: Environment, tmp_path: Path
) -> None:
    """With the settings of the page, and only with these."""
    names = {"billing-api": "fastapi", "web": "aiohttp", "mail": "library"}
    projects = [tmp_path / "services" / name for name in names]
    for project, framework in zip(projects, names.values(), strict=True):
        render(project, template, framework=framework)
    page = (ROOT / "docs" / "new-project.md").read_text()
    (settings,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "pyproject.toml").write_text(settings)

    def run_all() -> str:
        command = (environment.python, "-m", "pytest", "-p", "no:cacheprovider")
        sources = os.pathsep.join(str(project / "src") for project in projects)
        done = run(*command, cwd=tmp_path, PYTHONPATH=sources)
        return done.stdout if done.returncode else ""

    assert run_all() == ""
    (tmp_path / "pyproject.toml").write_text(settings.replace('"auto"', '"strict"'))
    assert "test_pyproject_toml_is_in_force" in run_all()
    for project in projects:
        path = str(project.relative_to(tmp_path))
        command = (environment.python, "-m", "pytest", "-p", "no:cacheprovider", path)
        assert_done(run(*command, cwd=tmp_path, PYTHONPATH=str(project / "src")))
