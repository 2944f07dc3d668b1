"""Ways to leave something running."""

import asyncio
import contextlib

import pytest

BACKENDS = ("asyncio", "anyio")


async def forever():
    await asyncio.Event().wait()


async def test_bad_losers_of_a_race():
    """left tasks running"""
    tasks = [asyncio.create_task(asyncio.sleep(0)), asyncio.create_task(forever())]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


async def test_bad_first_that_is_ready():
    """left tasks running"""
    for first in asyncio.as_completed([asyncio.sleep(0), forever()]):
        await first
        break


async def test_bad_shielded():
    """left tasks running"""
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(asyncio.shield(forever()), 0.01)


async def test_bad_gathered_in_the_background():
    """left tasks running"""
    asyncio.gather(forever(), forever())
    await asyncio.sleep(0)


async def test_bad_waits_too_short_a_time():
    """left tasks running"""
    await asyncio.wait([asyncio.ensure_future(forever())], timeout=0.01)


async def test_bad_delayed_start():
    """left tasks running"""
    loop = asyncio.get_running_loop()
    loop.call_later(0.01, lambda: loop.create_task(forever()))
    await asyncio.sleep(0.03)


async def test_bad_periodic():
    """left tasks running
    in poll"""

    async def poll():
        while True:
            await asyncio.sleep(0.01)

    asyncio.create_task(poll())


async def test_bad_stop_without_an_end():
    """left tasks running"""

    async def stubborn():
        while not over:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0.05)

    over = []
    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    task.cancel()
    asyncio.get_running_loop().call_later(0.6, over.append, 1)


async def test_bad_skips_and_leaves():
    """left tasks running"""
    asyncio.create_task(forever())
    pytest.skip("not today")


@pytest.fixture
async def fixture():
    yield


async def test_bad_with_a_fixture(fixture):
    """left tasks running"""
    asyncio.create_task(forever())


class TestMethods:
    async def test_bad_in_a_class(self):
        """left tasks running"""
        asyncio.create_task(forever())


@pytest.mark.parametrize("number", [1, 2])
async def test_bad_in_each_parameter(number):
    """left tasks running"""
    asyncio.create_task(forever())


async def test_good_next():
    pass
