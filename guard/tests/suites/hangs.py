"""Tests and fixtures that hang, whatever they make of their cancellation."""

import asyncio
import contextlib

import anyio
import pytest

BACKENDS = ("asyncio", "anyio", "trio")


async def wait_in_here():
    await anyio.sleep_forever()


@pytest.fixture
async def yields():
    yield 1


async def test_good_fixture_that_yields(yields):
    assert yields == 1


async def test_bad_plain():
    """test_bad_plain
    hangs (timeout: 1 s)
    in wait_in_here"""
    await wait_in_here()


async def test_bad_suppressed():
    """hangs (timeout: 1 s)"""
    with contextlib.suppress(BaseException):
        await wait_in_here()


async def test_bad_bare_except():
    """hangs (timeout: 1 s)"""
    try:
        await wait_in_here()
    except:  # noqa: E722
        pass


async def test_bad_leaves_a_loop():
    """hangs (timeout: 1 s)"""

    async def code_under_test():
        while True:
            try:
                await wait_in_here()
            except BaseException:
                break

    await code_under_test()


async def test_bad_another_error():
    """not the reason
    hangs (timeout: 1 s)"""
    try:
        await wait_in_here()
    except BaseException:
        raise ValueError("not the reason") from None


async def test_bad_expected_error():
    """hangs (timeout: 1 s)"""
    with pytest.raises(BaseException):  # noqa: B017
        await wait_in_here()


async def test_bad_skips_late():
    """hangs (timeout: 1 s)"""
    with contextlib.suppress(BaseException):
        await wait_in_here()
    pytest.skip("after all")


async def test_bad_in_a_group():
    """hangs (timeout: 1 s)
    wait_in_here: waits at"""
    async with anyio.create_task_group() as group:
        group.start_soon(wait_in_here)


@pytest.fixture
async def hangs_first():
    await wait_in_here()


@pytest.fixture
async def hangs_first_suppressed():
    with contextlib.suppress(BaseException):
        await wait_in_here()
    return 1


async def test_bad_fixture_that_returns(hangs_first):
    """fixture 'hangs_first' hangs (timeout: 1 s)"""


async def test_bad_fixture_that_suppresses(hangs_first_suppressed):
    """fixture 'hangs_first_suppressed' hangs (timeout: 1 s)"""


async def test_good_short():
    await anyio.sleep(0.01)


async def test_good_own_timeout():
    with pytest.raises(TimeoutError):
        with anyio.fail_after(0.01):
            await wait_in_here()


async def test_good_after_all():
    assert asyncio is not None
