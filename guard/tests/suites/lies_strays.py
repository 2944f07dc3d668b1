"""Ways past what asyncio offers by itself: factories, contexts, groups, signals, runners."""

import asyncio
import contextlib
import contextvars
import gc
import logging
import logging.config
import os
import signal
import socket
import sys
import threading
import unittest

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

BACKENDS = ("asyncio", "anyio")
needs_groups = pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.11 brought groups")
needs_eager = pytest.mark.skipif(sys.version_info < (3, 12), reason="Python 3.12 brought them")
needs_queues = pytest.mark.skipif(sys.version_info < (3, 13), reason="Python 3.13 brought them")
needs_starts = pytest.mark.skipif(sys.version_info < (3, 14), reason="Python 3.14 brought them")
kept = []


async def forever():
    await asyncio.Event().wait()


async def fail():
    raise ValueError("nobody sees this")


def fail_at_once(*_):
    raise ValueError("nobody sees this")


@needs_eager
async def test_bad_factory_of_the_test():
    """left tasks running"""
    loop = asyncio.get_running_loop()
    before = loop.get_task_factory()
    loop.set_task_factory(asyncio.eager_task_factory)
    asyncio.create_task(forever())
    loop.set_task_factory(before)


async def test_bad_task_made_by_hand():
    """left tasks running"""
    asyncio.Task(forever(), loop=asyncio.get_running_loop())


@needs_starts
async def test_bad_started_at_once():
    """left tasks running"""
    asyncio.get_running_loop().create_task(forever(), eager_start=True)


@needs_groups
async def test_bad_context_of_its_own():
    """left tasks running"""

    async def inner():
        asyncio.create_task(forever())

    await asyncio.create_task(inner(), context=contextvars.Context())


async def test_bad_nobody_keeps_it():
    """Task was destroyed but it is pending"""
    asyncio.create_task(forever())
    await asyncio.sleep(0.01)
    gc.collect()


async def test_bad_handler_of_a_signal():
    """nobody sees this"""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, fail_at_once)
    os.kill(os.getpid(), signal.SIGUSR1)
    await asyncio.sleep(0.05)
    loop.remove_signal_handler(signal.SIGUSR1)


async def test_bad_reader_of_a_socket():
    """nobody sees this"""
    loop = asyncio.get_running_loop()
    ours, theirs = socket.socketpair()

    def read():
        loop.remove_reader(ours)
        fail_at_once()

    with ours, theirs:
        loop.add_reader(ours, read)
        theirs.send(b"x")
        await asyncio.sleep(0.05)


@needs_groups
def test_bad_runner_by_hand():
    """nobody sees this"""
    with asyncio.Runner() as runner:
        runner.run(asyncio.sleep(0))
        runner.get_loop().create_task(fail())
        runner.run(asyncio.sleep(0.01))


def test_bad_log_switched_off():
    """nobody sees this"""

    async def main():
        asyncio.create_task(fail())
        await asyncio.sleep(0.01)

    logging.disable(logging.CRITICAL)
    try:
        asyncio.run(main())
        gc.collect()
    finally:
        logging.disable(logging.NOTSET)


def test_bad_log_set_up_anew():
    """nobody sees this"""

    async def main():
        asyncio.create_task(fail())
        await asyncio.sleep(0.01)

    try:
        logging.config.dictConfig({"version": 1})
        asyncio.run(main())
        gc.collect()
    finally:
        logging.getLogger("asyncio").disabled = False


def test_bad_background_of_a_machine():
    """nobody sees this"""

    class Machine(RuleBasedStateMachine):
        @rule()
        def step(self):
            async def main():
                asyncio.create_task(fail())
                await asyncio.sleep(0)

            asyncio.run(main())

    run_state_machine_as_test(Machine, settings=settings(max_examples=2, stateful_step_count=2))


def test_bad_loop_of_another_thread():
    """nobody sees this"""

    async def main():
        asyncio.create_task(fail())
        await asyncio.sleep(0.01)

    thread = threading.Thread(target=asyncio.run, args=[main()])
    thread.start()
    thread.join()


async def test_bad_generator_that_is_kept():
    """nobody sees this"""

    async def numbers():
        try:
            yield 1
        finally:
            raise ValueError("nobody sees this")

    kept.append(numbers())
    await anext(kept[-1])


@needs_queues
async def test_bad_worker_whose_queue_shuts_down():
    """QueueShutDown"""
    queue = asyncio.Queue()

    async def work():
        while True:
            await queue.get()

    kept.append(asyncio.create_task(work()))
    await asyncio.sleep(0)
    queue.shutdown()


class Swallows:
    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        return True


async def test_bad_manager_that_swallows():
    """hangs (timeout: 1 s)"""
    async with Swallows():
        await forever()


@needs_groups
async def test_bad_tries_for_ever():
    """hangs (timeout: 1 s)"""
    while True:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.05):
                await forever()


@needs_groups
async def test_bad_time_that_takes_any_end_for_its_own():
    """hangs (timeout: 1 s)"""
    with contextlib.suppress(TimeoutError, asyncio.CancelledError):
        async with asyncio.timeout(3600) as limit:
            try:
                await forever()
            except asyncio.CancelledError:
                limit.reschedule(asyncio.get_running_loop().time())
                raise


@needs_groups
async def test_bad_barrier_that_one_does_not_reach():
    """hangs (timeout: 1 s)"""
    barrier = asyncio.Barrier(2)
    await barrier.wait()


@needs_groups
async def test_bad_cancels_itself_and_waits_on():
    """hangs (timeout: 1 s)"""
    task = asyncio.current_task()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.sleep(0)
    task.uncancel()
    with contextlib.suppress(asyncio.CancelledError):
        await forever()


async def test_bad_waits_for_a_process():
    """hangs (timeout: 1 s)"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", stdin=-1)
    try:
        await process.wait()
    finally:
        process.kill()
        await process.wait()


async def test_bad_waits_for_a_thread():
    """hangs (timeout: 1 s)"""
    over = threading.Event()
    try:
        await asyncio.to_thread(over.wait)
    finally:
        over.set()


async def test_bad_expects_the_failure_of_a_timeout():
    """hangs (timeout: 1 s)"""
    with pytest.raises((pytest.fail.Exception, asyncio.CancelledError)):
        await forever()


async def test_bad_cleanup_that_hangs():
    """hangs (timeout: 1 s)
    in forever"""
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(forever)


async def test_bad_hangs_in_a_subtest(subtests):
    """hangs (timeout: 1 s)"""
    with subtests.test(msg="one"):
        await forever()


async def test_bad_error_in_a_subtest(subtests):
    """nobody sees this"""
    with subtests.test(msg="one"):
        asyncio.create_task(fail())
        await asyncio.sleep(0.01)


class TestSetUp(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        asyncio.create_task(fail())
        await asyncio.sleep(0.01)

    async def test_bad_error_of_its_setup(self):
        """nobody sees this"""


class TestSetUpThatLeaves(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.task = asyncio.create_task(forever())

    async def test_bad_task_of_its_setup(self):
        """left tasks running"""


class TestTearDown(unittest.IsolatedAsyncioTestCase):
    async def asyncTearDown(self):
        asyncio.create_task(fail())
        await asyncio.sleep(0.01)

    async def test_bad_error_of_its_teardown(self):
        """nobody sees this"""


class TestSub(unittest.IsolatedAsyncioTestCase):
    async def test_bad_hangs_in_its_subtest(self):
        """hangs (timeout: 1 s)"""
        with self.subTest("one"):
            await forever()


@pytest.fixture
async def twice():
    yield 1
    yield 2


async def test_bad_fixture_that_yields_twice(twice):
    pass


@pytest.fixture
async def never():
    if kept is None:
        yield


async def test_bad_fixture_that_never_yields(never):
    pass


async def test_good_next():
    pass
