"""The guard of a generated project: what hangs or leaks fails, and the report says where."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest
from helpers import Answers, Environment, choices, label, render

if TYPE_CHECKING:
    from pathlib import Path

ASYNCIO: list[Answers] = [
    {"backend": backend, "loop_scope": loop_scope}
    for backend in choices("backend")
    for loop_scope in ("function", "session")
]
TRIO: Answers = {"backend": "anyio", "with_trio": True, "loop_scope": "module"}
WORK = """
    import asyncio
    import time
    import pytest

    async def wait_in_here():
        await asyncio.Event().wait()

    async def ticks():
        await asyncio.sleep(1000)
        yield

    async def worker():
        async for _ in ticks():
            pass
"""


# One combination of each plugin and of each scope is enough while somebody waits.
@pytest.fixture(
    params=[
        pytest.param(answers, id=label(answers), marks=[pytest.mark.slow] * (number in {0, 3}))
        for number, answers in enumerate(ASYNCIO)
    ]
)
def project(request: pytest.FixtureRequest, template: Path, tmp_path: Path) -> Path:
    """Generate a library without its sample tests."""
    return without_samples(
        render(tmp_path / "sample", template, framework="library", **request.param)
    )


def without_samples(project: Path) -> Path:
    """Remove the sample tests."""
    for file in (project / "tests").glob("test_*.py"):
        file.unlink()
    return project


def report(environment: Environment, project: Path, tests: str, *arguments: str) -> str:
    """Run tests in a project, and return what pytest reports."""
    source = textwrap.dedent(WORK) + textwrap.dedent(tests)
    (project / "tests" / "test_case.py").write_text(source)
    done = environment.pytest(project, "--tb=short", "-p", "no:randomly", *arguments)
    return done.stdout


@pytest.mark.slow
def test_a_hanging_test_ends_at_its_await(environment: Environment, project: Path) -> None:
    text = report(
        environment,
        project,
        """
        @pytest.mark.timeout(1)
        async def test_hangs():
            async with asyncio.TaskGroup() as group:
                group.create_task(worker(), name="the worker")
                await wait_in_here()

        async def test_goes_on():
            pass
        """,
    )
    assert "1 failed, 1 passed" in text
    assert "TimeoutError: test_hangs hangs (timeout: 1 s)" in text
    place, _, tasks = text.partition("TimeoutError: test_hangs hangs")
    assert "in wait_in_here\n    await asyncio.Event().wait()" in place
    assert "the worker:" in tasks
    assert "in ticks" in tasks.partition("the worker:")[2]
    assert "async_guard.py" not in tasks


@pytest.mark.slow
@pytest.mark.parametrize("half", ["setup", "teardown"])
def test_a_hanging_fixture_ends_at_its_await(
    half: str, environment: Environment, project: Path
) -> None:
    before, after = ("await wait_in_here()", "pass")[:: 1 if half == "setup" else -1]
    text = report(
        environment,
        project,
        f"""
        @pytest.fixture
        async def resource():
            {before}
            yield
            {after}

        class TestIt:
            @pytest.fixture
            async def returned(self):
                return 1

            @pytest.mark.timeout(1)
            async def test_it(self, returned, resource):
                assert returned == 1
        """,
    )
    assert "fixture 'resource' hangs (timeout: 1 s)" in text
    assert "in wait_in_here" in text
    assert "1 error" in text


@pytest.mark.slow
def test_a_blocking_call_is_left_to_pytest_timeout(environment: Environment, project: Path) -> None:
    text = report(
        environment,
        project,
        """
        @pytest.mark.timeout(1)
        async def test_blocks():
            time.sleep(5)

        async def test_goes_on():
            pass
        """,
    )
    assert "1 failed, 1 passed" in text
    assert "Timeout (>1.0s) from pytest-timeout" in text


def test_a_leaked_task_fails_the_test(environment: Environment, project: Path) -> None:
    text = report(
        environment,
        project,
        """
        async def test_leaks():
            asyncio.create_task(worker(), name="the leak")
            await asyncio.sleep(0)

        async def test_goes_on():
            assert "the leak" not in {task.get_name() for task in asyncio.all_tasks()}
        """,
    )
    assert "1 failed, 1 passed" in text
    assert "test_leaks left tasks running:\nthe leak:" in text
    assert "in ticks" in text


@pytest.mark.slow
def test_a_task_that_a_fixture_ends_has_not_leaked(environment: Environment, project: Path) -> None:
    text = report(
        environment,
        project,
        """
        @pytest.fixture
        async def tasks():
            tasks = []
            yield tasks
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        @pytest.fixture
        async def other():
            yield

        async def test_hands_over(tasks, other):
            tasks.append(asyncio.create_task(worker()))

        async def test_leaks(tasks, other):
            asyncio.create_task(worker(), name="the leak")

        async def test_ends_soon():
            asyncio.create_task(asyncio.sleep(0.05))
        """,
    )
    assert "3 passed, 1 error" in text
    assert "test_leaks left tasks running:\nthe leak:" in text


def test_a_task_of_a_fixture_is_its_own_business(environment: Environment, project: Path) -> None:
    text = report(
        environment,
        project,
        """
        @pytest.fixture
        async def server():
            task = asyncio.create_task(worker())
            yield
            task.cancel()

        async def test_it(server):
            pass
        """,
    )
    assert "1 passed" in text


@pytest.mark.slow
@pytest.mark.parametrize(
    "failure",
    [
        "task = asyncio.create_task(fail())",
        "asyncio.create_task(fail())",
        "asyncio.get_running_loop().call_soon(lambda: 1 / 0)",
    ],
    ids=["task-kept", "task-dropped", "callback"],
)
def test_an_error_in_the_background_fails_the_test(
    failure: str, environment: Environment, project: Path
) -> None:
    text = report(
        environment,
        project,
        f"""
        async def fail():
            1 / 0

        async def test_it():
            {failure}
            await asyncio.sleep(0.01)
        """,
    )
    assert "1 failed" in text
    assert "ZeroDivisionError" in text


def test_an_error_that_was_seen_is_fine(environment: Environment, project: Path) -> None:
    text = report(
        environment,
        project,
        """
        async def fail():
            1 / 0

        async def test_it():
            task = asyncio.create_task(fail())
            with pytest.raises(ZeroDivisionError):
                await task
        """,
    )
    assert "1 passed" in text


@pytest.mark.slow
def test_a_failure_is_not_hidden_by_what_it_leaves(environment: Environment, project: Path) -> None:
    text = report(
        environment,
        project,
        """
        async def test_it():
            asyncio.create_task(worker())
            assert 1 == 2
        """,
    )
    assert "assert 1 == 2" in text
    assert "left tasks running" not in text
    assert "1 failed in" in text


@pytest.mark.slow
def test_the_teardown_of_a_failed_test_is_timed_too(
    environment: Environment, project: Path
) -> None:
    text = report(
        environment,
        project,
        """
        @pytest.fixture
        async def resource():
            yield
            await wait_in_here()

        @pytest.mark.timeout(1)
        async def test_it(resource):
            assert False
        """,
    )
    assert "fixture 'resource' hangs (timeout: 1 s)" in text
    assert "1 failed, 1 error" in text


def test_hypothesis_tests_are_guarded(environment: Environment, project: Path) -> None:
    text = report(
        environment,
        project,
        """
        from hypothesis import Phase, given, settings, strategies

        @settings(max_examples=2, phases=[Phase.generate], database=None)
        @given(strategies.integers())
        async def test_leaks(number):
            asyncio.create_task(worker(), name="the leak")
        """,
    )
    assert "test_leaks left tasks running" in text


@pytest.mark.slow
def test_a_debugger_is_given_time(environment: Environment, project: Path) -> None:
    text = report(
        environment,
        project,
        """
        @pytest.mark.timeout(1)
        async def test_it(monkeypatch):
            import builtins, pdb
            monkeypatch.setattr(builtins, "input", lambda *_: time.sleep(1.5) or "c")
            breakpoint()
            await asyncio.sleep(0.1)
        """,
        "-s",
    )
    assert "1 passed" in text


@pytest.mark.slow
def test_every_backend_is_guarded(template: Path, environment: Environment, tmp_path: Path) -> None:
    project = without_samples(render(tmp_path / "sample", template, framework="library", **TRIO))
    text = report(
        environment,
        project,
        """
        import anyio

        async def wait_in_here():
            await anyio.sleep_forever()

        @pytest.mark.timeout(1)
        async def test_hangs():
            async with anyio.create_task_group() as group:
                group.start_soon(wait_in_here)
                await wait_in_here()

        async def test_goes_on():
            pass
        """,
    )
    assert "2 failed, 2 passed" in text
    for backend in ("asyncio", "trio"):
        _, _, tasks = text.partition(f"TimeoutError: test_hangs[{backend}] hangs (timeout: 1 s)")
        assert "in test_hangs" in tasks
        assert "in wait_in_here" in tasks
    assert "alarm" not in text


def test_a_fixture_that_keeps_another_backend_alive_is_found(
    template: Path, environment: Environment, tmp_path: Path
) -> None:
    project = without_samples(render(tmp_path / "sample", template, framework="library", **TRIO))
    text = report(
        environment,
        project,
        """
        @pytest.fixture(scope="session")
        async def resource():
            yield

        async def test_it(resource):
            pass
        """,
    )
    assert "1 failed, 1 passed" in text
    assert "would not run on trio: an async fixture of a wider scope" in text


def test_a_fixture_that_hangs_on_trio_tells_where(
    template: Path, environment: Environment, tmp_path: Path
) -> None:
    """It cannot be ended there, so pytest-timeout ends the run."""
    project = without_samples(render(tmp_path / "sample", template, framework="library", **TRIO))
    text = report(
        environment,
        project,
        """
        import trio

        @pytest.fixture
        async def resource(anyio_backend):
            if anyio_backend == "trio":
                await trio.sleep_forever()
            yield

        @pytest.mark.timeout(1)
        async def test_it(resource):
            pass
        """,
        "-s",
    )
    assert "in resource\n    await trio.sleep_forever()" in text
    assert "Timeout" in text


def test_a_module_that_cannot_be_imported_says_why(
    environment: Environment, project: Path
) -> None:
    """pytest-timeout calls the guard for it, although no test runs."""
    text = report(environment, project, "import no_such_module")
    assert "No module named 'no_such_module'" in text
    assert "INTERNALERROR" not in text


@pytest.mark.slow
def test_a_debugger_may_come_in_an_import(environment: Environment, project: Path) -> None:
    text = report(
        environment,
        project,
        """
        import builtins
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(builtins, "input", lambda *_: "c")
            breakpoint()

        async def test_it():
            pass
        """,
        "-s",
    )
    assert "1 passed" in text
