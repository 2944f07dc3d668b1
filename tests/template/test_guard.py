"""The guard of a generated project: the package of guard/, in force whatever way it comes.

What it tells, and how, is for the tests in guard/; these see that every kind of project has it.
"""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

import pytest
from covering import Row, covering, gated
from helpers import (
    FRAMEWORKS,
    ROOT,
    VENDORED,
    Answers,
    assert_done,
    choices,
    contents,
    copy_template,
    label,
    render,
    run,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from environments import Environment

pytestmark = pytest.mark.slow

GUARD = ROOT / "guard"
SOURCE = GUARD / "src" / "pytest_async_guard"
TRIO: Answers = {"backend": "anyio", "with_trio": True, "loop_scope": "module"}
LEAK = """
    import asyncio

    async def test_leaks():
        asyncio.create_task(asyncio.sleep(60), name="the leak")
"""
HANGS = """
    import anyio
    import pytest

    async def wait_in_here():
        await anyio.sleep_forever()

    @pytest.mark.timeout(3)
    async def test_hangs():
        async with anyio.create_task_group() as group:
            group.start_soon(wait_in_here)
            await wait_in_here()

    async def test_goes_on():
        pass
"""
FIXTURE_HANGS = """
    import asyncio

    import pytest

    @pytest.fixture
    async def resource():
        yield
        await asyncio.Event().wait()

    @pytest.mark.timeout(3)
    async def test_it(resource):
        pass
"""


def report(environment: Environment, project: Path, tests: str, *arguments: str) -> str:
    """Run tests in a project instead of its own, and return what pytest reports."""
    for file in (project / "tests").rglob("test_*.py"):
        file.unlink()
    (project / "tests" / "test_case.py").write_text(textwrap.dedent(tests))
    done = environment.pytest(project, "--tb=short", "-p", "no:randomly", *arguments)
    return done.stdout


@pytest.mark.parametrize("project_kind", choices("project_kind"))
def test_the_vendored_files_are_those_of_the_package(
    project_kind: str, template: Path, tmp_path: Path
) -> None:
    project = render(tmp_path / "sample", template, project_kind=project_kind)
    vendored = project / "tests" / "pytest_async_guard"
    source = {file.name: file.read_bytes() for file in SOURCE.iterdir() if file.is_file()}
    copied = {file.name: file.read_bytes() for file in vendored.iterdir()}
    if project_kind == "existing":
        # Below what tells the project's own tools to leave them alone.
        header = copied["state.py"].removesuffix(source["state.py"])
        assert b"# ruff: noqa" in header
        source |= {name: header + text for name, text in source.items() if name.endswith(".py")}
    assert copied == source
    assert {f"tests/pytest_async_guard/{name}" for name in source} == VENDORED


def test_the_guard_is_whole_wherever_the_template_is(tmp_path: Path) -> None:
    template = copy_template(tmp_path / "a [b] * c?")
    project = render(tmp_path / "sample", template)
    assert contents(project).keys() >= VENDORED


@pytest.mark.one_in(3)
@pytest.mark.parametrize("guard", [other for other in choices("guard") if other != "vendored"])
@pytest.mark.parametrize("project_kind", choices("project_kind"))
def test_nothing_is_vendored_where_nobody_wants_it(
    guard: str, project_kind: str, template: Path, tmp_path: Path
) -> None:
    for answers in covering(FRAMEWORKS, 1):
        folder = tmp_path / label(answers)
        project = render(folder, template, project_kind=project_kind, guard=guard, **answers)
        names = {file.name for file in project.rglob("*")}
        assert "pytest_async_guard" not in names
        # The conftest.py of a new project is its own: it loads the file whatever the answer is.
        own = {"README.md", "conftest.py", "pyproject.toml", "async_guard.py"}
        own = own if project_kind == "new" else set()
        texts = [file.read_text() for file in project.rglob("*.*") if file.name not in own]
        assert "async_guard" not in "".join(texts)
        contract = (project / "tests" / "test_event_loop.py").read_text()
        assert ("test_the_guard_ends_a_hang" in contract) == (guard == "package")
        if project_kind == "new":
            settings = (project / "pyproject.toml").read_text()
            assert settings.count("async-guard") == (2 if guard == "package" else 0)


# test_every_backend_is_guarded has the other one.
@pytest.mark.one_in(2)
@pytest.mark.parametrize("backend", choices("backend"))
def test_a_hang_and_a_leak_are_told(
    backend: str, template: Path, environment: Environment, tmp_path: Path
) -> None:
    project = render(tmp_path / "sample", template, framework="library", backend=backend)
    text = report(environment, project, HANGS + LEAK)
    assert "2 failed, 1 passed" in text
    assert "test_hangs hangs (timeout: 3 s)" in text
    assert re.search(r"it waits at tests/test_case.py:\d+ in wait_in_here", text)
    assert "test_leaks left tasks running\nthe leak: waits at" in text
    assert "pytest_async_guard/" not in text


@pytest.mark.one_in(2)
@pytest.mark.parametrize("backend", choices("backend"))
def test_a_fixture_that_hangs_is_told(
    backend: str, template: Path, environment: Environment, tmp_path: Path
) -> None:
    project = render(tmp_path / "sample", template, framework="library", backend=backend)
    text = report(environment, project, FIXTURE_HANGS)
    assert "1 passed, 1 error" in text
    assert "fixture 'resource' hangs (timeout: 3 s)" in text
    assert re.search(r"it waits at tests/test_case.py:\d+ in resource", text)


def test_every_backend_is_guarded(template: Path, environment: Environment, tmp_path: Path) -> None:
    project = render(tmp_path / "sample", template, framework="library", **TRIO)
    text = report(environment, project, HANGS)
    assert "2 failed, 2 passed" in text
    for backend in ("asyncio", "trio"):
        _, _, told = text.partition(f"test_hangs[{backend}] hangs (timeout: 3 s)")
        assert told.count("in test_hangs") >= 1
        assert "wait_in_here: waits at tests/test_case.py" in told


def test_a_suite_without_pytest_timeout_is_guarded_from_leaks(
    template: Path, environment: Environment, tmp_path: Path
) -> None:
    """Like a project that was adopted with a copy only; the import must not stop it."""
    (tmp_path / "setup.py").touch()
    project = render(tmp_path, template, framework="library")
    text = report(
        environment,
        project,
        LEAK,
        *("-p", "no:timeout", "-p", "no:anyio", "-o", "asyncio_mode=auto"),
    )
    assert "1 failed" in text
    assert "test_leaks left tasks running" in text


def test_a_sample_from_before_this_guard_shows_still_how_a_hang_ends(
    template: Path, environment: Environment, tmp_path: Path
) -> None:
    """Up to 1.1 it expects TimeoutError, and an update leaves it as it is; no other test may."""
    project = render(tmp_path / "sample", template, framework="library")
    test = """
        import asyncio
        import pytest

        @pytest.mark.timeout(3)
        @pytest.mark.xfail(raises=TimeoutError, reason={reason!r})
        async def test_{name}():
            await asyncio.sleep(60)
    """
    sample = test.format(name="sample", reason="shows how a hanging test ends")
    other = test.format(name="other", reason="upstream is slow")
    text = report(environment, project, sample + other)
    assert "1 failed, 1 xfailed" in text
    assert "test_other hangs (timeout: 3 s)" in text


@pytest.mark.parametrize("mode", ["importlib", pytest.param("prepend", marks=pytest.mark.full)])
def test_the_tests_of_a_monorepo_are_guarded_from_its_root(
    mode: str, template: Path, environment: Environment, tmp_path: Path
) -> None:
    """In a folder where pytest refuses `pytest_plugins`, and both folders may be named `tests`."""
    paths = 'import sys\nsys.path += ["one/src", "two/src"]\n'
    (tmp_path / "conftest.py").write_text(paths)
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\naddopts = -p no:anyio\n")
    for name in ("one", "two"):
        project = render(
            tmp_path / name, template, framework="library", package_name=f"package_{name}"
        )
        for file in (project / "tests").glob("test_*.py"):
            file.unlink()
        (project / "__init__.py").touch()
        (project / "tests" / "below").mkdir()
        (project / "tests" / "below" / "__init__.py").touch()
        (project / "tests" / "below" / "test_case.py").write_text(textwrap.dedent(LEAK))
    done = environment.pytest(tmp_path, f"--import-mode={mode}", "one", "two")
    assert "2 failed" in done.stdout, done.stdout
    # In CI pytest repeats the whole message below the line of the summary.
    failures, _, _ = done.stdout.partition("short test summary info")
    assert failures.count("test_leaks left tasks running\nthe leak: waits at") == 2


@pytest.mark.parametrize(
    "row",
    gated(
        [
            {"guard": guard, "backend": backend}
            for guard in ("package", "none")
            for backend in choices("backend")
        ],
        lambda _row: (
            False
        ),  # test_package.py installs the guard, and the suites are run with its copy.
    ),
)
def test_the_other_ways_run_green_and_are_what_they_say(
    row: Row,
    template: Path,
    environment_of: Callable[..., Environment],
    environment: Environment,
    tmp_path: Path,
) -> None:
    guard = row["guard"]
    project = render(tmp_path / "sample", template, framework="library", **row)
    if guard == "package":
        assert_done(run("uv", "build", "--quiet", "--wheel", "-o", tmp_path, GUARD, cwd=tmp_path))
        (wheel,) = tmp_path.glob("*.whl")
        plugins = ("anyio", "pytest-asyncio", "pytest-cov", "mypy", "ruff")
        environment = environment_of(*plugins, str(wheel))
    done = environment.pytest(project, "-W", "error")
    assert_done(done)
    for command in (("mypy",), ("ruff", "check"), ("ruff", "format", "--check")):
        assert_done(run(environment.python, "-m", *command, cwd=project, MYPYPATH="src"))
    text = report(environment, project, LEAK)
    assert ("test_leaks left tasks running" in text) == (guard == "package")
