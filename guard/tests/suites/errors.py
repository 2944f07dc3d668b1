"""Errors in the background."""

import asyncio
import contextlib
import gc
import logging
import sys

import pytest

BACKENDS = ("asyncio", "anyio")
kept = []


async def fail():
    raise ValueError("nobody sees this")


async def fail_soon():
    await asyncio.sleep(0.5)
    raise ValueError("nobody sees this")


async def test_bad_task_kept():
    """nobody sees this"""
    task = asyncio.create_task(fail())
    await asyncio.sleep(0.01)
    del task


async def test_bad_task_dropped():
    """nobody sees this"""
    asyncio.create_task(fail())
    await asyncio.sleep(0.01)


async def test_bad_task_that_somebody_keeps():
    """nobody sees this"""
    kept.append(asyncio.create_task(fail()))


async def test_good_next_test_is_not_blamed_for_what_is_kept():
    kept.clear()
    gc.collect()


async def test_bad_two():
    """nobody sees this
    division by zero"""
    asyncio.create_task(fail())
    asyncio.get_running_loop().call_soon(lambda: 1 / 0)


async def test_bad_task_last():
    """nobody sees this"""
    asyncio.create_task(fail())


async def test_bad_callback():
    """division by zero"""
    asyncio.get_running_loop().call_soon(lambda: 1 / 0)
    await asyncio.sleep(0)


async def test_bad_callback_last():
    """<Handle test_bad_callback_last
    division by zero"""
    asyncio.get_running_loop().call_soon(lambda: 1 / 0)


async def test_bad_generator_last():
    """nobody sees this"""

    async def numbers():
        try:
            yield 1
        finally:
            await fail()

    async for _ in numbers():
        break


async def test_bad_cancelled_too_late():
    """nobody sees this"""
    task = asyncio.create_task(fail())
    await asyncio.sleep(0.01)
    del task


@pytest.fixture
async def worker():
    task = asyncio.create_task(fail_soon())
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, ValueError):
        await task


async def test_bad_worker_of_a_fixture(worker):
    """nobody sees this"""
    await asyncio.sleep(0.7)


async def test_good_worker_that_lives(worker):
    pass


@pytest.fixture
async def fails_at_the_end():
    yield
    asyncio.create_task(fail())
    await asyncio.sleep(0.01)


async def test_bad_end_of_a_fixture(fails_at_the_end):
    """nobody sees this"""


@pytest.fixture
async def keeps_what_fails_at_the_end():
    yield
    kept.append(asyncio.create_task(fail()))
    await asyncio.sleep(0.01)


async def test_bad_end_of_a_fixture_that_keeps_it(keeps_what_fails_at_the_end):
    """nobody sees this"""


@pytest.fixture
async def handled():
    taken = []
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda loop, context: taken.append(context))
    yield taken
    loop.set_exception_handler(before)


async def test_good_own_handler(handled):
    asyncio.get_running_loop().call_soon(lambda: 1 / 0)
    await asyncio.sleep(0.01)
    assert handled


async def test_good_own_handler_of_a_task(handled):
    kept.append(asyncio.create_task(fail()))
    await asyncio.sleep(0.01)
    handled.append(None)


def test_bad_loop_of_its_own():
    """nobody sees this"""

    async def main():
        asyncio.create_task(fail())
        await asyncio.sleep(0.01)

    asyncio.run(main())


def test_good_loop_of_its_own():
    async def main():
        with pytest.raises(ValueError):
            await asyncio.create_task(fail())

    asyncio.run(main())


async def test_bad_loop_in_a_thread():
    """nobody sees this"""

    async def main():
        asyncio.create_task(fail())
        await asyncio.sleep(0.01)

    await asyncio.to_thread(asyncio.run, main())


async def test_good_seen():
    task = asyncio.create_task(fail())
    with pytest.raises(ValueError):
        await task


async def test_good_gathered():
    results = await asyncio.gather(fail(), fail(), return_exceptions=True)
    assert len(results) == 2


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.11 brought groups")
async def test_good_grouped():
    with pytest.raises(ExceptionGroup):
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())


def test_bad_skips_behind_it():
    """nobody sees this"""

    async def main():
        asyncio.create_task(fail())
        await asyncio.sleep(0.01)

    asyncio.run(main())
    pytest.skip("not today")


async def test_good_message_without_an_error(caplog):
    asyncio.get_running_loop().call_exception_handler({"message": "no error"})
    assert "no error" in caplog.text


def test_good_message_of_a_loop_of_its_own(caplog):
    async def main():
        asyncio.get_running_loop().call_exception_handler({"message": "no error"})

    asyncio.run(main())
    assert "no error" in caplog.text


def log(name, level=logging.ERROR, file=__file__):
    code = compile("def run():\n    raise ValueError('nobody sees this')", file, "exec")
    found = {}
    exec(code, found)
    try:
        found["run"]()
    except ValueError as error:
        logging.getLogger(name).log(level, "it failed\nin detail", exc_info=error)


def test_bad_logged_by_asyncio():
    """it failed: ValueError: nobody sees this"""
    log("asyncio")


def test_good_logged_as_a_warning():
    log("asyncio", logging.WARNING)


def test_bad_logged_by_uvicorn_after_the_answer():
    """it failed: ValueError: nobody sees this"""
    log("uvicorn.error", file="/starlette/background.py")


@pytest.mark.parametrize(
    "file", ["/starlette/routing.py", "/service/background.py", "/starlette/background.py/x.py"]
)
def test_good_logged_by_uvicorn_and_answered(file):
    log("uvicorn.error", file=file)


@pytest.mark.parametrize("name", ["asyncio", "uvicorn.error"])
def test_good_logged_without_an_error(name):
    logging.getLogger(name).error("it failed")


async def test_good_log_of_another():
    try:
        await fail()
    except ValueError:
        logging.getLogger("service").exception("handled")
