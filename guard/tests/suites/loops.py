"""Fixtures and tests in two event loops."""

import asyncio

import pytest
import pytest_asyncio

BACKENDS = ("asyncio",)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool():
    yield asyncio.get_running_loop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def value():
    return 1


@pytest.fixture
def through(value):
    return value


@pytest.mark.asyncio(loop_scope="module")
async def test_good_same_loop(pool):
    assert pool is asyncio.get_running_loop()


async def test_bad_other_loop(pool):
    """runs in another event loop than its fixture 'pool' (scope module)"""


async def test_bad_other_loop_of_what_returns(value):
    """runs in another event loop than its fixture 'value' (scope module)"""


async def test_bad_through_another(through):
    """runs in another event loop than its fixture 'value' (scope module)"""


@pytest.mark.async_guard(allow=["pool"])
async def test_good_meant(pool):
    pass


async def test_good_of_its_own():
    pass
