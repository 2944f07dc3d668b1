"""The clock that time-machine replaces."""

import asyncio

import pytest

BACKENDS = ("asyncio", "anyio")
time_machine = pytest.importorskip("time_machine")


async def forever():
    await asyncio.Event().wait()


async def test_good_travelled():
    with time_machine.travel("2020-01-01", tick=False):
        await asyncio.sleep(0.01)


async def test_bad_travelled():
    """hangs (timeout: 1 s)"""
    with time_machine.travel("2020-01-01", tick=False):
        await forever()
