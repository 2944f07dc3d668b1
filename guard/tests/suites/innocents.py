"""What tests do that looks odd and is right."""

import asyncio
import contextlib
import contextvars
import gc
import logging
import signal
import sys
import threading
import unittest
import weakref
from unittest.mock import AsyncMock, Mock, patch

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

BACKENDS = ("asyncio", "anyio")
needs_groups = pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.11 brought groups")
needs_eager = pytest.mark.skipif(sys.version_info < (3, 12), reason="Python 3.12 brought them")
variable = contextvars.ContextVar("variable", default=0)


async def forever():
    await asyncio.Event().wait()


async def fail():
    raise ValueError("nobody sees this")


class Stop(Exception):
    pass


@pytest.fixture
def no_sleep(monkeypatch):
    sleep = AsyncMock()
    monkeypatch.setattr(asyncio, "sleep", sleep)
    yield sleep
    sleep.assert_awaited_once_with(5)


async def test_good_sleep_that_is_counted(no_sleep):
    await asyncio.sleep(5)


async def test_good_sleep_that_ends_a_loop(monkeypatch):
    monkeypatch.setattr(asyncio, "sleep", AsyncMock(side_effect=[None, None, Stop]))
    with pytest.raises(Stop):
        while True:
            await asyncio.sleep(5)


async def test_good_sleep_that_fails(monkeypatch):
    monkeypatch.setattr(asyncio, "sleep", AsyncMock(side_effect=asyncio.CancelledError))
    with pytest.raises(asyncio.CancelledError):
        await asyncio.sleep(5)


async def test_good_loop_that_is_a_mock(monkeypatch):
    for name in ("get_running_loop", "get_event_loop", "current_task", "all_tasks", "wait"):
        monkeypatch.setattr(asyncio, name, Mock(side_effect=RuntimeError))


async def test_good_tasks_that_are_mocks(monkeypatch):
    for name in ("create_task", "ensure_future", "wait_for", "gather", "shield"):
        monkeypatch.setattr(asyncio, name, Mock(side_effect=RuntimeError))


async def test_good_threads_that_are_mocks(monkeypatch):
    asyncio.create_task(forever_a_little())
    monkeypatch.setattr(threading, "Timer", Mock(side_effect=RuntimeError))


async def forever_a_little():
    await asyncio.sleep(0.05)


async def test_good_signals_that_are_mocks(monkeypatch):
    monkeypatch.setattr(signal, "signal", Mock())
    monkeypatch.setattr(signal, "setitimer", Mock())


@needs_groups
async def test_good_cancelled_by_itself():
    task = asyncio.current_task()
    assert task.cancelling() == 0
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.sleep(0)
    task.uncancel()


@pytest.fixture
async def server_of_its_own_context():
    async def serve():
        while True:
            await asked.wait()
            asked.clear()
            handlers.append(asyncio.create_task(forever()))
            answered.set()

    asked, answered, handlers = asyncio.Event(), asyncio.Event(), []
    context = contextvars.Context()
    kwargs = {"context": context} if sys.version_info >= (3, 11) else {}
    task = context.run(asyncio.create_task, serve(), **kwargs)
    yield asked, answered
    for each in [task, *handlers]:
        each.cancel()


async def test_good_handler_of_a_server_of_its_own_context(server_of_its_own_context):
    asked, answered = server_of_its_own_context
    asked.set()
    await answered.wait()


@pytest.fixture
async def with_variable():
    token = variable.set(1)
    yield
    with contextlib.suppress(ValueError):
        variable.reset(token)


async def test_good_variable(with_variable):
    assert variable.get() in (0, 1)


async def test_good_nothing_is_kept_alive():
    class Thing:
        pass

    async def use(thing):
        await asyncio.sleep(0)

    thing = Thing()
    there = weakref.ref(thing)
    await asyncio.create_task(use(thing))
    del thing
    gc.collect()
    assert there() is None


async def test_good_process():
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "pass")
    assert await process.wait() == 0


def test_good_no_thread_besides():
    # With another thread, Python 3.12 and later warn of a fork.
    assert not any(type(thread) is threading.Timer for thread in threading.enumerate())


async def test_good_called_from_a_thread():
    loop = asyncio.get_running_loop()
    answers = []

    def call():
        answers.append(asyncio.run_coroutine_threadsafe(asyncio.sleep(0, 1), loop).result())

    await asyncio.to_thread(call)
    assert answers == [1]


@pytest.fixture
def loop_in_a_thread():
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


async def test_good_loop_in_a_thread(loop_in_a_thread):
    future = asyncio.run_coroutine_threadsafe(asyncio.sleep(0, 2), loop_in_a_thread)
    assert await asyncio.wrap_future(future) == 2


async def test_good_error_through_a_thread(loop_in_a_thread):
    future = asyncio.run_coroutine_threadsafe(fail(), loop_in_a_thread)
    with pytest.raises(ValueError):
        await asyncio.wrap_future(future)


async def test_good_signal_of_its_own():
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
    left = signal.setitimer(signal.ITIMER_REAL, 0.01)
    await asyncio.sleep(0.05)
    signal.signal(signal.SIGALRM, before)
    signal.setitimer(signal.ITIMER_REAL, *left)
    assert rung


def test_good_machine():
    class Machine(RuleBasedStateMachine):
        @rule()
        def step(self):
            asyncio.run(asyncio.sleep(0))

    run_state_machine_as_test(Machine, settings=settings(max_examples=2, stateful_step_count=2))


@needs_groups
async def test_good_group_that_is_cancelled():
    async def end():
        raise Stop

    with contextlib.suppress(ExceptionGroup):
        async with asyncio.TaskGroup() as group:
            group.create_task(forever())
            group.create_task(end())


@needs_groups
async def test_good_time_that_is_over():
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            async with asyncio.TaskGroup() as group:
                group.create_task(forever())


@needs_groups
def test_good_runner():
    with asyncio.Runner() as runner:
        runner.run(asyncio.sleep(0))
        runner.get_loop().create_task(forever())
        runner.run(asyncio.sleep(0))


@needs_eager
async def test_good_factory_of_the_test():
    loop = asyncio.get_running_loop()
    before = loop.get_task_factory()
    loop.set_task_factory(asyncio.eager_task_factory)
    assert await asyncio.create_task(asyncio.sleep(0, 3)) == 3
    loop.set_task_factory(before)


async def test_good_task_made_by_hand():
    task = asyncio.Task(asyncio.sleep(0, 4), loop=asyncio.get_running_loop())
    assert await task == 4


async def test_good_task_made_by_hand_and_cancelled():
    task = asyncio.Task(forever(), loop=asyncio.get_running_loop())
    await asyncio.sleep(0)
    task.cancel()


@pytest.fixture
async def task_made_by_hand():
    task = asyncio.Task(forever(), loop=asyncio.get_running_loop())
    yield
    task.cancel()


async def test_good_task_of_a_fixture_made_by_hand(task_made_by_hand):
    pass


async def test_good_generator_left():
    async def numbers():
        try:
            yield 1
            yield 2
        finally:
            await asyncio.sleep(0)

    async for _ in numbers():
        break


async def test_good_generator_closed():
    async def numbers():
        yield 1

    async with contextlib.aclosing(numbers()) as found:
        assert await anext(found) == 1


async def test_good_handler_of_the_test():
    loop = asyncio.get_running_loop()
    before, taken = loop.get_exception_handler(), []
    loop.set_exception_handler(lambda _, context: taken.append(context["exception"]))
    loop.call_soon(lambda: 1 / 0)
    await asyncio.sleep(0.01)
    loop.set_exception_handler(before)
    assert isinstance(taken[0], ZeroDivisionError)


def test_good_handler_of_a_loop_of_its_own():
    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda _, c: taken.append(c))
        asyncio.get_running_loop().call_soon(lambda: 1 / 0)
        await asyncio.sleep(0.01)

    taken = []
    asyncio.run(main())
    assert taken


async def test_good_subtests(subtests):
    for number in range(2):
        with subtests.test(number=number):
            await asyncio.sleep(0)


class TestSub(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.events = []

    async def asyncSetUp(self):
        self.task = asyncio.create_task(forever())
        await self.enterAsyncContext(self.manager()) if sys.version_info >= (3, 11) else None

    @contextlib.asynccontextmanager
    async def manager(self):
        other = asyncio.create_task(forever())
        yield
        other.cancel()

    async def asyncTearDown(self):
        self.task.cancel()

    async def test_good_its_subtests(self):
        for number in range(2):
            with self.subTest(number=number):
                await asyncio.sleep(0)


async def test_good_logged_by_a_callback():
    def done(task):
        if not task.cancelled() and task.exception():
            logging.getLogger("service").error("handled", exc_info=task.exception())

    task = asyncio.create_task(fail())
    task.add_done_callback(done)
    await asyncio.wait([task])


async def test_good_next():
    pass
