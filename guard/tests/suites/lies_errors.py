"""Ways for an error in the background to be lost."""

import asyncio
import contextlib
import gc
import threading
import unittest

import pytest

BACKENDS = ("asyncio", "anyio")


async def fail():
    raise ValueError("nobody sees this")


def fail_at_once(*_):
    raise ValueError("nobody sees this")


class Service:
    """Cancels its worker when it stops, and takes whatever came of it."""

    def __init__(self, work):
        self.work = work

    async def __aenter__(self):
        self.task = asyncio.create_task(self.work())
        return self

    async def __aexit__(self, *error):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def test_bad_worker_dies_within_the_test():
    """nobody sees this
    in fail"""
    async with Service(fail):
        await asyncio.sleep(0.01)


async def test_bad_worker_is_cancelled_too_late():
    """nobody sees this"""
    task = asyncio.create_task(fail(), name="the worker")
    await asyncio.sleep(0.01)
    task.cancel()


async def test_good_worker_that_is_awaited_after_all():
    task = asyncio.create_task(fail())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(ValueError):
        await task


async def test_good_worker_lives():
    async with Service(asyncio.Event().wait):
        await asyncio.sleep(0.01)


async def test_bad_names_the_task():
    """task 'the worker': ValueError: nobody sees this
    started at
    in test_bad_names_the_task"""
    asyncio.create_task(fail(), name="the worker")


async def test_bad_delayed_callback():
    """nobody sees this"""
    asyncio.get_running_loop().call_later(0.01, fail_at_once)
    await asyncio.sleep(0.05)


async def test_bad_callback_of_a_task():
    """nobody sees this"""
    task = asyncio.create_task(asyncio.sleep(0))
    task.add_done_callback(fail_at_once)
    await task


async def test_bad_callback_from_a_thread():
    """nobody sees this"""
    loop = asyncio.get_running_loop()
    thread = threading.Thread(target=loop.call_soon_threadsafe, args=[fail_at_once])
    thread.start()
    await asyncio.to_thread(thread.join)


async def test_bad_future_that_nobody_awaits():
    """Future exception was never retrieved: ValueError: nobody sees this"""
    future = asyncio.get_running_loop().create_future()
    future.set_exception(ValueError("nobody sees this"))
    del future
    gc.collect()


async def test_bad_job_of_an_executor():
    """nobody sees this"""
    asyncio.get_running_loop().run_in_executor(None, fail_at_once)
    await asyncio.sleep(0.05)
    gc.collect()


async def test_bad_two_levels_down():
    """nobody sees this"""

    async def inner():
        asyncio.create_task(fail())

    await asyncio.create_task(inner())


async def test_bad_loser_of_a_race():
    """nobody sees this"""

    async def late():
        await asyncio.sleep(0.01)
        raise ValueError("nobody sees this")

    tasks = [asyncio.create_task(asyncio.sleep(0)), asyncio.create_task(late())]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.sleep(0.03)


async def test_bad_shielded_and_left():
    """nobody sees this"""

    given_up = asyncio.Event()

    async def late():
        await given_up.wait()
        raise ValueError("nobody sees this")

    task = asyncio.create_task(late())
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(asyncio.shield(task), 0.01)
    given_up.set()
    await asyncio.sleep(0.01)


async def test_bad_skips_after_an_error():
    """nobody sees this"""
    asyncio.create_task(fail())
    await asyncio.sleep(0.01)
    pytest.skip("not today")


async def test_bad_handler_of_a_server():
    """nobody sees this"""

    async def serve(reader, writer):
        writer.close()
        await fail()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    await reader.read()
    writer.close()
    await asyncio.sleep(0.01)
    server.close()


class Broken(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        raise ValueError("nobody sees this")


async def test_bad_protocol():
    """nobody sees this"""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Broken, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"x")
    with contextlib.suppress(ConnectionError):
        await reader.read()
    writer.close()
    server.close()


@pytest.fixture(scope="module")
def ran():
    async def main():
        asyncio.create_task(fail())
        await asyncio.sleep(0.01)

    asyncio.run(main())


def test_bad_loop_of_a_sync_fixture(ran):
    """nobody sees this"""


def test_bad_loop_by_hand():
    """Exception in callback fail_at_once
    nobody sees this"""
    loop = asyncio.new_event_loop()
    loop.call_soon(fail_at_once)
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


class TestUnittest(unittest.TestCase):
    def test_bad_loop_in_a_method(self):
        """nobody sees this"""

        async def main():
            asyncio.create_task(fail())
            await asyncio.sleep(0.01)

        asyncio.run(main())


@pytest.fixture
async def ends_badly():
    yield
    asyncio.get_running_loop().call_soon(fail_at_once)
    await asyncio.sleep(0.01)


async def test_bad_callback_of_a_teardown(ends_badly):
    """nobody sees this"""


@pytest.fixture
async def starts_badly():
    asyncio.create_task(fail())
    await asyncio.sleep(0.01)


async def test_bad_task_of_a_setup(starts_badly):
    """nobody sees this"""


@pytest.mark.parametrize("number", [1, 2])
async def test_bad_in_each_parameter(number):
    """nobody sees this"""
    asyncio.create_task(fail())


async def test_good_next():
    pass
