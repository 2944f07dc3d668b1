"""Clocks that a test replaces."""

import asyncio

import pytest
from freezegun import freeze_time

BACKENDS = ("asyncio", "anyio")


with freeze_time("2020-01-01"):  # the first time takes long
    pass


async def forever():
    await asyncio.Event().wait()


async def test_good_frozen_clock_that_asyncio_is_kept_from():
    with freeze_time("2020-01-01", real_asyncio=True):
        await asyncio.sleep(0.01)


async def test_good_ticking():
    with freeze_time("2020-01-01", tick=True):
        await asyncio.sleep(0.01)


@freeze_time("2020-01-01")
async def test_good_decorated():
    asyncio.create_task(asyncio.sleep(0))


@pytest.mark.timeout(3)  # freezing and unfreezing take long where there are many modules
@freeze_time("2020-01-01")
async def test_bad_frozen():
    """hangs (timeout: 3 s)"""
    await forever()


@pytest.mark.timeout(3)  # freezing and unfreezing take long where there are many modules
@freeze_time("2020-01-01")
async def test_bad_sleeps_by_a_frozen_clock():
    """hangs (timeout: 3 s)"""
    await asyncio.sleep(1)


@freeze_time("2020-01-01")
async def test_bad_leaks_under_a_frozen_clock():
    """left tasks running"""
    asyncio.create_task(forever())


@pytest.fixture
def frozen():
    with freeze_time("2020-01-01", real_asyncio=True):
        yield


async def test_good_frozen_by_a_fixture(frozen):
    await asyncio.sleep(0.01)


@pytest.fixture
def frozen_for_asyncio_too():
    with freeze_time("2020-01-01"):
        yield


async def test_bad_leaks_where_a_fixture_freezes(frozen_for_asyncio_too):
    """left tasks running"""
    asyncio.create_task(forever())


async def test_good_after_all():
    await asyncio.sleep(0.01)
