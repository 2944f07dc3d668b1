"""The lies of the guard's own tests are red in a generated project of each backend, too.

(Not on trio, whose projects have pytest-timeout end the whole run by a thread.)
No test is greener there with the guard than without it: what passes under it passes without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import runs
from helpers import QUESTIONS, Answers, Environment, render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NEEDS = ("anyio[trio]", "freezegun", "hypothesis", "pytest-asyncio", "pytest-cov", "time-machine")
PROJECTS: dict[str, Answers] = {
    "asyncio": {"backend": "asyncio"},
    "anyio": {"backend": "anyio"},
}


@pytest.fixture(scope="module")
def projects(
    template: Path,
    wheel: Path,
    environment_of: Callable[..., Environment],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[tuple[str, bool], runs.Started]]:
    """Start the suites in a project of each backend, with the guard and without: they wait."""
    python = environment_of(*NEEDS, str(wheel)).python
    started = {}
    for backend, answers in PROJECTS.items():
        guard = {"guard": "package"} if "guard" in QUESTIONS else {}
        for is_guarded in (True, False):
            folder = tmp_path_factory.mktemp(backend) / "project"
            settings = {"mode": "auto", "loop_scope": "function", **answers, **guard}
            project = render(folder, template, framework="library", **settings)
            arguments = suites_into(project, backend, is_guarded=is_guarded)
            started[backend, is_guarded] = runs.Started(project, *arguments, python=python)
    yield started
    for each in started.values():
        each.result()


def suites_into(project: Path, backend: str, *, is_guarded: bool) -> list[str]:
    """Put the suites in the place of a project's own tests, under its settings and fixtures."""
    tests = project / "tests"
    for file in tests.glob("test_*.py"):
        file.unlink()
    conftest = tests / "conftest.py"
    lines = [line for line in conftest.read_text().splitlines() if "async_guard" not in line]
    conftest.write_text("\n".join(lines) + runs.TIMES)
    runs.write_suites(tests, backend)
    chosen = () if is_guarded else ("-k", "good")
    return [*chosen, "-o", "pythonpath=src", "-o", f"async_guard={is_guarded}"]


@pytest.mark.parametrize("backend", PROJECTS)
def test_lies_are_red_in_a_project(
    backend: str, projects: dict[tuple[str, bool], runs.Started]
) -> None:
    with_guard, without = (projects[backend, each].result() for each in (True, False))
    wrong, judged = [], 0
    for case in runs.cases():
        if case.backend != backend:
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
