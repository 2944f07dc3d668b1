"""Errors that are allowed; AnyIO's own plugin reports those that are not kept."""

import asyncio

import pytest

BACKENDS = ("asyncio",)


async def fail():
    raise ValueError("nobody sees this")


@pytest.mark.async_guard(allow=["fail"])
async def test_good_allowed():
    asyncio.create_task(fail())
    await asyncio.sleep(0.01)


@pytest.mark.async_guard(allow=["fail"])
async def test_good_allowed_and_cancelled_too_late():
    task = asyncio.create_task(fail())
    await asyncio.sleep(0.01)
    task.cancel()


@pytest.mark.async_guard(allow=["fails"])
async def test_bad_not_the_allowed_one():
    """nobody sees this"""
    asyncio.create_task(fail())
    await asyncio.sleep(0.01)
