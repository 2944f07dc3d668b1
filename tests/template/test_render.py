"""Every valid combination of answers renders files that their own tools accept."""

from __future__ import annotations

import itertools
import re
import sys
from typing import TYPE_CHECKING, Any

import pytest
import tomllib
import yaml
from covering import covering
from helpers import QUESTIONS, STACKS, Answers, choices, products, render, run
from validate_pyproject.api import Validator

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EXPERT = ("contract_test", "pre_commit", "event_loop")
# Not in the product: each value of the other questions, with several combinations of it.
VARIANTS: list[Answers] = [
    dict(zip(("python_version", "timeout", "project_kind", "ci", *EXPERT), values, strict=True))
    for values in itertools.islice(
        map(
            itertools.chain,
            itertools.cycle(itertools.product(choices("python_version"), (0, 30))),
            itertools.cycle(itertools.product(choices("project_kind"), choices("ci"))),
            itertools.cycle(itertools.product(*map(choices, EXPERT))),
        ),
        24,
    )
]


def fitting(answers: Answers) -> Answers:
    """Return the answers without those that the others rule out."""
    ruled_out = {
        "contract_test": answers["framework"] != "fastapi",
        "event_loop": answers.get("project_kind") == "existing",
    }
    return {key: value for key, value in answers.items() if not ruled_out.get(key)}


COMBINATIONS = [
    fitting(answers | variant)
    for number, answers in enumerate(products())
    for variant in ({}, VARIANTS[number % len(VARIANTS)])
]
#: Every value of every question once.
FEW = covering(COMBINATIONS, 1)

# An existing project has a length of its own; the files were written for this one.
LINE_LENGTH = ("--config", "line-length=100", "--config", "extend-exclude=[]")


def parse(file: Path) -> Any:  # noqa: ANN401
    """Read a file as the tools do that it is for; Python is the linter's to read."""
    text = file.read_text(encoding="utf-8")
    parsers: dict[str, Callable[[str], Any]] = {".toml": tomllib.loads, ".yml": yaml.safe_load}
    return parsers.get(file.suffix, str)(text)


def complaints(file: Path) -> list[str]:
    """Return what a careful reader would notice in the text of a file."""
    text = file.read_text(encoding="utf-8")
    blank_lines = 2 if file.suffix in {".py", ".mako"} else 1
    checks = {
        "Jinja is left over": r"\{[%#]|(?<!\$)\{\{",
        "a line ends in spaces": r"[ \t]\n",
        "too many blank lines": rf"\n{{{blank_lines + 2}}}",
        "it starts with a blank line": r"\A\n",
        "it ends with a blank line": r"\n\n\Z",
        "the last line has no end": r"[^\n]\Z",
    }
    return [f"{file}: {name}" for name, pattern in checks.items() if re.search(pattern, text)]


def assert_ruff_is_content(folder: Path) -> None:
    """Require that neither the linter nor the formatter has anything to do."""
    for command in (("check",), ("format", "--diff")):
        done = run(sys.executable, "-m", "ruff", *command, "--no-cache", *LINE_LENGTH, cwd=folder)
        assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    "combinations",
    [
        pytest.param(FEW, id="few"),
        pytest.param(COMBINATIONS, id="all", marks=pytest.mark.full),
    ],
)
def test_every_combination_is_well_formed(
    combinations: list[Answers], template: Path, tmp_path: Path
) -> None:
    for number, answers in enumerate(combinations):
        render(tmp_path / f"{number}", template, project_name=f"Sample {number}", **answers)
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    contents = {file: parse(file) for file in files}
    assert [complaint for file in files for complaint in complaints(file)] == []
    assert_ruff_is_content(tmp_path)
    for file, content in contents.items():
        if file.name == "AGENTS.md":
            assert len(content.splitlines()) < 40
        if file.name == "pyproject.toml":
            Validator()(content)
            answers = combinations[int(file.relative_to(tmp_path).parts[0])]
            settings = content["tool"]["pytest"]["ini_options"]
            assert settings[f"{answers['backend']}_mode"] == answers["mode"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "stacks"),
    [
        pytest.param("a", STACKS, id="short", marks=pytest.mark.full),
        pytest.param("zebra", STACKS, id="late", marks=pytest.mark.full),
        pytest.param("x" * 64, STACKS, id="long", marks=pytest.mark.full),
        pytest.param("x" * 64, covering(STACKS, 1), id="long in few"),
    ],
)
def test_the_name_of_the_package_does_not_disturb_the_format(
    name: str, stacks: list[Answers], template: Path, tmp_path: Path
) -> None:
    others = {"package_name": name, "mode": "strict", "loop_scope": "session"}
    for number, answers in enumerate(stacks):
        render(tmp_path / f"{number}", template, **others, **answers)
    assert_ruff_is_content(tmp_path)


@pytest.mark.slow
def test_every_choice_of_every_question_changes_a_file(template: Path, tmp_path: Path) -> None:
    """An answer without an effect would be an unnecessary question."""
    base = {"framework": "library", "backend": "anyio"}
    questions: tuple[str, ...] = ("framework", "backend", "with_trio", "mode", "loop_scope")
    questions += ("guard", "ci")
    questions += (
        "event_loop",
        "database",
        "contract_test",
        "pre_commit",
        "python_version",
        "project_kind",
    )
    frameworks = {"database": "aiohttp", "contract_test": "fastapi"}
    usual = {name: QUESTIONS[name].get("default") for name in questions}
    known: dict[str, dict[Path, str]] = {}

    def rendered_with(answers: Answers) -> dict[Path, str]:
        """Render a project, and one that has the defaults only once."""
        key = str({name: value for name, value in answers.items() if value != usual.get(name)})
        if key not in known:
            project = render(tmp_path / f"{len(known)}" / "sample", template, **answers)
            known[key] = {
                file.relative_to(project): file.read_text()
                for file in project.rglob("*")
                if file.is_file() and file.name != ".copier-answers.yml"
            }
        return known[key]

    for question in questions:
        framework = frameworks.get(question, base["framework"])
        rendered = [
            rendered_with(base | {"framework": framework, question: value})
            for value in choices(question)
        ]
        assert all(a != b for a, b in itertools.combinations(rendered, 2)), question
