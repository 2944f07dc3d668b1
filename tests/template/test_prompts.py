"""The questions as a person sees them: a real terminal, real keys, and the screen."""

from __future__ import annotations

import itertools
import re
import shlex
from typing import TYPE_CHECKING, Any

import copier
import pytest
import yaml
from covering import covered
from helpers import (
    COPIER,
    QUESTIONS,
    STORES,
    Answers,
    assert_done,
    choices,
    copy_template,
    git,
    products,
    run,
    run_copier,
)
from terminal import CLEAR, DOWN, ENTER, Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Start = Callable[..., Terminal]

NARROWEST = 80
BOTH = "asyncio and trio, every test on both"
ANSWERS = ".copier-answers.yml"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start Copier in terminals that close after the test."""
    opened: list[Terminal] = []

    def start(*arguments: str | Path, cwd: Path = tmp_path, columns: int = 80) -> Terminal:
        opened.append(Terminal(*COPIER, *arguments, cwd=cwd, columns=columns))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()


def existing_project(folder: Path) -> Path:
    folder.mkdir()
    (folder / "setup.py").touch()
    return folder


def saved(project: Path) -> Answers:
    answers: Answers = yaml.safe_load((project / ANSWERS).read_text(encoding="utf-8"))
    return {key: value for key, value in answers.items() if not key.startswith("_")}


def asked(screen: str) -> list[str]:
    """Return the questions that the screen shows, by their help."""
    return [line.removeprefix("● ") for line in screen.splitlines() if line.startswith("● ")]


@pytest.mark.slow
@pytest.mark.parametrize("columns", [NARROWEST, pytest.param(100, marks=pytest.mark.full)])
def test_a_person_answers_every_question(
    tmp_path: Path, template: Path, start: Start, columns: int
) -> None:
    project = tmp_path / "web shop"
    terminal = start("copy", template, project, columns=columns)
    terminal.wait_for("What is the project called?\n   web shop")
    terminal.type(f"{CLEAR}  {ENTER}", then="Give it at least one letter.")
    terminal.type(f"{CLEAR}Web Käse Shop{ENTER}", then="» FastAPI")
    terminal.type(DOWN, then="» aiohttp")
    terminal.type(ENTER, then="» asyncio - tests run by pytest-asyncio")
    terminal.type(DOWN, then="» AnyIO")
    terminal.type(ENTER, then="» asyncio only")
    terminal.type(ENTER, then="» nowhere")
    terminal.type(DOWN, then="» SQLite")
    terminal.type(ENTER, then="» auto")
    terminal.type(DOWN, then="» strict")
    terminal.type(ENTER, then="» nothing")
    terminal.type(DOWN * 2, then="» what their module opened")
    terminal.type(ENTER, then="fail as hung")
    terminal.type(f"{CLEAR}soon{ENTER}", then="Invalid input")
    terminal.type(f"{CLEAR}-5{ENTER}", then="'timeout': Give whole seconds from 0 to 86400.")
    terminal.type(f"{CLEAR}12{ENTER}", then="Created. Next:")
    assert terminal.finish() == 0
    assert len(asked(terminal.text)) == 8
    assert "🎤" not in terminal.text
    assert saved(project) == {
        "backend": "anyio",
        "ci": "none",
        "database": "sqlite",
        "description": "A project with async tests.",
        "event_loop": "asyncio",
        "framework": "aiohttp",
        "guard": "vendored",
        "loop_scope": "module",
        "mode": "strict",
        "own_files": [],
        "package_name": "web_k_se_shop",
        "pre_commit": False,
        "project_kind": "new",
        "project_name": "Web Käse Shop",
        "python_version": "3.11",
        "timeout": 12,
        "with_trio": False,
    }


@pytest.mark.one_in(2)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("framework", "reason"),
    [
        ("fastapi", "FastAPI's uvicorn needs asyncio"),
        ("aiohttp", "aiohttp needs asyncio"),
    ],
)
def test_trio_is_greyed_out_with_its_reason_where_it_cannot_run(
    tmp_path: Path, template: Path, start: Start, framework: str, reason: str
) -> None:
    terminal = start("copy", *about_trio(framework), template, existing_project(tmp_path / "old"))
    terminal.wait_for("» asyncio only")
    assert f"   - {BOTH} ({reason})" in terminal.text.splitlines()
    terminal.type(DOWN, then="» asyncio only")
    terminal.type(ENTER, then="» auto")
    assert "On which event loops do the tests run?\n   asyncio only\n" in terminal.text


@pytest.mark.slow
def test_trio_can_be_chosen_for_a_library(tmp_path: Path, template: Path, start: Start) -> None:
    terminal = start("copy", *about_trio("library"), template, existing_project(tmp_path / "old"))
    terminal.wait_for("» asyncio only")
    terminal.type(DOWN, then=f"» {BOTH}")
    terminal.type(ENTER, then="» auto")
    assert f"On which event loops do the tests run?\n   {BOTH}\n" in terminal.text


def about_trio(framework: str) -> list[str]:
    """Return the options that make the question about trio the first one."""
    return ["--data", f"framework={framework}", "--data", "backend=anyio"]


@pytest.mark.slow
def test_a_folder_with_code_is_an_existing_project_and_is_asked_less(
    tmp_path: Path, template: Path, start: Start
) -> None:
    terminal = start("copy", template, existing_project(tmp_path / "old"))
    for question in ("talk to?", "async API", "does the plugin run?", "tests share?", "as hung"):
        terminal.wait_for(question)
        terminal.type(ENTER, then="")
    terminal.wait_for("Added the missing files")
    assert terminal.finish() == 0
    assert len(asked(terminal.text)) == 5
    assert not (tmp_path / "old" / "pyproject.toml").exists()


def paths() -> list[Answers]:
    """Return every way through the questions of a new and of an existing project."""
    kinds = ({"project_kind": kind} for kind in choices("project_kind"))
    return [kind | answers for kind, answers in itertools.product(kinds, products())]


@pytest.mark.slow
@pytest.mark.parametrize("path", covered(paths(), strength=1))
def test_no_path_asks_more_than_eight_questions(
    tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch, path: Answers
) -> None:
    prompted = []

    def prompt(questions: list[dict[str, Any]], answers: Answers) -> Answers:
        """Answer as the path says, or with the default."""
        [question] = questions
        name = question["name"]
        if question["when"](answers):
            prompted.append(name)
        return {name: path.get(name, answers[name])}

    monkeypatch.setattr("copier._main.unsafe_prompt", prompt)
    folder = tmp_path / "project"
    if path["project_kind"] == "existing":
        existing_project(folder)
    copier.run_copy(str(template), folder, pretend=True, quiet=True)
    expected = {"framework", "backend", "mode", "loop_scope", "timeout"}
    if path["backend"] == "anyio":
        expected |= {"with_trio"}
    if path["project_kind"] == "new":
        expected |= {"project_name"}
    if path["project_kind"] == "new" and path["framework"] in STORES:
        expected |= {"database"}
    assert sorted(prompted) == sorted(expected)
    assert len(prompted) <= 8


@pytest.mark.full
def test_expert_questions_are_asked_on_request(
    tmp_path: Path, template: Path, start: Start
) -> None:
    terminal = start("copy", "--defaults", "--ask", "ci", template, tmp_path / "shop")
    terminal.wait_for("» none")
    terminal.type(DOWN, then="» GitHub Actions")
    terminal.type(ENTER, then="Created.")
    assert terminal.finish() == 0
    assert saved(tmp_path / "shop")["ci"] == "github"


def test_every_question_reads_well() -> None:
    for name, question in QUESTIONS.items():
        assert question["help"].count("?") == 1, name
        assert question["help"].endswith("?"), name
        assert len(question["help"]) <= 78, name
        assert question["qmark"] == "●", name


def test_every_choice_fits_the_narrowest_screen() -> None:
    labels = [label for question in QUESTIONS.values() for label in question.get("choices", ())]
    assert [label for label in labels if len(f" » {label}") > NARROWEST] == []


@pytest.mark.slow
def test_without_a_terminal_copier_refuses_with_a_sentence(tmp_path: Path, template: Path) -> None:
    done = run(*COPIER, "copy", template, tmp_path / "shop", cwd=tmp_path)
    assert done.returncode == 1
    assert "Interactive session required: Use `--defaults` and/or `--data`" in done.stdout
    assert "Traceback" not in done.stdout
    assert not (tmp_path / "shop").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "last"),
    [
        ("new", ["-m", "Start from async-test-template"]),
        ("existing", ["async-test-template", "migrate"]),
    ],
)
def test_the_last_message_is_commands_to_paste(
    tmp_path: Path, template: Path, start: Start, kind: str, last: list[str]
) -> None:
    project = tmp_path / "Maria's shop"
    if kind == "existing":
        existing_project(project)
    terminal = start("copy", "--defaults", template, project, columns=500)
    assert terminal.finish() == 0
    message = terminal.text.partition("Next")[2].splitlines()
    commands = [shlex.split(line) for line in message if line.startswith("    ")]
    assert commands[0] == ["cd", str(project)]
    assert commands[-1][-len(last) :] == last
    assert message[-1].startswith("    "), terminal.text
    assert len(message) <= 7, terminal.text


@pytest.mark.full
def test_the_last_message_does_not_leave_the_folder_that_copier_ran_in(
    tmp_path: Path, template: Path, start: Start
) -> None:
    terminal = start("copy", "--defaults", template, ".", cwd=tmp_path)
    assert terminal.finish() == 0
    assert "Next:\n\n    uv run pytest\n    git init && git add ." in terminal.text


@pytest.mark.one_in(2)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("folder", "ci"),
    [(".", "github"), ("services/it's one", "github"), ("services/one", "gitlab")],
)
def test_the_last_message_knows_the_repository_around(
    folder: str, ci: str, tmp_path: Path, template: Path
) -> None:
    """A worktree has a file .git, and CI reads only what is at the root."""
    git(tmp_path, "init", "--quiet", "main")
    git(tmp_path / "main", "commit", "--quiet", "--allow-empty", "--message", "first")
    git(tmp_path / "main", "worktree", "add", "--quiet", str(tmp_path / "root"))
    root = tmp_path / "root"
    data = ("--data", f"ci={ci}", "--data", "package_name=one")
    done = run_copier("copy", "--defaults", *data, template, folder, cwd=root)
    assert_done(done)
    message = done.stdout.partition("Created. Next:")[2]
    # Two files are for people to edit: they know what is in the other one.
    commands = re.findall("^    ((?:cd|mkdir|mv|git) .*)", message, re.MULTILINE)
    (root / ".gitlab-ci.yml").touch()
    identity = {"GIT_CONFIG_COUNT": "2"}
    for number, name in enumerate(("name", "email")):
        identity |= {f"GIT_CONFIG_KEY_{number}": f"user.{name}", f"GIT_CONFIG_VALUE_{number}": "me"}
    assert_done(run("bash", "-ec", "\n".join(commands), cwd=root, **identity))
    assert git(root, "status", "--porcelain", "--", folder, ".github") == ""
    lines = [line.strip() for line in message.splitlines()]
    if folder == ".":
        assert "root of the repository" not in message
    elif ci == "github":
        assert lines[lines.index("defaults:") + 1] == "run:"
        assert f'working-directory: "{folder}"' in lines
        assert (root / ".github" / "workflows" / "one.yml").exists()
    else:
        assert f'include: "/{folder}/.gitlab-ci.yml"' in lines
        assert f'before_script: ["cd {folder}"]' in lines


@pytest.mark.slow
def test_update_says_what_it_leaves_alone_and_what_to_run(tmp_path: Path, start: Start) -> None:
    source, project = copy_template(tmp_path / "template"), tmp_path / "shop"
    commit(source, "v1.0.0")
    copier.run_copy(str(source), project, defaults=True, quiet=True)
    commit(project, "start")
    with (source / "template/tests/async_guard.py.jinja").open("a") as guard:
        guard.write("# newer\n")
    commit(source, "v1.1.0")
    terminal = start("update", "--defaults", cwd=project)
    assert terminal.finish() == 0
    lines = terminal.text.splitlines()
    assert lines[0] == "Your own files stay as they are."
    assert lines[-7:-3] == [
        "Updated. Read the changes and run the tests:",
        "",
        "    git diff",
        "    uv run pytest",
    ]
    assert lines[-2].startswith('If `git status` says "both modified" of a file')
    assert (project / "tests" / "async_guard.py").read_text().endswith("# newer\n")


def commit(folder: Path, tag: str) -> None:
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", tag)
    git(folder, "tag", tag)
