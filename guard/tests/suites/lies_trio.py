"""Ways to hang, and to lose an error, that trio has."""

import sys
import threading

import pytest
import trio

BACKENDS = ("trio",)
kept = []


@pytest.fixture(scope="session")
def anyio_backend():
    return "trio"


async def forever():
    await trio.sleep_forever()


async def fail():
    raise ValueError("nobody sees this")


async def test_bad_event_that_is_never_set():
    """hangs (timeout: 1 s)
    in test_bad_event_that_is_never_set"""
    await trio.Event().wait()


async def test_bad_channel_that_nobody_sends_to():
    """hangs (timeout: 1 s)"""
    send, receive = trio.open_memory_channel(0)
    async with send, receive:
        await receive.receive()


async def test_bad_limit_that_is_reached():
    """hangs (timeout: 1 s)"""
    limit = trio.CapacityLimiter(1)
    async with limit:
        await limit.acquire_on_behalf_of("another")


async def test_bad_child_that_never_ends():
    """hangs (timeout: 1 s)
    forever: waits at"""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(forever)


async def test_bad_child_that_never_starts():
    """hangs (timeout: 1 s)"""

    async def start(task_status):
        await forever()

    async with trio.open_nursery() as nursery:
        await nursery.start(start)


async def test_bad_own_time_never_comes():
    """hangs (timeout: 1 s)"""
    with trio.move_on_after(3600):
        await forever()


async def test_bad_returns_when_cancelled():
    """hangs (timeout: 1 s)"""
    try:
        await forever()
    except trio.Cancelled:
        return


async def test_bad_takes_its_end_for_an_error():
    """hangs (timeout: 1 s)"""
    with pytest.raises(trio.Cancelled):
        await forever()


async def test_bad_group_that_is_expected_to_fail():
    """hangs (timeout: 1 s)"""
    with pytest.raises(BaseException):  # noqa: B017
        async with trio.open_nursery() as nursery:
            nursery.start_soon(forever)


class Client:
    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        await forever()


async def test_bad_closing_never_ends():
    """hangs (timeout: 1 s)
    in __aexit__"""
    async with Client():
        pass


async def test_bad_waits_for_a_thread():
    """hangs (timeout: 1 s)"""
    over = threading.Event()
    try:
        await trio.to_thread.run_sync(over.wait, abandon_on_cancel=True)
    finally:
        over.set()


async def test_bad_waits_for_a_process():
    """hangs (timeout: 1 s)"""
    await trio.run_process([sys.executable, "-c", "import time; time.sleep(60)"])


async def test_bad_in_the_middle_of_a_stream():
    """hangs (timeout: 1 s)
    in numbers"""

    async def numbers():
        yield 1
        await forever()

    async for _ in numbers():
        pass


@pytest.fixture
async def hangs():
    await forever()


async def test_bad_fixture(hangs):
    """fixture 'hangs' hangs (timeout: 1 s)
    in forever"""


async def test_bad_error_of_a_child():
    """ValueError: nobody sees this"""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(fail)


async def test_bad_generator_that_is_kept():
    """Exception ignored during finalization of async generator
    ValueError: nobody sees this"""

    async def numbers():
        try:
            yield 1
        finally:
            raise ValueError("nobody sees this")

    kept.append(numbers())
    await anext(kept[-1])


async def test_good_child_that_is_cancelled():
    async with trio.open_nursery() as nursery:
        nursery.start_soon(forever)
        nursery.cancel_scope.cancel()


async def test_good_time_that_is_over():
    with trio.move_on_after(0.01) as scope:
        await forever()
    assert scope.cancelled_caught


async def test_good_error_that_is_seen():
    with pytest.raises(BaseExceptionGroup if sys.version_info >= (3, 11) else BaseException):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(fail)


async def test_good_next():
    assert trio.current_time() > 0
