"""Every generated suite runs green: with new and old releases, in any order, in parallel."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

import pytest
import pythons
from covering import Row, apart, covering, gated
from environments import Environment
from filelock import FileLock
from helpers import (
    EVERYTHING,
    FRAMEWORKS,
    STACK,
    STACKS,
    STORES,
    Answers,
    choices,
    interpreter,
    label,
    products,
    render,
    require_postgresql,
    run,
)

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

OTHER_PYTHONS = ("3.12", "3.13", "3.14", "3.15")


def assert_green(done: subprocess.CompletedProcess[str]) -> None:
    """Require that tests passed, and nothing else happened."""
    assert done.returncode == 0, done.stdout
    counts = {kind: int(count) for count, kind in re.findall(r"(\d+) (\w+)", done.stdout[-200:])}
    assert counts["passed"] > 10, done.stdout
    assert not counts.keys() & {"failed", "error", "errors", "warning", "warnings", "skipped"}
    assert not counts.keys() & {"xfailed", "xpassed"}, done.stdout


#: How the tests are run: in order, at random, in parallel.
ORDERS = {
    "in-order": ("-p", "no:randomly"),
    "at-random": ("-p", "randomly"),
    "in-parallel": ("-p", "no:randomly", "-n", "2"),
}


# A backend has one way to choose an event loop, whatever the framework is.
FEW_EVENT_LOOPS: list[Answers] = [
    {"framework": "fastapi", "backend": "asyncio", "database": "none", "event_loop": "both"},
    {"framework": "asgi", "backend": "anyio", "event_loop": "uvloop"},
]


def gate() -> Iterator[Row]:
    """Yield frameworks and backends with all else in turn, but for those with an event loop."""
    databases = itertools.cycle(("postgresql", "none", "sqlite"))
    others = itertools.cycle(
        covering(
            dict(zip(("mode", "loop_scope", "order"), row, strict=True))
            for row in itertools.product(choices("mode"), choices("loop_scope"), ORDERS)
        )
    )
    for answers in FRAMEWORKS:
        pair = {"framework": answers["framework"], "backend": answers["backend"]}
        if any(pair.items() <= few.items() for few in FEW_EVENT_LOOPS):
            continue
        database = next(databases) if answers["framework"] in STORES else "none"
        yield answers | {"database": database} | next(others)


GATE = list(gate())


@pytest.mark.parametrize(
    "row",
    gated(
        ({**answers, "order": order} for answers in products() for order in ORDERS),
        GATE.__contains__,
    ),
)
def test_the_newest_releases_run_it(
    row: Answers, template: Path, environment: Environment, tmp_path: Path
) -> None:
    order, answers = apart(row, "order")
    project = render_runnable(tmp_path / "sample", template, answers)
    done = environment.pytest(project, "-W", "error", *ORDERS[order])
    assert_green(done)


ON_EVENT_LOOPS = [
    answers | {"event_loop": event_loop, "loop_scope": choices("loop_scope")[number % 4]}
    for number, answers in enumerate(STACKS)
    for event_loop in ("uvloop", "both")
]


@pytest.mark.parametrize(
    "answers",
    gated(ON_EVENT_LOOPS, lambda row: any(few.items() <= row.items() for few in FEW_EVENT_LOOPS)),
)
def test_it_runs_on_every_event_loop(
    answers: Answers, template: Path, environment: Environment, tmp_path: Path
) -> None:
    project = render_runnable(tmp_path / "sample", template, answers)
    assert_green(environment.pytest(project, "-W", "error"))


def test_coverage_is_of_the_code_of_the_project(
    template: Path, environment: Environment, tmp_path: Path
) -> None:
    project = render(tmp_path / "sample", template, framework="library")
    done = environment.pytest(project, "--cov", "--cov-report=term-missing")
    assert_green(done)
    assert "TOTAL" in done.stdout
    assert "async_guard" not in done.stdout


@pytest.fixture(scope="session")
def other_environment(on_disk: Path) -> Callable[[str], Environment]:
    """Return a function that builds the environment of another Python, once a run, or skips."""

    def build(version: str) -> Environment:
        python = interpreter(version)
        folder = on_disk / f"environment-{version}"
        with FileLock(f"{folder}.lock"):
            if not folder.exists():
                Environment.build(folder, python, *EVERYTHING)
        return Environment(folder)

    return build


def render_runnable(folder: Path, template: Path, answers: Answers) -> Path:
    """Render a project whose tests this machine can run, or skip the test."""
    if answers["database"] == "postgresql":
        require_postgresql()
    return render(folder, template, **answers)


# Every framework and backend, and each mode and each loop scope somewhere.
ON_OTHER_PYTHONS = [
    answers
    | {"mode": choices("mode")[number % 2], "loop_scope": choices("loop_scope")[number % 4]}
    | {"python_version": version}
    for number, answers in enumerate(STACKS)
    for version in OTHER_PYTHONS
]
#: With what depends most on the version of Python: the event loop and its policies.
ON_NEWEST = {"framework": "fastapi", "backend": "asyncio", "python_version": OTHER_PYTHONS[-1]}


@pytest.mark.parametrize(
    "row",
    gated(
        ON_OTHER_PYTHONS, lambda row: (ON_NEWEST | {"database": "sqlite"}).items() <= row.items()
    ),
)
def test_newer_pythons_run_it(
    row: Answers, template: Path, other_environment: Callable[[str], Environment], tmp_path: Path
) -> None:
    project = render_runnable(tmp_path / "sample", template, row)
    done = other_environment(row["python_version"]).pytest(
        project, "-W", "error", "-p", "no:randomly"
    )
    assert_green(done)


@pytest.mark.full
@pytest.mark.parametrize("version", pythons.VERSIONS)
def test_mypy_and_ruff_have_no_objection_on_the_newest_pythons(
    version: str,
    template: Path,
    other_environment: Callable[[str], Environment],
    tmp_path: Path,
) -> None:
    python = other_environment(version).python
    cache = tmp_path / "cache"
    for answers in covering(STACKS):
        project = render(tmp_path / label(answers), template, python_version=version, **answers)
        for command in (
            ("mypy", "--cache-dir", cache),
            ("ruff", "check", "--no-cache"),
            ("ruff", "format", "--check", "--no-cache"),
        ):
            done = run(python, "-m", *command, cwd=project, MYPYPATH="src")
            assert done.returncode == 0, done.stdout


# In the gate, test_asgi.py and test_ci.py have mypy look at what needs no large library: it spends
# most of its time on those.
@pytest.mark.full
@pytest.mark.parametrize("mode", choices("mode"))
def test_mypy_has_no_objection(
    mode: str, template: Path, environment: Environment, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    for answers in covering(STACKS):
        folder = tmp_path / label(answers)
        project = render(folder, template, mode=mode, loop_scope="module", **answers)
        command = (environment.python, "-m", "mypy", "--cache-dir", cache)
        done = run(*command, cwd=project, MYPYPATH="src")
        assert done.returncode == 0, done.stdout


# The gate runs the tests that ask for them.
@pytest.mark.full
def test_the_fixtures_that_the_page_for_the_tests_names_are_there(
    template: Path, environment: Environment, tmp_path: Path
) -> None:
    project = render(tmp_path / "sample", template, framework="aiohttp", database="sqlite")
    page = (project / "AGENTS.md").read_text()
    named = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    listed = environment.pytest(project, "--fixtures", "-q").stdout
    assert len(named) > 5
    assert [name for name in named if not re.search(rf"^{name}\b", listed, re.MULTILINE)] == []
    [one] = re.findall(r"`uv run pytest (tests/\S+::\S+)`", page)
    assert "1 passed" in environment.pytest(project, one).stdout


@pytest.mark.full
@pytest.mark.parametrize(
    "answers",
    [row for row in products(*STACK, "loop_scope") if row["framework"] == "fastapi"],
    ids=label,
)
def test_made_up_requests_are_answered_as_the_schema_says(
    answers: Answers,
    template: Path,
    environment_of: Callable[..., Environment],
    tmp_path: Path,
) -> None:
    environment = environment_of(*EVERYTHING, "schemathesis")
    answers = answers | {"contract_test": "schemathesis", "mode": "strict"}
    project = render_runnable(tmp_path / "sample", template, answers)
    file = "tests/test_openapi.py"
    done = environment.pytest(project, "-p", "hypothesispytest", file)
    assert done.returncode == 0, done.stdout
    app = project / "src" / "sample" / "app.py"
    broken = app.read_text().replace('return {"status": "ok"}', 'raise KeyError("status")')
    app.write_text(broken)
    done = environment.pytest(project, file)
    assert done.returncode == 1, done.stdout
    assert "KeyError" in done.stdout


# In the gate, test_ci.py does the same with the commands of a pipeline.
@pytest.mark.full
@pytest.mark.parametrize("framework", choices("framework"))
def test_uv_runs_it_as_the_readme_says(framework: str, template: Path, tmp_path: Path) -> None:
    project = render(tmp_path / "sample", template, framework=framework)
    assert "uv run pytest" in (project / "README.md").read_text()
    for command in (("uv", "sync", "--quiet"), ("uv", "run", "pytest")):
        done = run(*command, cwd=project)
        assert done.returncode == 0, done.stdout
    assert_green(done)


# In the gate, projects run with the newest releases; a bound that is too low shows before ours.
@pytest.mark.full
@pytest.mark.parametrize("answers", STACKS, ids=label)
def test_the_lower_bounds_run_it(answers: Answers, template: Path, tmp_path: Path) -> None:
    answers = answers | {"mode": "strict", "loop_scope": "class"}
    project = render_runnable(tmp_path / "sample", template, answers)
    done = run(
        "uv",
        "run",
        "--quiet",
        "--resolution=lowest-direct",
        "--no-default-groups",
        "--group=test",
        "pytest",
        cwd=project,
    )
    assert_green(done)
