"""Beside plugins that run tests again, on other loops or by other clocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from runs import cases

if TYPE_CHECKING:
    from runs import Runner


def test_each_attempt_is_judged_by_itself(run: Runner) -> None:
    pytest.importorskip("pytest_rerunfailures")
    done = run(
        """
        import asyncio
        import pytest
        attempts = []

        async def test_leaks_later():
            attempts.append(1)
            if len(attempts) == 1:
                assert 0
            asyncio.create_task(asyncio.sleep(60))

        async def test_leaks_first(tries=[]):
            tries.append(1)
            if len(tries) == 1:
                asyncio.create_task(asyncio.sleep(60))

        async def test_hangs_later(tries=[]):
            tries.append(1)
            assert len(tries) > 1
            await asyncio.Event().wait()

        async def test_hangs_first(tries=[]):
            tries.append(1)
            if len(tries) == 1:
                await asyncio.Event().wait()

        @pytest.fixture
        async def takes_time():
            yield
            await asyncio.sleep(0.7)

        @pytest.mark.timeout(2)
        async def test_takes_time(takes_time, tries=[]):
            tries.append(1)
            assert len(tries) > 1
            await asyncio.sleep(0.7)
        """.replace("\n        ", "\n"),
        *("--reruns", "1", "-o", "timeout=1"),
        plugins=(),
    )
    assert "2 failed, 3 passed, 5 rerun" in done.output
    assert "left tasks running" in done["test_leaks_later"].text
    assert "hangs (timeout: 1 s)" in done["test_hangs_later"].text
    assert done["test_leaks_first"].passed
    assert done["test_hangs_first"].passed


def test_an_hour_by_a_clock_that_jumps_is_no_hang(run: Runner) -> None:
    done = run(
        """
        import anyio
        import pytest
        from trio.testing import MockClock

        @pytest.fixture
        def anyio_backend():
            return "trio", {"clock": MockClock(autojump_threshold=0)}

        async def test_hour():
            await anyio.sleep(3600)

        async def test_hang():
            await anyio.sleep_forever()
        """.replace("\n        ", "\n"),
        *("-o", "timeout=2"),
        backend="trio",
        plugins=(),
    )
    assert done["test_hour"].passed, done.output
    assert "hangs (timeout: 2 s)" in done["test_hang"].text


def test_an_hour_of_a_virtual_loop_is_no_hang(run: Runner) -> None:
    """As looptime's: the clock of the loop jumps to what comes next."""
    done = run(
        """
        import asyncio
        import pytest

        @pytest.fixture(autouse=True)
        async def jumping(monkeypatch):
            loop = asyncio.get_running_loop()
            real, ahead = loop.time, [0]
            monkeypatch.setattr(loop, "time", lambda: real() + ahead[0])
            select = loop._selector.select

            def jump(timeout=None):
                if timeout:
                    ahead[0] += timeout
                return select(0 if timeout is not None else None)

            monkeypatch.setattr(loop._selector, "select", jump)
            yield

        async def test_hour():
            await asyncio.sleep(3600)

        async def test_hang():
            await asyncio.Event().wait()

        async def test_leak():
            asyncio.create_task(asyncio.Event().wait())

        async def test_ends_soon():
            asyncio.create_task(asyncio.sleep(0.1))
        """.replace("\n        ", "\n"),
        *("-o", "timeout=2"),
    )
    assert done["test_hour"].passed, done.output
    assert done["test_ends_soon"].passed, done.output
    assert "hangs (timeout: 2 s)" in done["test_hang"].text
    assert "left tasks running" in done["test_leak"].text


def test_what_outlives_a_wider_loop_is_told_and_left_alone(run: Runner) -> None:
    done = run(
        """
        import asyncio
        import threading
        import pytest_asyncio

        kept = []

        @pytest_asyncio.fixture(scope="session", loop_scope="session", autouse=True)
        async def wide():
            yield

        async def forever():
            await asyncio.Event().wait()

        async def test_starts():
            kept.append(asyncio.create_task(forever()))

        async def test_starts_from_a_thread():
            loop = asyncio.get_running_loop()
            start = lambda: kept.append(asyncio.run_coroutine_threadsafe(forever(), loop))
            await asyncio.to_thread(start)

        async def test_still_there():
            assert len(kept) == 2
            assert not any(each.done() for each in kept)
            for each in kept:
                each.cancel()
        """.replace("\n        ", "\n"),
        settings="asyncio_default_test_loop_scope = session",
    )
    assert "left tasks running" in done["test_starts"].text
    assert "left tasks running" in done["test_starts_from_a_thread"].text
    assert done["test_still_there"].passed, done.output


def test_the_project_counts_where_it_is_installed_as_a_copy(run: Runner) -> None:
    """As tox and nox do."""
    site = run.folder / "site-packages"
    info = site / "demo_of_guard-1.dist-info"
    info.mkdir(parents=True)
    (site / "demo_of_guard.py").write_text(
        "import asyncio\n\ndef start():\n    return asyncio.create_task(asyncio.Event().wait())\n"
    )
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: demo-of-guard\nVersion: 1\n")
    (info / "RECORD").write_text("demo_of_guard.py,,\n")
    tests = "import sys\nfrom demo_of_guard import start\n\nasync def test_it():\n    start()\n"
    settings = "pythonpath = site-packages"
    assert run(tests, settings=settings)["test_it"].passed
    (run.folder / "pyproject.toml").write_text('[project]\nname = "demo-of-guard"\n')
    assert "left tasks running" in run(tests, settings=settings)["test_it"].text


@pytest.mark.parametrize("backend", ["asyncio", "anyio"])
def test_there_are_sixty_lies_and_more(backend: str) -> None:
    lies = {
        (case.suite, case.name)
        for case in cases()
        if case.backend == backend and not case.must_pass
    }
    assert len(lies) >= 60


def test_a_test_that_is_not_guarded_is_left_to_the_plugin_of_anyio(run: Runner) -> None:
    """Which raises errors of the background itself."""
    done = run(
        """
        import asyncio
        import pytest

        @pytest.fixture(scope="module", autouse=True)
        async def wide():
            yield

        @pytest.mark.timeout(1)
        async def test_hangs():
            await asyncio.Event().wait()

        async def test_guarded():
            task = asyncio.current_task()
            assert not hasattr(task, "cancelling") or task.cancelling() == 0

        @pytest.mark.async_guard(enabled=False)
        async def test_not_guarded():
            asyncio.get_running_loop().call_soon(lambda: 1 / 0)
            await asyncio.sleep(0.01)
        """.replace("\n        ", "\n"),
        backend="anyio",
        plugins=(),
    )
    assert done["test_guarded"].passed, done.output
    assert "division by zero" in done["test_not_guarded"].text
    assert "AttributeError" not in done["test_not_guarded"].text  # of the end of the fixture


STAYS = """
import anyio
import pytest

@pytest.fixture
async def stays():
    yield
    while True:
        try:
            await anyio.sleep(60)
        except BaseException:
            pass

async def test_it(stays):
    assert 1 == 2
"""


SWALLOWS = """
import contextlib
import time

def test_once():
    with contextlib.suppress(BaseException):
        time.sleep(60)
    time.sleep(60)

def test_next():
    pass

async def test_again_and_again():
    while True:
        with contextlib.suppress(BaseException):
            time.sleep(60)
"""


def test_what_swallows_the_timeout_is_timed_again_and_ends_the_run(run: Runner) -> None:
    done = run(SWALLOWS, "-o", "timeout=1", "-k", "not again")
    assert "Timeout (>1.0s) from pytest-timeout" in done["test_once"].text
    assert done["test_next"].passed
    done = run(SWALLOWS, "-o", "timeout=1", "-k", "again")
    assert done.status == 1
    assert "+ Timeout +" in done.output
    assert "in test_again_and_again" in done.output


def test_what_stays_after_a_failure_ends_the_run(run: Runner) -> None:
    """Under AnyIO's plugin by a thread, for a signal gets nothing out of its runner."""
    done = run(STAYS, "-o", "timeout=1", backend="anyio", plugins=())
    assert "+ Timeout +" in done.output
    assert done.status not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED} or not done.tests


def test_what_stays_for_a_while_ends_no_run(run: Runner) -> None:
    tests = STAYS.replace("while True", "for _ in range(2)")
    done = run(tests + "\nasync def test_next():\n    pass\n", "-o", "timeout=1", plugins=())
    assert "1 failed, 1 passed, 1 error in" in done.output


def test_where_a_fixture_of_trio_hangs_is_printed(run: Runner) -> None:
    done = run(
        """
        import pytest
        import trio

        async def forever():
            await trio.sleep_forever()

        @pytest.fixture
        async def hangs():
            yield
            async with trio.open_nursery() as nursery:
                nursery.start_soon(forever)

        async def test_it(hangs):
            pass
        """.replace("\n        ", "\n"),
        *("-o", "timeout=1", "-o", "timeout_method=thread", "-s"),
        backend="trio",
        plugins=(),
    )
    assert "fixture 'hangs' hangs (timeout: 1 s)\n" in done.output
    assert ".forever: waits at test_it.py:6 in forever\n" in done.output
    assert "+ Timeout +" in done.output


@pytest.mark.parametrize("method", ["signal", "thread"])
def test_no_time_limit_is_left_behind_for_the_next_test(method: str, run: Runner) -> None:
    done = run(
        """
        import asyncio
        import pytest

        @pytest.mark.timeout(0.5)
        async def test_limited():
            assert 1 == 2

        @pytest.mark.timeout(0)
        async def test_unlimited():
            await asyncio.sleep(1)
        """.replace("\n        ", "\n"),
        *("-o", f"timeout_method={method}"),
    )
    assert done["test_unlimited"].passed, done.output


def test_pytest_may_run_in_a_thread(run: Runner) -> None:
    """Where there are no signals."""
    (run.folder / "test_inner.py").write_text(
        "import asyncio\n\nasync def test_hang():\n    await asyncio.Event().wait()\n"
    )
    done = run(
        """
        import subprocess
        import sys

        CODE = '''
        import threading, pytest
        plugins = ("pytest_asyncio.plugin", "pytest_timeout", "pytest_async_guard.plugin")
        arguments = ["test_inner.py", "-o", "timeout=1", *(f"-p{name}" for name in plugins)]
        thread = threading.Thread(target=pytest.main, args=[arguments])
        thread.start()
        thread.join()  # Python 3.12 starts no thread once the first has ended
        '''

        def test_it():
            command = [sys.executable, "-c", CODE]
            done = subprocess.run(command, capture_output=True, text=True)
            assert "test_hang hangs (timeout: 1 s)" in done.stdout + done.stderr
        """.replace("\n        ", "\n"),
        "test_it.py",
    )
    assert done["test_it"].passed, done.output
