"""Bodies behind decorators and behind Hypothesis."""

import asyncio
import functools

from hypothesis import given, settings
from hypothesis import strategies as st

BACKENDS = ("asyncio", "anyio")
kept = []


async def forever():
    await asyncio.Event().wait()


def keeps(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        kept.append(function(*args, **kwargs))

    return wrapper


def runs(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        asyncio.run(function(*args, **kwargs))

    return wrapper


@keeps
async def test_bad_kept():
    """the body of test_bad_kept never ran"""
    assert 1 + 1 == 3


@runs
async def test_good_run():
    assert 1 + 1 == 2


@settings(max_examples=5)
@given(st.integers())
async def test_bad_every_example_hangs(number):
    """hangs (timeout: 1 s)"""
    await forever()


@settings(max_examples=5)
@given(st.integers())
async def test_good_examples(number):
    await asyncio.sleep(0)
