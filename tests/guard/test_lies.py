"""The suites of the guard's own tests are also red in a generated project of each backend.

A test that passes with the guard there also passes without it. In the gate the guard's own tests
judge these suites, and tests/template/test_guard.py sees that a project has the guard in force.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import runs
from helpers import QUESTIONS, Answers, render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from environments import Environment

pytestmark = pytest.mark.full

NEEDS = ("anyio[trio]", "freezegun", "hypothesis", "pytest-asyncio", "pytest-cov", "time-machine")
PROJECTS: dict[str, Answers] = {
    "asyncio": {"backend": "asyncio"},
    "anyio": {"backend": "anyio"},
    "trio": {"backend": "anyio", "with_trio": True},
}
# Hangs that no cancellation ends. On trio, pytest-timeout ends the whole run, without a report.
BLOCKS = "test_blocks.py"


@pytest.fixture(scope="module")
def projects(
    template: Path,
    wheel: Path,
    environment_of: Callable[..., Environment],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[tuple[str, str], runs.Started]]:
    """Start the suites in a project of each backend, with the guard and without: they wait."""
    python = environment_of(*NEEDS, str(wheel)).python
    started = {}

    def start(backend: str, how: str, *arguments: str) -> None:
        answers = {"mode": "auto", "loop_scope": "function", **PROJECTS[backend]}
        guard = {"guard": "package"} if "guard" in QUESTIONS else {}
        folder = tmp_path_factory.mktemp(backend) / "project"
        project = render(folder, template, framework="library", **answers, **guard)
        suites_into(project, backend)
        options = ("-o", "pythonpath=src", "-o", f"async_guard={how != 'without'}")
        started[backend, how] = runs.Started(project, *options, *arguments, python=python)

    for backend in PROJECTS:
        is_on_trio = backend == "trio"
        start(backend, "with", *(("--ignore", f"tests/{BLOCKS}") if is_on_trio else ()))
        start(backend, "without", "-k", "good")
    start("trio", "what blocks", f"tests/{BLOCKS}")
    yield started
    for each in started.values():
        each.result()


def suites_into(project: Path, backend: str) -> None:
    """Put the suites in the place of a project's own tests, under its settings and fixtures."""
    tests = project / "tests"
    for file in tests.glob("test_*.py"):
        file.unlink()
    conftest = tests / "conftest.py"
    conftest.write_text(conftest.read_text() + runs.TIMES)
    runs.write_suites(tests, backend)


@pytest.mark.parametrize("backend", PROJECTS)
def test_lies_are_red_in_a_project(
    backend: str, projects: dict[tuple[str, str], runs.Started]
) -> None:
    with_guard, without = (projects[backend, how].result() for how in ("with", "without"))
    wrong, judged = [], 0
    for case in runs.cases():
        if case.backend != backend or (backend == "trio" and f"test_{case.suite}.py" == BLOCKS):
            continue
        key = (f"tests.test_{case.suite}", case.name)
        found = with_guard.tests.get(key)
        if case.may_skip and (found is None or found.skipped):
            continue
        judged += 1
        if found is None or found.skipped or found.passed != case.must_pass:
            wrong.append(f"{key}: {found}")
        elif case.must_pass and not without.tests[key].passed:
            wrong.append(f"{key} is greener with the guard: {without.tests[key]}")
    assert not wrong, "\n".join(wrong)
    assert judged, with_guard.output


def test_what_blocks_trio_ends_the_run(projects: dict[tuple[str, str], runs.Started]) -> None:
    done = projects["trio", "what blocks"].result()
    assert done.status == 1, done.output
    assert "+ Timeout +" in done.output
    assert "time.sleep(5)" in done.output
    assert " passed" not in done.output
