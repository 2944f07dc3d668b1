"""An answer that changes in an update is one step: the update, and the command that it names."""

from __future__ import annotations

import itertools
import re
import shlex
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from async_test_template.cli import main
from covering import apart, gated
from helpers import (
    FRAMEWORKS,
    STORES,
    Answers,
    assert_done,
    choices,
    commit,
    contents,
    copy_template,
    git,
    render,
    run_copier,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from environments import Environment

pytestmark = pytest.mark.slow

ANSWERS_FILE = ".copier-answers.yml"
#: What an update changes of the files that depend on the answers below.
OF_THE_TEMPLATE = (ANSWERS_FILE, "tests/async_guard.py", "tests/test_event_loop.py")
#: Fixtures of a user that are as wide as the run, and one that asks for them.
OWN = """

@pytest.fixture(scope="session")
async def engine({backend}) -> object:
    return object()


@pytest.fixture(scope="session")
def tables(engine: object) -> list[object]:
    return [engine]


@pytest.fixture
def row(tables: list[object]) -> object:
    return tables[0]
"""
#: Answers that an update of a project of FastAPI on asyncio refuses, each with the reason.
REFUSED = {
    "framework=aiohttp": "your own files in src/ and tests/ are written for framework=fastapi",
    "backend=anyio": "your own files in src/ and tests/ are written for backend=asyncio",
    "event_loop=uvloop": "your own files in src/ and tests/ are written for event_loop=asyncio",
    "database=sqlite": "your own files in src/ and tests/ are written for database=none",
    "mode=strict": "your own files in src/ and tests/ are written for mode=auto",
    "package_name=other": "Rename src/sample and its imports yourself",
    "project_kind=existing": "An update cannot make a new project of an existing one",
}
OWN_TEST = """async def test_own(row: object, engine: object) -> None:
    assert row is engine
"""


@pytest.fixture(scope="module")
def fresh(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a function that renders a project once, and again for nobody."""
    rendered: dict[str, Path] = {}

    def of(**answers: Any) -> Path:  # noqa: ANN401 - an answer may be anything
        key = str(sorted(answers.items()))
        if key not in rendered:
            folder = tmp_path_factory.mktemp("fresh") / "sample"
            rendered[key] = render(folder, template, **answers)
        return rendered[key]

    return of


WITH_DATABASE: list[Answers] = [
    answers | {"database": database}
    for answers in FRAMEWORKS
    if answers["framework"] in STORES
    for database in choices("database")
    if database != "none"
]
ROWS: list[Answers] = [
    answers | {"mode": mode, "before": before, "after": after}
    for answers in (*FRAMEWORKS, *WITH_DATABASE)
    for mode in choices("mode")
    for before, after in itertools.permutations(choices("loop_scope"), 2)
]
#: Each framework and backend becomes wider once in the gate, and narrower once in the other mode.
IN_GATE = [("auto", "function", "session"), ("strict", "module", "function")]
#: The fixtures that have a database are the same on another backend, and with another database.
NOT_IN_GATE = [("sqlite", "anyio"), ("postgresql", "asyncio"), ("postgresql", "anyio")]


@pytest.mark.one_in(5)
@pytest.mark.parametrize(
    "row",
    gated(
        ROWS,
        lambda row: (
            (row["mode"], row["before"], row["after"]) in IN_GATE
            and (row.get("database"), row["backend"]) not in NOT_IN_GATE
            and row["framework"] != "asgi"  # its conftest.py is FastAPI's
        ),
    ),
)
def test_the_command_makes_a_project_the_same_as_a_new_one(
    row: Answers, fresh: Callable[..., Path], tmp_path: Path
) -> None:
    before, answers = apart(row, "before")
    after, answers = apart(answers, "after")
    new = fresh(**answers, loop_scope=after)
    project = shutil.copytree(fresh(**answers, loop_scope=before), tmp_path / "sample")
    git(project, "init", "--quiet")
    commit(project)
    # As the update leaves them, which other tests run.
    for file in OF_THE_TEMPLATE:
        shutil.copy(new / file, project / file)
    assert main(["migrate", "--loop-scope", after, str(project)]) == 0
    assert contents(project) == contents(new)


@pytest.fixture
def template_repository(tmp_path: Path) -> Path:
    """Return the template of the work tree as a repository with a release."""
    folder = copy_template(tmp_path / "template")
    git(folder, "init", "--quiet")
    commit(folder, "1.9.0")
    return folder


def generate(template: Path, **answers: str) -> Path:
    """Generate a project, and commit it."""
    folder = template.parent / "sample"
    data = [part for key, value in answers.items() for part in ("--data", f"{key}={value}")]
    source = f"git+file://{template}"
    assert_done(run_copier("copy", "--defaults", *data, source, folder, cwd=template.parent))
    git(folder, "init", "--quiet")
    commit(folder)
    return folder


def commands_of(said: str) -> list[list[str]]:
    """Return the commands of the engine that Copier names."""
    found = re.findall(r"^    uvx .* async-test-template (.+)$", said, re.MULTILINE)
    return [shlex.split(command) for command in found]


def assert_green(environment: Environment, project: Path) -> None:
    """Run the suite of a project, which has to pass."""
    done = environment.pytest(project, "-p", "no:randomly", "-W", "error")
    assert done.returncode == 0, done.stdout


# The gate tries the command on projects without fixtures of their own.
@pytest.mark.full
@pytest.mark.parametrize(
    "row",
    gated(
        (
            answers | {"before": before, "after": after}
            for answers in FRAMEWORKS
            for before, after in (("session", "function"), ("function", "session"))
        ),
        lambda row: (
            {"framework": "fastapi", "backend": "asyncio", "before": "session"}.items()
            <= row.items()
        ),
    ),
)
def test_own_fixtures_follow_too(
    row: Answers, template_repository: Path, environment: Environment
) -> None:
    before, answers = apart(row, "before")
    after, answers = apart(answers, "after")
    project = generate(template_repository, loop_scope=before, **answers)
    if before == "session":
        conftest = project / "tests" / "conftest.py"
        backend = "anyio_backend: str" if answers["backend"] == "anyio" else ""
        text = conftest.read_text()
        text += "" if "import pytest\n" in text else "\nimport pytest\n"
        conftest.write_text(text + OWN.format(backend=backend))
        (project / "tests" / "test_own.py").write_text(OWN_TEST)
        commit(project)
        assert_green(environment, project)
    done = run_copier("update", "--defaults", "--data", f"loop_scope={after}", cwd=project)
    assert_done(done)
    (command,) = commands_of(done.stdout)
    assert main([*command, str(project)]) == 0
    assert_green(environment, project)


# The gate tries the command with answers that it may change.
@pytest.mark.full
@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([*REFUSED], id="all"),
        # One of each reason.
        pytest.param(["backend=anyio", "package_name=other", "project_kind=existing"], id="few"),
    ],
)
def test_answers_that_own_files_are_built_on_stay(
    answers: list[str], template_repository: Path
) -> None:
    project = generate(template_repository)
    for answer, reason in ((answer, REFUSED[answer]) for answer in answers):
        with pytest.raises(ValueError, match=reason):
            run_copier("update", "--defaults", "--data", answer, cwd=project)
        assert git(project, "status", "--porcelain") == ""
    same = ("--data", "framework=fastapi", "--data", "package_name=sample")
    done = run_copier("update", "--defaults", *same, cwd=project)
    assert_done(done)
    assert "Updated." in done.stdout
    # None of these is in a file that follows.
    assert commands_of(done.stdout) == []
