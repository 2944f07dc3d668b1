"""What a test leaves running."""

import asyncio
import functools
import threading

import pytest

BACKENDS = ("asyncio", "anyio")


async def forever():
    await asyncio.Event().wait()


class Service:
    def start(self):
        self.task = asyncio.create_task(forever(), name="the service")


async def test_bad_task():
    """test_bad_task
    left tasks running
    the leak: waits at
    in test_bad_task"""
    asyncio.create_task(forever(), name="the leak")


async def test_bad_service_of_the_project():
    """the service: waits at
    in start"""
    Service().start()


async def test_bad_future():
    """left tasks running"""
    asyncio.ensure_future(forever())


async def test_bad_from_a_task():
    """left tasks running"""

    async def inner():
        asyncio.create_task(forever())

    await asyncio.create_task(inner())


async def test_bad_from_a_callback():
    """left tasks running"""
    loop = asyncio.get_running_loop()
    loop.call_soon(lambda: loop.create_task(forever()))


async def test_bad_from_a_thread():
    """left tasks running"""
    loop = asyncio.get_running_loop()
    thread = threading.Thread(target=lambda: asyncio.run_coroutine_threadsafe(forever(), loop))
    thread.start()
    await asyncio.to_thread(thread.join)


async def test_bad_timeout_of_its_own():
    """left tasks running"""
    task = asyncio.create_task(forever())
    await asyncio.wait([task], timeout=0.01)


async def test_bad_swallows_its_end():
    """left tasks running"""

    async def stubborn():
        while not over:
            try:
                await asyncio.sleep(0.05)
            except asyncio.CancelledError:
                pass

    over = []
    asyncio.create_task(stubborn())
    asyncio.get_running_loop().call_later(0.6, over.append, 1)


async def test_good_next_test_is_not_blamed():
    pass


async def test_good_ends_soon():
    asyncio.create_task(asyncio.sleep(0.05))


async def test_good_two_end_together():
    asyncio.create_task(asyncio.sleep(0.05))
    asyncio.create_task(asyncio.sleep(0.05))


async def test_good_cancelled():
    task = asyncio.create_task(forever())
    await asyncio.sleep(0)
    task.cancel()


async def test_good_failure_is_not_hidden_behind(request):
    task = asyncio.create_task(forever())
    request.addfinalizer(lambda: None)
    task.cancel()


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


async def test_good_handed_to_a_fixture(tasks, other):
    tasks.append(asyncio.create_task(forever()))


async def test_bad_not_handed_to_the_fixture(tasks, other):
    """left tasks running"""
    asyncio.create_task(forever())


@pytest.fixture
async def server():
    task = asyncio.create_task(forever())
    yield
    task.cancel()


async def test_good_task_of_a_fixture(server):
    pass


@pytest.fixture
async def connection():
    connected = asyncio.Event()

    async def serve(reader, writer):
        connected.set()
        try:
            await forever()
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname(), connected
    server.close()


async def test_good_handler_of_a_server(connection):
    address, connected = connection
    reader, writer = await asyncio.open_connection(*address)
    await connected.wait()
    writer.close()


async def test_good_drained(drain_tasks):
    asyncio.create_task(asyncio.sleep(0.4))
    await drain_tasks()


async def test_good_drained_by_a_task(drain_tasks):
    await asyncio.create_task(drain_tasks(), name="drains")


async def test_bad_drain_has_an_end(drain_tasks):
    """TimeoutError: still running after 0.1 s:
    not ended: waits at"""
    asyncio.create_task(forever(), name="not ended")
    await drain_tasks(0.1)


async def test_bad_drain_that_has_no_time(drain_tasks, monkeypatch):
    """TimeoutError: still running after 0 s:"""
    monkeypatch.setattr("pytest_async_guard.plugin.now", iter((0, 0)).__next__)
    asyncio.create_task(forever())
    await drain_tasks(0)


@pytest.mark.async_guard(allow=["fore*"])
async def test_good_allowed_by_its_coroutine():
    asyncio.create_task(forever())


@pytest.mark.async_guard(allow=["known"])
async def test_good_allowed_by_its_name():
    asyncio.create_task(forever(), name="known")


@pytest.mark.async_guard(allow=["known"])
async def test_bad_not_the_allowed_one():
    """left tasks running"""
    asyncio.create_task(forever(), name="unknown")


@pytest.mark.async_guard(grace=0.01)
async def test_bad_no_time_to_end():
    """left tasks running
    started at test_leaks.py:
    in test_bad_no_time_to_end"""
    asyncio.create_task(asyncio.sleep(0.2))


@pytest.mark.async_guard(grace=60)
@pytest.mark.timeout(5)
async def test_good_waits_for_nothing():
    pass


@pytest.mark.async_guard(grace=60)
@pytest.mark.timeout(5)
async def test_good_waits_no_longer_than_needed():
    asyncio.create_task(asyncio.sleep(0.05))
    asyncio.create_task(asyncio.sleep(0.1))


@pytest.mark.async_guard(allow=["forever"])
async def test_good_allowed_and_made_by_hand():
    asyncio.Task(forever(), loop=asyncio.get_running_loop())


@pytest.mark.async_guard(allow=["known"], grace=0.01)
class TestMarks:
    @pytest.mark.async_guard(grace=5)
    async def test_good_nearest_mark_counts(self):
        asyncio.create_task(asyncio.sleep(0.3))
        asyncio.create_task(forever(), name="known")

    async def test_bad_mark_of_the_class(self):
        """left tasks running"""
        asyncio.create_task(asyncio.sleep(0.3))


def hidden(function):
    """As pytest-asyncio before 1.1 makes it."""

    @functools.wraps(function)
    def wrapper():
        tasks = []
        yield tasks
        for task in tasks:
            task.cancel()

    return pytest.fixture(wrapper)


@hidden
async def hidden_generator():
    yield


@hidden
async def hidden_coroutine():
    pass


async def test_good_handed_to_a_fixture_that_is_hidden(hidden_generator):
    hidden_generator.append(asyncio.create_task(forever()))


async def test_good_handed_to_another_that_is_hidden(hidden_coroutine):
    hidden_coroutine.append(asyncio.create_task(forever()))


@pytest.fixture
async def returned():
    async def serve(reader, writer):
        connected.set()
        try:
            await forever()
        finally:
            writer.close()

    connected = asyncio.Event()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    return server, connected


async def test_good_handler_of_a_server_that_a_fixture_returns(returned):
    server, connected = returned
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    await connected.wait()
    writer.close()
    server.close()


@pytest.mark.async_guard(enabled=False)
async def test_good_not_guarded():
    asyncio.create_task(forever())
