"""tests/test_event_loop.py of a project fails when a part of its configuration changes."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from breaks import SLOW
from breaks import __file__ as script
from covering import gated
from helpers import FRAMEWORKS, Answers, choices, clean_environment, label, render

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from environments import Environment

pytestmark = pytest.mark.slow

CONTRACT = "tests/test_event_loop.py"
CONFTEST = "tests/conftest.py"
LOADER = "tests/async_guard.py"
SETTINGS = "pyproject.toml"
MODES = choices("mode")
SCOPES = choices("loop_scope")
IN_FORCE = "test_pyproject_toml_is_in_force"
SHARED = "test_fixtures_and_tests_share_a_loop"


@dataclass(frozen=True)
class Break:
    """A change by hand to one file of a project, and the test that notices it.

    Without a pattern the file is a new one.
    """

    name: str
    file: str
    pattern: str | None
    replacement: str
    told_by: str


def line_removed(name: str, told_by: str) -> Break:
    """Remove a setting."""
    return Break(f"{name} removed", SETTINGS, rf"\n{name} = [^\n]*", "", told_by)


def others(scope: str) -> list[str]:
    """Return the other scopes."""
    return [other for other in SCOPES if other != scope]


def settings(answers: Answers) -> Iterator[Break]:
    """Break what every project has."""
    yield line_removed("timeout", "test_every_test_has_a_timeout")
    zero = "timeout = 0"
    yield Break(zero, SETTINGS, r"timeout = \d+", zero, "test_every_test_has_a_timeout")
    lines = r"\nfilterwarnings = \[\n[^]]*\]"
    yield Break("filterwarnings removed", SETTINGS, lines, "", "test_a_missing_await_fails")
    own = '["error", "ignore::pytest.PytestUnraisableExceptionWarning"]'
    yield Break(
        "errors let go", SETTINGS, r'\[\n    "error",[^]]*\]', own, "test_a_missing_await_fails"
    )
    for name, line in {"strict removed": "\n", "strict made false": "\nstrict = false\n"}.items():
        yield Break(name, SETTINGS, r"\nstrict = true\n(?=filter)", line, IN_FORCE)
    other = "anyio" if answers["backend"] == "asyncio" else "asyncio"
    both = "test_one_plugin_runs_the_async_tests"
    yield Break(f"{other} let in", SETTINGS, f', "-p", "no:{other}"', "", both)
    yield Break("pytest.ini left behind", "pytest.ini", None, "", IN_FORCE)
    yield Break("pytest.ini below", "tests/pytest.ini", None, "[pytest]\n", IN_FORCE)
    same = f"[pytest]\n{answers['backend']}_mode = {answers['mode']}\n"
    yield Break("pytest.ini with the mode", "pytest.ini", None, same, IN_FORCE)


def guards() -> Iterator[Break]:
    """Break the guard."""
    yield Break("guard not loaded", CONFTEST, r"\npytest_plugins_guard = [^\n]*", "", SLOW)
    yield Break("guard not imported", CONFTEST, r"\nfrom \.async_guard import [^\n]*", "", SLOW)
    yield Break("loader emptied", LOADER, r"\A.*\Z", "", SLOW)
    folder = "tests/pytest_async_guard"
    yield Break("guard emptied", f"{folder}/__init__.py", r"\A.*\Z", "", SLOW)
    yield Break("plugin emptied", f"{folder}/plugin.py", r"\A.*\Z", "", SLOW)
    off = '"-ra", "-p", "no:async_guard"'
    yield Break("guard left out", SETTINGS, '"-ra"', off, SLOW)
    switched = 'minversion = "9.0"\nasync_guard = false'
    yield Break("guard switched off", SETTINGS, r'minversion = "9\.0"', switched, SLOW)


def modes(answers: Answers) -> Iterator[Break]:
    """Break the mode."""
    setting = f"{answers['backend']}_mode"
    yield line_removed(setting, IN_FORCE)
    if answers["mode"] == "auto":
        told_by, other = "test_async_tests_are_awaited", "strict"
        yield line_removed(setting, told_by)
    else:
        told_by, other = "test_unmarked_tests_do_not_run", "auto"
    pattern, new = f'{setting} = "{answers["mode"]}"', f'{setting} = "{other}"'
    yield Break(f"mode made {other}", SETTINGS, pattern, new, told_by)
    overruled = rf'\1, "-o", "{setting}={other}"]'
    yield Break("mode overruled", SETTINGS, r"(addopts = [^\]]*)\]", overruled, told_by)


def loop_scopes(scope: str) -> Iterator[Break]:
    """Break either of pytest-asyncio's scopes."""
    for half in ("fixture", "test"):
        name = f"asyncio_default_{half}_loop_scope"
        yield line_removed(name, IN_FORCE)
        for other in others(scope):
            new = f'{name} = "{other}"'
            yield Break(f"{half} scope made {other}", SETTINGS, f'{name} = "{scope}"', new, SHARED)


def shared_loops(scope: str) -> Iterator[Break]:
    """Break what keeps AnyIO's loop open."""
    fixture = r'@pytest\.fixture\(scope="\w+"\)\nasync def shared_loop.*?\n\n\n'
    yield Break("shared_loop removed", LOADER, fixture, "", SHARED)
    told_by = "test_tests_share_a_loop"
    hook = r"def pytest_itemcollected.*?\n\n\n"
    yield Break("hook of shared_loop removed", LOADER, hook, "", told_by)
    line = rf'"{scope}"(\)\nasync def shared_loop)'
    for other in others(scope):
        yield Break(f"shared_loop made {other}", LOADER, line, rf'"{other}"\1', told_by)


def backends(*, with_trio: bool) -> Iterator[Break]:
    """Break what says on which event loops AnyIO's tests run."""
    one, real = "test_asyncio_is_the_only_backend", "test_the_backend_is_the_real_one"
    told_by = real if with_trio else one
    fixture = r'@pytest\.fixture\(scope="session"[^@]*\ndef anyio_backend.*?\n\n\n'
    yield Break("anyio_backend removed", LOADER, fixture, "", told_by)
    yield Break("anyio_backend renamed", LOADER, "def anyio_backend", "def backend", told_by)
    if with_trio:
        every = "test_every_backend_is_used"
        yield Break("trio left out", LOADER, r'\["asyncio", "trio"\]', '["asyncio"]', every)
        yield Break("asyncio left out", LOADER, r'\["asyncio", "trio"\]', '["trio"]', every)
        yield Break("asyncio instead of trio", LOADER, r"request\.param", '"asyncio"', real)
        yield Break("trio instead of asyncio", LOADER, r"request\.param", '"trio"', real)
    else:
        trio = 'return "trio"'
        yield Break("trio instead of asyncio", LOADER, 'return "asyncio"', trio, SHARED)
        both = r', params=["asyncio", "trio"]\1'
        yield Break("trio added", LOADER, r"(\)\ndef anyio_backend)", both, one)


def event_loops(backend: str) -> Iterator[Break]:
    """Break what says on which implementations of the event loop the tests run."""
    every, real = "test_every_event_loop_is_used", "test_the_event_loop_is_the_real_one"
    if backend == "asyncio":
        name, one = "pytest_asyncio_loop_factories", r', "uvloop": uvloop\.\w+'
        swapped = Break("asyncio instead", LOADER, r"uvloop\.new", "asyncio.new", real)
    else:
        name, one = "anyio_backend", r", UVLOOP(?=,)"
        swapped = Break("asyncio instead", LOADER, '"use_uvloop": True', "", real)
    yield Break(f"{name} renamed", LOADER, rf"def {name}", f"def another_{name}", every)
    yield Break("uvloop left out", LOADER, one, "", every)
    yield swapped


def breaks(answers: Answers) -> Iterator[Break]:
    """Yield every break of a project."""
    yield from settings(answers)
    yield from guards()
    yield from modes(answers)
    if answers["backend"] == "asyncio":
        yield from loop_scopes(answers["loop_scope"])
        return
    if answers["loop_scope"] != "function":
        yield from shared_loops(answers["loop_scope"])
    yield from backends(with_trio=answers["with_trio"])


# Every framework and backend in each mode, and the library's with every scope: what the scope
# decides is the same in every framework, and the library's tests start fastest.
PROJECTS = [
    answers | {"mode": mode, "loop_scope": scope}
    for number, (answers, mode) in enumerate(itertools.product(FRAMEWORKS, MODES))
    for scope in (
        SCOPES[number // 2 % 2 :: 2]
        if answers["framework"] == "library"
        else [SCOPES[(number + number // 4) % 4]]
    )
]


def ends_the_run(broken: Break, said: str) -> bool:
    """Tell whether no test can notice it, because pytest itself ends and says why.

    pytest-asyncio's warning of a scope that is not set is an error; trio's hang ends with the run,
    and so does a guard that cannot be imported.
    """
    if broken.told_by == SLOW:
        return "+ Timeout +" in said or "ImportError while loading conftest" in said
    return "pytest.PytestDeprecationWarning: The configuration option" in said


#: What differs in kind: the backends, the modes, and a loop that is shared.
FEW: list[Answers] = [
    {"backend": "asyncio", "mode": "auto", "loop_scope": "module"},
    {"backend": "anyio", "with_trio": False, "mode": "strict", "loop_scope": "session"},
    {"backend": "anyio", "with_trio": True, "mode": "auto", "loop_scope": "class"},
]


@pytest.mark.parametrize(
    "answers",
    gated(
        PROJECTS,
        lambda row: (
            row["framework"] == "library" and any(few.items() <= row.items() for few in FEW)
        ),
    ),
)
def test_the_contract_tells_every_break(
    answers: Answers, template: Path, tmp_path: Path, environment: Environment
) -> None:
    project = render(tmp_path / "project", template, **answers)
    assert_told(project, list(breaks(answers)), environment)


@pytest.mark.one_in(2)
@pytest.mark.parametrize(
    "answers",
    [
        {"backend": "asyncio", "loop_scope": "session"},
        {"backend": "anyio", "with_trio": True, "mode": "strict"},
    ],
    ids=label,
)
def test_the_contract_tells_another_event_loop(
    answers: Answers, template: Path, tmp_path: Path, environment: Environment
) -> None:
    answers = answers | {"framework": "library", "event_loop": "both"}
    project = render(tmp_path / "project", template, **answers)
    assert_told(project, list(event_loops(answers["backend"])), environment)


def assert_told(project: Path, made: list[Break], environment: Environment) -> None:
    """Require that the right test fails for each break, and none without one."""
    done = subprocess.run(
        [environment.python, script, CONTRACT],
        input=json.dumps([vars(broken) | {"slow": broken.told_by == SLOW} for broken in made]),
        cwd=project,
        env=clean_environment() | {"PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    unbroken, *told = json.loads(done.stdout.splitlines()[-1])
    assert unbroken[:2] == [0, []], unbroken[2]
    assert re.search(r"^\.+ +\[100%\]$", unbroken[2], re.MULTILINE), unbroken[2]
    silent = [
        f"{broken.name}: {said}"
        for broken, (status, tests, said) in zip(made, told, strict=True)
        if not status or not (broken.told_by in tests or ends_the_run(broken, said))
    ]
    assert silent == [], "\n".join(silent)


def test_every_scope_is_broken_in_every_mode() -> None:
    seen = {
        tuple(answers[key] for key in ("backend", "with_trio", "mode", "loop_scope"))
        for answers in PROJECTS
    }
    assert len(seen) >= 12
    assert {scope for *_, scope in seen} == set(SCOPES)
