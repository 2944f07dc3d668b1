"""Parts that can be asked by themselves."""

from __future__ import annotations

import asyncio
import functools
import gc
import importlib
import inspect
import logging
import sys
import sysconfig
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pluggy
import pytest
from pytest_async_guard import (
    alarm,
    births,
    bodies,
    chains,
    clock,
    errors,
    hang,
    plugin,
    project,
    pytest_async_guard,
)
from pytest_async_guard.attempt import Attempt
from pytest_async_guard.settings import Settings
from pytest_async_guard.state import state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STDLIB = sysconfig.get_path("stdlib")


def test_the_clock_goes_on_where_time_is_frozen() -> None:
    freezegun = pytest.importorskip("freezegun")
    try:
        with freezegun.freeze_time("2020-01-01"):
            importlib.reload(clock)
            before = clock.now()
            assert any(clock.now() > before for _ in range(1_000_000))
    finally:
        importlib.reload(clock)


def test_the_clock_is_another_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("time.clock_gettime", raising=False)
    assert clock._make()() <= clock._make()()


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    before = project._Root.path  # noqa: SLF001
    project.set_root(tmp_path)
    yield tmp_path
    project.set_root(before)


@pytest.mark.parametrize(
    ("file", "is_project"),
    [
        ("{root}/tests/test_it.py", True),
        ("/elsewhere/work.py", True),
        ("<string>", False),
        (f"{STDLIB}/asyncio/tasks.py", False),
        ("/venv/lib/python3.12/site-packages/lib.py", False),
        ("/usr/lib/python3/dist-packages/lib.py", False),
        (project.__file__, False),
    ],
)
def test_code_is_of_the_project_or_of_a_library(file: str, is_project: bool, root: Path) -> None:  # noqa: FBT001
    assert project.is_project(file.format(root=root)) == is_project


def test_what_was_judged_under_another_root_is_judged_anew(root: Path) -> None:
    file = pytest.__file__
    assert not project.is_project(file)
    (root / "pyproject.toml").write_text('[project]\nname = "pytest"\n')
    assert not project.is_project(file)
    project.set_root(root)
    assert project.is_project(file)


@pytest.mark.parametrize(
    "text", ["[project", "", "project = 1", '[project]\nname = "no-such-distribution"', "\xff"]
)
def test_a_project_that_tells_nothing_has_nothing_installed(text: str, root: Path) -> None:
    (root / "pyproject.toml").write_bytes(text.encode("latin-1"))
    assert not project.is_project(pytest.__file__)


def test_places_are_told_from_the_root(root: Path) -> None:
    assert str(project.Place(str(root / "a" / "b.py"), 3, "run")) == str(Path("a/b.py:3 in run"))
    assert str(project.Place("/elsewhere/b.py", 3, "run")) == "/elsewhere/b.py:3 in run"


def test_the_loggers_are_left_as_they_were(request: pytest.FixtureRequest) -> None:
    loop = asyncio.BaseEventLoop
    request.addfinalizer(errors.watch_logs)
    before = loop.default_exception_handler
    plugin.pytest_unconfigure()
    after = loop.default_exception_handler
    handlers = [handler for n in errors.LOGGERS for handler in logging.getLogger(n).handlers]
    assert before.__module__ == errors.__name__
    assert after.__module__ == "asyncio.base_events"
    assert not any(type(handler).__module__ == errors.__name__ for handler in handlers)


class Waits:
    """Can be awaited, and knows who does."""

    def __await__(self) -> Waits:  # noqa: D105
        return self

    def __iter__(self) -> Waits:  # noqa: D105
        return self

    def __next__(self) -> None:  # noqa: D105
        return None


def test_what_is_logged_where_no_test_is_guarded_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(state, "attempt", None)
    logging.getLogger("asyncio").error("said", exc_info=ValueError())

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.default_exception_handler({"message": "said", "exception": ValueError()})

    asyncio.run(main())


def test_it_is_loaded_once() -> None:
    config = Mock(pluginmanager=pluggy.PluginManager("pytest"))
    # As of a file of that name which loads it, beside a conftest.py that does.
    config.pluginmanager.register(ModuleType("async_guard"), "async_guard")
    for _ in range(2):
        pytest_async_guard(config)
    assert config.pluginmanager.is_registered(plugin)


def test_it_is_not_loaded_where_it_is_kept_out() -> None:
    config = Mock(pluginmanager=pluggy.PluginManager("pytest"))
    config.pluginmanager.set_blocked("async_guard")
    pytest_async_guard(config)
    assert not config.pluginmanager.is_registered(plugin)


def test_it_is_not_loaded_beside_another() -> None:
    config = Mock(pluginmanager=pluggy.PluginManager("pytest"))
    other = ModuleType("other")
    vars(other).update(vars(plugin))
    config.pluginmanager.register(other, "async_guard")
    pytest_async_guard(config)
    assert not config.pluginmanager.is_registered(plugin)


def test_a_chain_that_bites_its_tail_has_an_end() -> None:
    async def outer() -> None:
        await waits

    waits: Any = Waits()
    waits.owner = outer()
    waits.owner.send(None)
    (place,) = chains.await_chain(waits.owner)
    assert place.function == "outer"
    waits.owner.close()


def test_a_chain_ends_at_what_is_over() -> None:
    async def done() -> None:
        pass

    async def outer() -> None:
        await waits

    waits: Any = Waits()
    waits.found = done()
    with suppress(StopIteration):
        waits.found.send(None)
    waiting = outer()
    waiting.send(None)
    assert [place.function for place in chains.await_chain(waiting)] == ["outer"]
    waiting.close()


def test_of_two_ways_on_none_is_taken() -> None:
    async def inner() -> None:
        await waits

    async def outer() -> None:
        await waits

    waits: Any = Waits()
    waits.found = [outer(), inner()]
    for each in waits.found:
        each.send(None)
    assert [place.function for place in chains.await_chain(waits.found[0])] == ["outer"]
    for each in waits.found:
        each.close()


def test_a_place_that_cannot_be_seen_is_told_as_one() -> None:
    assert chains.waits_at([]) == "a place that cannot be seen"
    place = project.Place("<string>", 1, "run")
    assert chains.waits_at([place]) == place


def test_nothing_is_looked_for_behind_a_decorator_of_a_sync_test(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would take long."""

    def test() -> None:
        pass

    async def async_test() -> None:
        pass

    def behind(function: Callable[[], object]) -> Callable[[], object]:
        return functools.update_wrapper(lambda: None, function)

    look = Mock(return_value=[])
    monkeypatch.setattr(gc, "get_objects", look)
    for function in (test, async_test, behind(test)):
        bodies.require_body_ran(request.node, function)
    look.assert_not_called()
    bodies.require_body_ran(request.node, behind(async_test))
    look.assert_called_once_with()


def test_a_line_is_told_where_a_frame_has_none() -> None:
    """Python 3.11 and later have frames in no line."""
    code = inspect.unwrap(test_a_line_is_told_where_a_frame_has_none).__code__
    assert project.Place.of(code, None).line == code.co_firstlineno


@pytest.mark.parametrize("is_debugging", [True, False])
@pytest.mark.parametrize("is_detection_off", [True, False])
def test_no_alarm_disturbs_a_debugger(
    is_debugging: bool,  # noqa: FBT001
    is_detection_off: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wake = Mock()
    known = Mock(alarms={"it": wake}, timer=Mock(disable_debugger_detection=is_detection_off))
    monkeypatch.setattr("pytest_timeout.is_debugging", lambda: is_debugging)
    monkeypatch.setattr(alarm, "state", known)
    alarm._ring()  # noqa: SLF001
    assert wake.called == (is_detection_off or not is_debugging)


def test_nothing_is_bounded_where_no_test_is_guarded(monkeypatch: pytest.MonkeyPatch) -> None:
    async def count() -> int:
        return len(state.alarms)

    monkeypatch.setattr(state, "attempt", None)
    assert asyncio.run(hang.bounded(count(), "it")) == 0
    monkeypatch.setattr(state, "attempt", Mock())
    assert asyncio.run(hang.bounded(count(), "it")) == 1


def test_a_line_without_source_is_told_by_its_place() -> None:
    places = [project.Place("/nowhere/a.py", 1, "run"), project.Place("<string>", 2, "run")]
    assert chains.lines_of(places, full=False) == [
        "    /nowhere/a.py:1 in run",
        "    (<string>:2 in run)",
    ]
    hidden = [project.Place("<string>", line, "run") for line in (1, 2, 3)]
    assert chains.lines_of(hidden, full=False) == ["    (3 calls, the last <string>:3 in run)"]


def test_other_tasks_of_trio_are_told_where_they_are_of_the_project() -> None:
    trio = pytest.importorskip("trio")

    async def wait() -> None:
        await trio.sleep_forever()

    async def main() -> list[str]:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait, name="the waiter")
            await trio.sleep(0.01)
            lines = hang.tell_trio_tasks(trio, {trio.lowlevel.current_task()})
            nursery.cancel_scope.cancel()
        return lines

    lines = [line for line in trio.run(main) if not line.startswith(" ")]
    assert len(lines) == 1
    assert lines[0].startswith("the waiter: waits at ")
    assert lines[0].endswith(" in wait")


def test_an_alarm_that_comes_too_late_cancels_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ring() -> int:
        for wake in tuple(state.alarms.values()):
            wake()
        return 1

    async def main() -> int:
        result: int = await hang.bounded(ring(), "it")
        await asyncio.sleep(0.01)
        return result

    monkeypatch.setattr(state, "attempt", Mock())
    monkeypatch.setattr(state, "timer", Mock(timeout=1))
    assert asyncio.run(main()) == 1


def test_a_task_that_has_failed_can_be_cancelled_where_no_test_is_guarded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fail() -> None:
        raise ValueError

    async def main() -> bool:
        task = births.Task(fail())
        await asyncio.sleep(0)
        is_cancelled = task.cancel()
        assert isinstance(task.exception(), ValueError)
        return is_cancelled

    monkeypatch.setattr(state, "attempt", None)
    assert not asyncio.run(main())


def test_a_cancellation_is_no_error_of_the_background(request: pytest.FixtureRequest) -> None:
    """Asyncio's own servers log one as an error, below Python 3.13."""
    attempt = Attempt(request.node, Settings())
    attempt.note(asyncio.CancelledError())
    attempt.raise_errors()
    attempt.note(ValueError())
    with pytest.raises(pytest.fail.Exception, match="ValueError"):
        attempt.raise_errors()


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="asyncio itself finds them fast")
def test_who_is_alone_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    gc.collect()  # what other tests have left
    monkeypatch.setattr(births, "all_tasks", Mock(side_effect=AssertionError))

    async def ask() -> set[asyncio.Task[Any]]:
        return births.other_tasks()

    assert asyncio.run(ask()) == set()


def test_others_are_found_by_a_task_that_asyncio_does_not_know() -> None:
    async def ask() -> None:
        task: Any = asyncio.current_task()
        other = asyncio.create_task(asyncio.sleep(0))
        assert births.other_tasks() == {other}
        asyncio.tasks._unregister_task(task)  # noqa: SLF001
        assert births.other_tasks() == {other}
        await other
        assert births.other_tasks() == set()

    asyncio.run(ask())
