"""copier.yml keeps its promises: keys, defaults, and nothing for which Copier needs trust."""

from __future__ import annotations

import dataclasses
import keyword
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml
from copier._template import Template
from copier._user_data import Question
from helpers import QUESTIONS, ROOT, choices, copy_template, git, render

if TYPE_CHECKING:
    from pathlib import Path

    from environments import Environment

SETTINGS = yaml.safe_load((ROOT / "copier.yml").read_text())
PUBLIC = {
    "project_kind": ["new", "existing"],
    "project_name": None,
    "package_name": None,
    "description": None,
    "framework": ["fastapi", "aiohttp", "asgi", "library"],
    "backend": ["asyncio", "anyio"],
    "with_trio": [False, True],
    "event_loop": ["asyncio", "uvloop", "both"],
    "database": ["none", "sqlite", "postgresql"],
    "mode": ["auto", "strict"],
    "loop_scope": ["function", "class", "module", "session"],
    "timeout": None,
    "guard": ["vendored", "package", "none"],
    "contract_test": ["none", "schemathesis"],
    "pre_commit": [False, True],
    "python_version": ["3.11", "3.12", "3.13", "3.14", "3.15"],
    "ci": ["none", "github", "gitlab"],
    "ci_shards": None,
    "ci_pins": ["2026-11"],
    "own_files": [
        "tests/async_guard.py",
        "tests/pytest_async_guard",
        "tests/test_event_loop.py",
        ".github/workflows/test.yml",
        ".gitlab-ci.yml",
    ],
}


def test_the_questions_are_the_public_interface() -> None:
    offered = {key: choices(key) if "choices" in QUESTIONS[key] else None for key in QUESTIONS}
    assert offered == PUBLIC


def test_copier_knows_every_key() -> None:
    """Copier ignores what it does not know, so a misspelt key would do nothing."""
    settings = {key.removeprefix("_") for key in SETTINGS if key.startswith("_")}
    known = {name for name in dir(Template) if not name.startswith("_")} | {"migrations"}
    assert settings <= known
    question_keys = {field.name for field in dataclasses.fields(Question)}
    for question in QUESTIONS.values():
        assert set(question) <= question_keys


def test_no_copy_needs_trust() -> None:
    assert not {"_tasks", "_jinja_extensions"} & set(SETTINGS)
    assert all("version" in migration for migration in SETTINGS.get("_migrations", ()))


@pytest.mark.parametrize("key", QUESTIONS)
def test_help_is_one_question(key: str) -> None:
    text = QUESTIONS[key]["help"]
    assert re.fullmatch(r"[^?]+\?", text)
    assert len(text) < 80


@pytest.mark.parametrize("key", QUESTIONS)
def test_every_question_has_a_default(key: str) -> None:
    """Without one, Copier stops with a traceback when nobody is there to answer."""
    assert "default" in QUESTIONS[key]


@pytest.mark.slow
def test_the_answers_are_those_of_the_questions(template: Path, tmp_path: Path) -> None:
    answered: set[str] = set()
    # No project is asked everything: only a library runs on trio, and only FastAPI has a schema.
    for framework in ("library", "aiohttp", "fastapi"):
        given = {"backend": "anyio", "framework": framework, "ci": "github"}
        project = render(tmp_path / framework, template, **given)
        answered |= yaml.safe_load((project / ".copier-answers.yml").read_text()).keys()
    assert answered - {"_src_path", "_commit"} == QUESTIONS.keys()


def test_paths_are_safe_on_windows() -> None:
    paths = [path.relative_to(ROOT).as_posix() for path in (ROOT / "template").rglob("*")]
    assert paths
    assert [path for path in paths if len(path) >= 120 or re.search(r'["<>:|?*\\]', path)] == []
    assert len({path.lower() for path in paths}) == len(paths)


@pytest.mark.slow
def test_reserved_names_are_those_of_python_and_the_dependencies(environment: Environment) -> None:
    text = (ROOT / "includes" / "reserved_names.jinja").read_text()
    reserved = set(re.search(r"'(.*)'", text, re.DOTALL)[1].split())  # type: ignore[index]
    names = {*keyword.kwlist, *sys.stdlib_module_names, "con", "nul", "com1", "lpt9", "tests"}
    installed = subprocess.run(
        [
            environment.python,
            "-c",
            "import importlib.metadata as m; print(*m.packages_distributions())",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    names.update(name for name in installed if name.isidentifier())
    assert {name.lower() for name in names if not name.startswith("_")} - reserved == set()


def test_another_template_keeps_its_answers(template: Path, tmp_path: Path) -> None:
    theirs = "_commit: 1.0.0\n_src_path: gh:someone/else\nname: theirs\n"
    (tmp_path / ".copier-answers.yml").write_text(theirs)
    with pytest.raises(ValueError, match=re.escape("-a .copier-answers.async-test.yml")) as error:
        render(tmp_path, template)
    assert "gh:someone/else" in str(error.value)
    assert [file.name for file in tmp_path.iterdir()] == [".copier-answers.yml"]
    assert (tmp_path / ".copier-answers.yml").read_text() == theirs


@pytest.mark.slow
def test_a_project_can_be_copied_again(template: Path, tmp_path: Path) -> None:
    project = render(tmp_path / "sample", template, loop_scope="module")
    answers = (project / ".copier-answers.yml").read_text()
    render(project, template)
    assert (project / ".copier-answers.yml").read_text() == answers


@pytest.mark.slow
@pytest.mark.parametrize("sign", ["pyproject.toml", "setup.cfg", "app.py", "src/app/app.py"])
@pytest.mark.parametrize("folder", ["plain", "with [brackets]*"])
def test_an_existing_project_is_recognised(
    sign: str, folder: str, template: Path, tmp_path: Path
) -> None:
    project = tmp_path / folder
    (project / sign).parent.mkdir(parents=True)
    (project / sign).touch()
    render(project, template)
    answers = yaml.safe_load((project / ".copier-answers.yml").read_text())
    assert answers["project_kind"] == "existing"


@pytest.mark.slow
def test_a_fresh_repository_is_a_new_project(template: Path, tmp_path: Path) -> None:
    project = tmp_path / "fresh"
    project.mkdir()
    git(project, "init", "--quiet")
    for name in ("README.md", "LICENSE", ".gitignore"):
        (project / name).write_text(f"my {name}\n")
    render(project, template)
    answers = yaml.safe_load((project / ".copier-answers.yml").read_text())
    assert answers["project_kind"] == "new"
    for name in ("README.md", "LICENSE", ".gitignore"):
        assert (project / name).read_text() == f"my {name}\n"


@pytest.mark.slow
def test_the_oldest_copier_renders_it(tmp_path: Path) -> None:
    """`_min_copier_version` is a promise."""
    version = SETTINGS["_min_copier_version"]
    template = copy_template(tmp_path / "template")
    subprocess.run(
        [
            "uvx",
            "--quiet",
            f"copier@{version}",
            "copy",
            "--defaults",
            "--quiet",
            template,
            tmp_path / "sample",
        ],
        check=True,
    )
    assert (tmp_path / "sample" / "tests" / "async_guard.py").exists()
