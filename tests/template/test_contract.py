"""tests/test_event_loop.py of a project fails when half of its configuration changes."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from helpers import FRAMEWORKS, Answers, Environment, assert_done, choices, label, render

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

CONTRACT = "tests/test_event_loop.py"
CONFTEST = "tests/conftest.py"
SETTINGS = "pyproject.toml"
SCOPES = choices("loop_scope")
# What decides the contract is the same in every framework, and the library's tests start fastest.
BACKENDS = [answers for answers in FRAMEWORKS if answers["framework"] == "library"]


@dataclass(frozen=True)
class Break:
    """A change by hand to one file of a project, and the test that tells it."""

    name: str
    file: str
    pattern: str
    replacement: str
    told_by: str

    def apply(self, project: Path) -> None:
        """Make the change, in just one place."""
        path = project / self.file
        broken, count = re.subn(self.pattern, self.replacement, path.read_text(), flags=re.DOTALL)
        assert count == 1, path.read_text()
        path.write_text(broken)


def others(scope: str) -> list[str]:
    """Return the other scopes."""
    return [other for other in SCOPES if other != scope]


def modes() -> Iterator[tuple[str, Break]]:
    """Yield a mode and a break of it; strict is the default, so removing it breaks nothing."""
    told_by = "test_async_tests_are_awaited"
    yield "auto", Break("mode made strict", SETTINGS, '(_mode =) "auto"', r'\1 "strict"', told_by)
    yield "auto", Break("mode removed", SETTINGS, r'\w+_mode = "auto"\n', "", told_by)
    told_by = "test_strict_mode_runs_only_marked_tests"
    yield "strict", Break("mode made auto", SETTINGS, '(_mode =) "strict"', r'\1 "auto"', told_by)


def loop_scopes(scope: str) -> Iterator[Break]:
    """Break either of pytest-asyncio's scopes."""
    told_by = "test_fixtures_and_tests_share_a_loop"
    for half, other in itertools.product(("fixture", "test"), others(scope)):
        line = rf'(asyncio_default_{half}_loop_scope =) "{scope}"'
        yield Break(f"{half} scope made {other}", SETTINGS, line, rf'\1 "{other}"', told_by)


def shared_loops(scope: str) -> Iterator[Break]:
    """Break what keeps AnyIO's loop open."""
    told_by = "test_fixtures_and_tests_share_a_loop"
    fixture = r'@pytest\.fixture\(scope="\w+"\)\nasync def shared_loop.*?\n\n\n'
    yield Break("shared_loop removed", CONFTEST, fixture, "", told_by)
    told_by = "test_tests_share_a_loop"
    hook = r"def pytest_itemcollected.*?\n\n\n"
    yield Break("hook of shared_loop removed", CONFTEST, hook, "", told_by)
    line = rf'"{scope}"(\)\nasync def shared_loop)'
    for other in others(scope):
        yield Break(f"shared_loop made {other}", CONFTEST, line, rf'"{other}"\1', told_by)


def backends(*, with_trio: bool) -> Iterator[Break]:
    """Break what says on which event loops AnyIO's tests run."""
    one, real = "test_asyncio_is_the_only_backend", "test_the_backend_is_the_real_one"
    told_by = real if with_trio else one
    fixture = r'@pytest\.fixture\(scope="session"[^@]*\ndef anyio_backend.*?\n\n\n'
    yield Break("anyio_backend removed", CONFTEST, fixture, "", told_by)
    yield Break("anyio_backend renamed", CONFTEST, "def anyio_backend", "def backend", told_by)
    if with_trio:
        every = "test_every_backend_is_used"
        yield Break("trio left out", CONFTEST, r'\["asyncio", "trio"\]', '["asyncio"]', every)
        yield Break("asyncio left out", CONFTEST, r'\["asyncio", "trio"\]', '["trio"]', every)
        yield Break("asyncio instead of trio", CONFTEST, r"request\.param", '"asyncio"', real)
        yield Break("trio instead of asyncio", CONFTEST, r"request\.param", '"trio"', real)
    else:
        yield Break("trio instead of asyncio", CONFTEST, 'return "asyncio"', 'return "trio"', one)
        both = r', params=["asyncio", "trio"]\1'
        yield Break("trio added", CONFTEST, r"(\)\ndef anyio_backend)", both, one)


def breaks_of_scope(answers: Answers, scope: str) -> Iterator[Break]:
    """Yield what can break with this scope."""
    if answers["backend"] == "asyncio":
        yield from loop_scopes(scope)
        return
    if scope != "function":
        yield from shared_loops(scope)
    if scope in ("function", "session"):
        yield from backends(with_trio=answers["with_trio"])


def breaks() -> Iterator[tuple[Answers, Break]]:
    """Yield every break, and what was answered before it."""
    for answers in BACKENDS:
        for mode, broken in modes():
            yield answers | {"mode": mode}, broken
        for scope in SCOPES:
            for broken in breaks_of_scope(answers, scope):
                yield answers | {"loop_scope": scope}, broken


BREAKS = [
    pytest.param(answers, broken, id=f"{label(answers)}: {broken.name}")
    for answers, broken in breaks()
]
UNBROKEN = {label(answers): answers for answers, _ in breaks()}


def check_contract(environment: Environment, project: Path) -> subprocess.CompletedProcess[str]:
    # Hypothesis takes longer to import than the tests to run.
    return environment.pytest(project, "-p", "no:randomly", "-p", "no:hypothesispytest", CONTRACT)


@pytest.mark.parametrize(("answers", "broken"), BREAKS)
def test_the_contract_tells_a_broken_half(
    answers: Answers, broken: Break, template: Path, tmp_path: Path, environment: Environment
) -> None:
    project = render(tmp_path / "project", template, **answers)
    broken.apply(project)
    done = check_contract(environment, project)
    assert done.returncode == 1, done.stdout
    told = re.findall(rf"^(?:FAILED|ERROR) {CONTRACT}::(\w+)", done.stdout, re.MULTILINE)
    assert broken.told_by in told, done.stdout


@pytest.mark.parametrize("answers", UNBROKEN.values(), ids=UNBROKEN.keys())
def test_the_contract_holds_before_the_break(
    answers: Answers, template: Path, tmp_path: Path, environment: Environment
) -> None:
    project = render(tmp_path / "project", template, **answers)
    assert_done(check_contract(environment, project))
