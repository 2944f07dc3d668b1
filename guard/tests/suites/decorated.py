"""Bodies behind decorators and behind Hypothesis."""

import asyncio
import functools

import pytest
from hypothesis import Phase, given, settings
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
        kept.append(function(*args, **kwargs))
        asyncio.run(kept[-1])

    return wrapper


def runs_a(call):
    def decorate(function):
        def wrapper():
            asyncio.run(call())

        return functools.update_wrapper(wrapper, call, assigned=())

    return decorate


@keeps
async def test_bad_kept():
    """the body of test_bad_kept never ran"""
    assert 1 + 1 == 3


@runs
async def test_good_run():
    assert 1 + 1 == 2


@runs_a(functools.partial(asyncio.sleep, 0))
def test_good_partial():
    pass  # what is wrapped has no code of its own


async def fail():
    raise ValueError("nobody sees this")


@settings(max_examples=5)
@given(st.integers())
async def test_bad_every_example_hangs(number):
    """hangs (timeout: 1 s)"""
    await forever()


@settings(max_examples=5)
@given(st.integers())
async def test_good_examples(number):
    await asyncio.sleep(0)


@pytest.mark.async_guard(grace=5)
@settings(max_examples=3)
@given(st.integers())
async def test_good_waiting_counts_for_no_deadline(number):
    asyncio.create_task(asyncio.sleep(0.3))


@settings(max_examples=1, deadline=50, phases=[Phase.generate])
@given(st.integers())
async def test_bad_deadline(number):
    """DeadlineExceeded"""
    await asyncio.sleep(0.1)


blamed, failed = [], []


@pytest.mark.async_guard(grace=0.01)
@settings(max_examples=20)
@given(st.integers())
async def test_bad_some_examples_leave_a_task(number):
    """test_bad_some_examples_leave_a_task left tasks running"""
    if number > 100:
        kept.append(asyncio.create_task(forever()))  # else it is lost, now or later
        blamed.append(number)


@settings(max_examples=20)
@given(st.integers())
async def test_bad_some_examples_lose_an_error(number):
    """test_bad_some_examples_lose_an_error left errors in the background"""
    if number > 100:
        asyncio.create_task(fail())
        failed.append(number)


def test_good_examples_that_are_blamed():
    for numbers in (blamed, failed):  # Hypothesis shows the smallest last
        assert not numbers or numbers[-1] == 101
