"""Task factories of the project's own."""

import asyncio
import sys

import pytest

BACKENDS = ("asyncio", "anyio")


async def forever():
    await asyncio.Event().wait()


async def fail():
    raise ValueError("nobody sees this")


@pytest.fixture(params=["eager", "own"])
async def factory(request):
    def own(loop, coro, **kwargs):
        made.append(coro)
        return asyncio.Task(coro, loop=loop, **kwargs)

    made = []
    if request.param == "eager" and sys.version_info < (3, 12):
        pytest.skip("Python 3.12 brought eager tasks")
    asyncio.get_running_loop().set_task_factory(
        own if request.param == "own" else asyncio.eager_task_factory
    )
    yield made
    asyncio.get_running_loop().set_task_factory(None)


async def test_bad_leak(factory):
    """left tasks running"""
    asyncio.create_task(forever())


async def test_bad_error(factory):
    """nobody sees this"""
    asyncio.create_task(fail())


async def test_good_nothing_left(factory, request):
    factory.clear()  # of what runs the test
    await asyncio.create_task(asyncio.sleep(0))
    assert factory or "eager" in request.node.name


@pytest.fixture
async def made_by_hand():
    return asyncio.Task(forever())


async def test_good_made_by_hand_before_the_test(made_by_hand):
    assert not made_by_hand.done()
