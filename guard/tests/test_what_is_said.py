"""What a failure says: the answer first, what more there is on demand, and no line of the guard."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from runs import Runner

WORK = """
import asyncio
import pytest

async def fail():
    raise ValueError("nobody sees this")

async def library():
    await asyncio.Event().wait()
"""
FAILURES = """
import pytest

@pytest.fixture
async def first():
    assert 1 == 2

@pytest.fixture
async def last():
    yield
    assert 1 == 2

async def test_setup(first):
    pass

async def test_teardown(last):
    pass

async def test_body():
    assert 1 == 2

def test_sync():
    assert 1 == 2
"""

#: What an asyncio test does through AnyIO differs little.
BACKENDS = pytest.mark.parametrize(
    "backend", ["asyncio", pytest.param("anyio", marks=pytest.mark.full), "trio"]
)


@BACKENDS
def test_a_failure_shows_no_line_of_the_guard(backend: str, run: Runner) -> None:
    done = run(FAILURES, backend=backend, plugins=())
    texts = [outcome.text for outcome in done.tests.values()]
    assert len(texts) == 4
    assert all("assert 1 == 2" in text and "pytest_async_guard" not in text for text in texts)


def test_an_error_of_the_background_is_told_once(run: Runner) -> None:
    tests = "async def test_it():\n    asyncio.create_task(fail())\n"
    tests += "def test_sync():\n    asyncio.run(test_it())\n"
    done = run(WORK + tests)
    assert "2 failed in" in done.output
    assert done["test_it"].text.startswith("test_it left errors in the background\ntask ")
    assert "Traceback" not in done["test_it"].text
    assert "test_it.py:11 in test_it" in done["test_it"].text


def test_an_error_of_the_background_hides_no_failure(run: Runner) -> None:
    tests = """
kept = []

async def test_it():
    kept.append(asyncio.create_task(fail()))
    await asyncio.sleep(0)
    assert 1 == 2
"""
    done = run(WORK + tests)
    assert "1 failed in" in done.output
    assert "assert 1 == 2" in done["test_it"].text
    (_, _, section) = done.output.partition(" async guard ")
    assert "test_it left errors in the background" in section


def test_a_leak_hides_no_failure(run: Runner) -> None:
    tests = """
@pytest.fixture
async def fixture():
    yield

async def test_it(fixture):
    asyncio.create_task(library())
    assert 1 == 2
"""
    done = run(WORK + tests)
    assert "1 failed in" in done.output
    assert "left tasks" not in done.output


def test_errors_of_a_group_are_told_one_by_one(run: Runner) -> None:
    pytest.importorskip("asyncio.taskgroups")
    done = run(
        WORK
        + """
async def group():
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(fail())

async def test_it():
    asyncio.create_task(group())
    await asyncio.sleep(0.01)
"""
    )
    assert "in it: ValueError: nobody sees this" in done["test_it"].text


def test_all_is_told_on_demand(run: Runner) -> None:
    tests = (
        WORK
        + """
async def test_error():
    asyncio.create_task(fail())

async def test_guard():
    loop = asyncio.get_running_loop()
    loop.call_soon(lambda: loop.create_task(None))

async def test_leak():
    asyncio.create_task(library())

@pytest.mark.timeout(1)
async def test_hang():
    await library()
"""
    )
    brief, full = run(tests, "-v"), run(tests, "-vv")
    assert "TypeError: a coroutine was expected" in brief["test_guard"].text
    texts = [
        outcome.text for outcome in (*brief.tests.values(), full["test_leak"], full["test_hang"])
    ]
    assert not any("pytest_async_guard" in text for text in texts)
    assert "Traceback (most recent call last)" in full["test_error"].text
    assert "    started at test_it.py:12 in test_error" in full["test_error"].text
    for name, line in (
        ("test_leak", "    test_it.py:9 in library"),
        ("test_hang", "    test_it.py:9 in library"),
    ):
        assert line in full[name].text
        assert "locks.py" in full[name].text.partition(line)[2]
        assert "        fut = " not in brief[name].text
        assert "locks.py" not in brief["test_leak"].text
        assert "await fut" in full[name].text
        assert "await fut" not in brief[name].text
    last = r"\n    \(\S+locks.py:\d+ in wait\)\nWhat it waits for never comes: .*$"
    assert re.search(last, brief["test_hang"].text)
    assert brief["test_hang"].text.startswith("test_hang hangs (timeout: 1 s)\nit waits at test_it")
    # Python 3.13.0 names a task None that a factory makes.
    assert re.match(r"test_leak left tasks running\n(Task-\d+|None): ", brief["test_leak"].text)


def test_only_so_many_tasks_are_told(run: Runner) -> None:
    tests = WORK + "async def test_it(tasks=[]):\n    for _ in range(10):\n        "
    tests += "tasks.append(asyncio.create_task(library()))  # else they can be lost\n"
    brief, full = run(tests)["test_it"].text, run(tests, "-vv")["test_it"].text
    assert brief.count(": waits at test_it.py:9 in library\n    started at ") == 8
    *_, counted, cure = brief.splitlines()
    assert counted == "more tasks of the project, which -vv shows: 2"
    assert cure.startswith("Keep the task and await it")
    assert full.count(": waits at ") == 10
    assert "which -vv shows" not in full


def test_tasks_of_libraries_are_counted(run: Runner) -> None:
    (run.folder / "site-packages").mkdir()
    (run.folder / "site-packages" / "lib.py").write_text(
        "import asyncio\n\ndef start():\n    return asyncio.create_task(asyncio.sleep(9))\n"
    )
    tests = (
        WORK
        + """
from lib import start

@pytest.mark.timeout(1)
async def test_it():
    tasks = [start(), start()]
    await asyncio.create_task(library())
"""
    )
    brief, full = (run(tests, *v, settings="pythonpath = site-packages") for v in ((), ("-vv",)))
    assert brief["test_it"].text.count(": waits at ") == 1
    assert brief["test_it"].text.endswith("tasks of libraries, which -vv shows: 2")
    assert full["test_it"].text.count(": waits at ") == 3


def test_the_end_of_a_task_of_a_library_is_no_matter_of_the_test(run: Runner) -> None:
    (run.folder / "site-packages").mkdir()
    (run.folder / "site-packages" / "lib.py").write_text(
        "import asyncio\n\ndef start():\n    asyncio.create_task(asyncio.Event().wait())\n"
    )
    tests = """
import asyncio
import gc
from lib import start

async def test_it():
    start()
    await asyncio.sleep(0)
    gc.collect()
"""
    done = run(tests, "-rP", settings="pythonpath = site-packages")
    assert done["test_it"].passed
    assert "Task was destroyed but it is pending" in done.output


def test_a_test_in_another_loop_than_its_fixture_names_both(run: Runner) -> None:
    done = run(
        """
import pytest_asyncio

@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def wide():
    pass

async def test_it(wide):
    pass
"""
    )
    loops = r"\nthe test: \w+ at 0x\w+\nthe fixture: \w+ at 0x\w+\n"
    assert re.search(loops, done["test_it"].text)


def test_a_skip_stays_one(run: Runner) -> None:
    done = run(
        """
import unittest
import pytest

async def test_it():
    pytest.skip()

class TestIt(unittest.IsolatedAsyncioTestCase):
    async def test_that(self):
        self.skipTest("")
"""
    )
    assert "2 skipped in" in done.output


def test_a_task_that_awaits_is_named(run: Runner) -> None:
    pytest.importorskip("asyncio.graph")
    tests = (
        WORK
        + """
@pytest.mark.timeout(1)
async def test_it():
    inner = asyncio.create_task(library(), name="the inner")
    outer = asyncio.create_task(asyncio.wait_for(inner, 60), name="the outer")
    asyncio.future_add_to_awaited_by(inner, asyncio.Future())  # which has no name
    await library()
"""
    )
    text = run(tests)["test_it"].text
    assert "    awaited by the outer\n" in text
    assert text.count("awaited by") == 1


def test_paths_are_those_of_the_project(run: Runner) -> None:
    (run.folder / "below").mkdir()
    (run.folder / "below" / "test_below.py").write_text(
        WORK + "async def test_it():\n    asyncio.create_task(library())\n"
    )
    done = run("", "below")
    assert (
        "started at below/test_below.py:11 in test_it"
        in done.tests["below.test_below", "test_it"].text
    )


def test_a_test_on_another_backend_than_it_says_is_refused(run: Runner) -> None:
    (run.folder / "conftest.py").write_text(
        "import pytest\n\n@pytest.fixture(scope='session', params=['asyncio', 'trio'])\n"
        "def anyio_backend(request):\n    return request.param\n"
    )
    done = run(
        """
import pytest

@pytest.fixture(scope="session")
async def wide():
    yield

async def test_it(wide):
    pass
""",
        backend="anyio",
        plugins=(),
    )
    assert "test_it[trio] would not run on trio: an async fixture of a wider scope" in done.output


@BACKENDS
def test_hypothesis_is_told_of_a_hang_once(backend: str, run: Runner) -> None:
    done = run(
        """
import anyio
import pytest
from hypothesis import given, strategies

@pytest.mark.timeout(1)
@given(strategies.integers())
async def test_it(number):
    await anyio.sleep_forever()
""",
        backend=backend,
        plugins=(),
    )
    assert "test_it hangs (timeout: 1 s)" in done["test_it"].text
    assert "1 failed in" in done.output


def test_a_handler_of_the_project_is_told_of_a_task_that_somebody_keeps(run: Runner) -> None:
    """And the test does not fail: the handler has taken it."""
    tests = (
        WORK
        + """
kept = []

@pytest.fixture
async def handled():
    found = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: found.append(context))
    yield
    assert [str(each["exception"]) for each in found] == ["nobody sees this"]
    assert found[0]["task"] is kept[0]

async def test_it(handled):
    kept.append(asyncio.create_task(fail()))
"""
    )
    assert run(tests)["test_it"].passed


def test_what_a_server_logs_of_the_end_of_a_hang_is_folded(run: Runner) -> None:
    tests = (
        WORK
        + """
import logging

@pytest.mark.timeout(1)
async def test_it():
    try:
        await library()
    except asyncio.CancelledError:
        logging.exception("Exception in ASGI application")

async def test_other():
    try:
        raise asyncio.CancelledError
    except asyncio.CancelledError:
        logging.exception("of its own")
    assert 1 == 2
"""
    )
    brief, full = run(tests).output, run(tests, "-vv").output
    assert "2 failed in" in brief
    assert brief.count("(cancelled; -vv shows the traceback)") == 1
    assert brief.count("Traceback (most recent call last)") == 1
    assert full.count("Traceback (most recent call last)") == 2


def test_a_hang_is_told_where_a_plugin_takes_its_time_after_it(run: Runner) -> None:
    (run.folder / "conftest.py").write_text(
        """
import time
import pytest

@pytest.hookimpl(hookwrapper=True)
def pytest_pyfunc_call():
    yield
    time.sleep(0.7)
"""
    )
    done = run(WORK + "@pytest.mark.timeout(1)\nasync def test_it():\n    await library()\n")
    assert done["test_it"].text.startswith("test_it hangs (timeout: 1 s)")


def test_the_end_of_a_lost_task_is_no_matter_of_a_later_test(run: Runner) -> None:
    tests = """
import gc

async def test_it():
    asyncio.create_task(library())

async def test_later():
    gc.collect()

@pytest.fixture(scope="module")
async def wide():
    asyncio.create_task(library())

async def test_first(wide):
    pass

async def test_last():
    gc.collect()
"""
    scopes = [f"asyncio_default_{kind}_loop_scope=module" for kind in ("test", "fixture")]
    done = run(WORK + tests, *(part for scope in scopes for part in ("-o", scope)))
    assert done["test_later"].passed, done.output
    assert "Task was destroyed but it is pending" in done["test_last"].text
