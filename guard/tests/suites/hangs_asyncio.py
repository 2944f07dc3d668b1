"""Hangs that only asyncio can have."""

import asyncio
import contextlib
import sys

import pytest

BACKENDS = ("asyncio", "anyio")
needs_groups = pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.11 brought groups")


async def wait_in_here():
    await asyncio.Event().wait()


async def ticks():
    await asyncio.sleep(1000)
    yield


async def worker():
    async for _ in ticks():
        pass


class Request:
    """An object that can be awaited, as aiohttp's requests are."""

    async def send(self):
        await wait_in_here()

    def __await__(self):
        return self.send().__await__()


async def request():
    await Request()


async def first():
    await anext(ticks(), None)


async def test_bad_cancellation_expected():
    """hangs (timeout: 1 s)"""
    with pytest.raises(asyncio.CancelledError):
        await wait_in_here()


async def test_bad_shielded():
    """hangs (timeout: 1 s)"""
    await asyncio.shield(wait_in_here())


@needs_groups
async def test_bad_names_all_tasks():
    """hangs (timeout: 1 s)
    the worker: waits at
    in test_bad_names_all_tasks
    in worker
    in ticks"""
    async with asyncio.TaskGroup() as group:
        group.create_task(worker(), name="the worker")
        await wait_in_here()


@needs_groups
async def test_bad_awaits_an_object():
    """hangs (timeout: 1 s)
    the request: waits at
    in send"""
    async with asyncio.TaskGroup() as group:
        group.create_task(request(), name="the request")


@needs_groups
async def test_bad_awaits_the_next():
    """hangs (timeout: 1 s)
    the first: waits at
    in first
    in ticks"""
    async with asyncio.TaskGroup() as group:
        group.create_task(first(), name="the first")


@pytest.fixture
async def hangs_last():
    yield
    await wait_in_here()


@pytest.fixture
async def hangs_last_suppressed():
    yield
    with contextlib.suppress(asyncio.CancelledError):
        await wait_in_here()


async def test_bad_end_of_a_fixture(hangs_last):
    """fixture 'hangs_last' hangs (timeout: 1 s)"""


async def test_bad_end_of_a_fixture_that_suppresses(hangs_last_suppressed):
    """fixture 'hangs_last_suppressed' hangs (timeout: 1 s)"""


async def test_bad_end_after_a_failure(hangs_last):
    """fixture 'hangs_last' hangs (timeout: 1 s)
    assert 1 == 2"""
    assert 1 == 2


class TestMethods:
    @pytest.fixture
    async def hangs(self):
        await wait_in_here()
        yield

    async def test_bad_fixture_of_a_class(self, hangs):
        """fixture 'hangs' hangs (timeout: 1 s)"""


async def test_good_after_all():
    if sys.version_info >= (3, 11):
        assert asyncio.current_task().cancelling() == 0
