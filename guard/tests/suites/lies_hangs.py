"""Ways to wait for ever that code under test has."""

import asyncio
import contextlib

import pytest

BACKENDS = ("asyncio", "anyio")


async def forever():
    await asyncio.Event().wait()


async def test_bad_lock_taken_twice():
    """hangs (timeout: 1 s)
    await lock.acquire()"""
    lock = asyncio.Lock()
    await lock.acquire()
    await lock.acquire()


async def test_bad_semaphore_never_released():
    """hangs (timeout: 1 s)"""
    slots = asyncio.Semaphore(1)
    await slots.acquire()
    async with slots:
        pass


async def test_bad_queue_joined_without_a_worker():
    """hangs (timeout: 1 s)"""
    queue = asyncio.Queue()
    queue.put_nowait(1)
    await queue.join()


async def test_bad_condition_never_told():
    """hangs (timeout: 1 s)"""
    condition = asyncio.Condition()
    async with condition:
        await condition.wait()


async def test_bad_returns_when_cancelled():
    """hangs (timeout: 1 s)"""

    async def code_under_test():
        try:
            await forever()
        except asyncio.CancelledError:
            return "stopped"

    assert await code_under_test() == "stopped"


async def test_bad_gathered_with_its_errors():
    """hangs (timeout: 1 s)"""
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(forever(), forever(), return_exceptions=True)


async def test_bad_waits_for_two():
    """hangs (timeout: 1 s)"""
    tasks = [asyncio.create_task(forever()) for _ in range(2)]
    try:
        await asyncio.wait(tasks)
    except asyncio.CancelledError:
        for task in tasks:
            task.cancel()


async def test_bad_own_time_never_comes():
    """hangs (timeout: 1 s)"""
    with contextlib.suppress(asyncio.TimeoutError, asyncio.CancelledError):
        await asyncio.wait_for(forever(), timeout=3600)


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


async def test_bad_closing_never_ends_behind_a_failure():
    """hangs (timeout: 1 s)"""
    with contextlib.suppress(BaseException):
        async with Client():
            raise ValueError


async def test_bad_retries_what_hangs():
    """hangs (timeout: 1 s)"""
    for _ in range(2):
        try:
            await forever()
        except BaseException:
            await asyncio.sleep(0)
            break


async def test_bad_expects_any_failure():
    """hangs (timeout: 1 s)"""
    with pytest.raises((Exception, asyncio.CancelledError)):
        await forever()


async def test_bad_in_the_middle_of_a_stream():
    """hangs (timeout: 1 s)
    in numbers"""

    async def numbers():
        yield 1
        await forever()

    async for _ in numbers():
        pass


async def test_bad_worker_dies_and_nobody_answers():
    """hangs (timeout: 1 s)"""
    answer = asyncio.get_running_loop().create_future()

    async def work():
        answer.cancelled()

    task = asyncio.create_task(work())
    await answer
    await task




async def test_good_next():
    pass
