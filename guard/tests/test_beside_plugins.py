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
        """.replace("\n        ", "\n"),
        *("--reruns", "1", "-o", "timeout=2"),
        plugins=(),
    )
    assert "2 failed, 1 passed, 3 rerun" in done.output
    assert "left tasks running" in done["test_leaks_later"].text
    assert "hangs (timeout: 2 s)" in done["test_hangs_later"].text
    assert done["test_leaks_first"].passed


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

        kept = []

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
