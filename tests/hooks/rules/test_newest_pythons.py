"""The rules on Python 3.14 and 3.15 are right: real pytest shows it there, and not before.

The suites are as small as they can be; each is found by `check`, and what a person makes of it is
well on the new Pythons and found no longer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from environments import Environment
from filelock import FileLock
from helpers import interpreter
from proofs import finds, lay_out

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

#: The last Python that minds nothing of all this: 3.13.3 brought some of it.
OLD = "3.12"
NEW = ("3.14", "3.15")
PACKAGES = (
    "aiounittest==1.5.*",
    "fastapi>=0.165",
    "nest-asyncio==1.6.*",
    "pytest==9.2.*",
    "pytest-asyncio==1.5.*",
    "pytest-timeout==2.4.*",
)
INI = {
    "pytest.ini": (
        "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
        "timeout = 30\n"
    )
}
ERROR = ("-W", "error")
NO_LOOP = "There is no current event loop"

SYNC_TEST = "import asyncio\n\n\ndef test_it():\n    {}\n"
FIXTURE = (
    "import asyncio\n\nimport pytest\n\n\nasync def fetch():\n    return 1\n\n\n"
    "@pytest.fixture\n{}def both():\n    return {}\n\n\nasync def test_it(both):\n"
    "    assert both\n    asyncio.ensure_future(asyncio.gather(both)).cancel()\n"
)
SET_UP = (
    "import asyncio\n\n\nclass TestIt:\n    {}\n        self.future = asyncio.Future()\n\n"
    "    async def test_it(self):\n        assert self.future\n"
)
PROCESS = """\
import asyncio
import multiprocessing

import pytest

SETTING = "real"


def answer(queue, *_):
    queue.put(SETTING)


def ask(**options):
    queue = multiprocessing.Queue()
    process = multiprocessing{}.Process(**(options | {{"args": (queue, *options.get("args", ()))}}))
    process.start()
    try:
        return queue.get(timeout=20)
    finally:
        process.join()


"""
FACTORY = (
    "import asyncio\n\n\nasync def test_it():\n    def factory(loop, coro{}):\n"
    "        return asyncio.Task(coro, loop=loop{})\n\n"
    "    asyncio.get_running_loop().set_task_factory(factory)\n"
    '    assert (await asyncio.create_task(asyncio.sleep(0, 1), name="named")) == 1\n'
)
FINALLY = "async def test_it():\n    try:\n        assert 1\n    finally:\n        {}\n"
NESTED = "import asyncio\n\n\nasync def test_it():\n    {}\n"


@dataclass(frozen=True)
class Case:
    """A suite that new Pythons break as a rule says, and the one that a person makes of it."""

    code: str
    bad: Mapping[str, str]
    says: str
    good: Mapping[str, str]
    arguments: tuple[str, ...] = field(default=())


def one_test(code: str, text: str, bad: str, good: str, says: str, *arguments: str) -> Case:
    """Make a case of one file that differs in one place."""
    bad, good = text.replace("{}", bad, 1), text.replace("{}", good, 1)
    return Case(code, {"test_it.py": bad}, says, {"test_it.py": good}, arguments)


CASES = {
    "the current loop in a test": one_test(
        "AT509",
        SYNC_TEST,
        "assert asyncio.get_event_loop()",
        "assert asyncio.new_event_loop().close() is None",
        NO_LOOP,
    ),
    "a future": one_test(
        "AT509",
        SYNC_TEST,
        "assert asyncio.Future()",
        "asyncio.set_event_loop(asyncio.new_event_loop())\n    assert asyncio.Future()",
        NO_LOOP,
    ),
    "gather, of coroutines and of nothing": one_test(
        "AT509", SYNC_TEST, "assert asyncio.gather()", "asyncio.Event()", NO_LOOP
    ),
    "ensure_future in a fixture": Case(
        "AT509",
        {"test_it.py": FIXTURE.format("", "asyncio.ensure_future(fetch())")},
        NO_LOOP,
        {
            "test_it.py": FIXTURE.format("", "asyncio.ensure_future(fetch())").replace(
                "def both", "async def both"
            )
        },
    ),
    "the current loop at the import": one_test(
        "AT509",
        "import asyncio\n\nloop = {}\n\n\ndef test_it():\n"
        "    assert loop.run_until_complete(asyncio.sleep(0, 1)) == 1\n",
        "asyncio.get_event_loop()",
        "asyncio.new_event_loop()",
        NO_LOOP,
    ),
    "a class of unittest is made at collection": one_test(
        "AT509",
        "import asyncio\nfrom unittest import TestCase\n\n\nclass StockTest(TestCase):\n"
        '    def __init__(self, methodName="runTest"):\n        super().__init__(methodName)\n'
        "        {}.run_until_complete(asyncio.sleep(0))\n\n"
        "    def test_it(self):\n        pass\n",
        "asyncio.get_event_loop()",
        "asyncio.new_event_loop()",
        NO_LOOP,
    ),
    "a future among parameters": one_test(
        "AT509",
        "import asyncio\n\nimport pytest\n\n\n"
        '@pytest.mark.parametrize("result", [{}])\ndef test_it(result):\n    assert result\n',
        "asyncio.Future()",
        "1",
        NO_LOOP,
    ),
    "a set-up": one_test(
        "AT509",
        SET_UP,
        "def setup_method(self):",
        "@__import__('pytest').fixture(autouse=True)\n    async def before(self):",
        NO_LOOP,
    ),
    "unittest's set-up": Case(
        "AT509",
        {
            "test_it.py": "import unittest\n"
            + SET_UP.format("def setUp(self):")
            .replace("class TestIt", "class TestIt(unittest.TestCase)")
            .replace("async ", "")
        },
        NO_LOOP,
        {
            "test_it.py": "import unittest\n"
            + SET_UP.format("def setUp(self):").replace(
                "class TestIt", "class TestIt(unittest.IsolatedAsyncioTestCase)"
            )
        },
    ),
    "a hook": Case(
        "AT509",
        {
            "conftest.py": "import asyncio\n\n\ndef pytest_sessionstart(session):\n"
            "    asyncio.get_event_loop().run_until_complete(asyncio.sleep(0))\n",
            "test_it.py": "async def test_it():\n    pass\n",
        },
        NO_LOOP,
        {
            "conftest.py": "import asyncio\n\n\ndef pytest_sessionstart(session):\n"
            "    asyncio.run(asyncio.sleep(0))\n",
            "test_it.py": "async def test_it():\n    pass\n",
        },
    ),
    "a helper in another file": Case(
        "AT509",
        {
            "helpers.py": "import asyncio\n\n\ndef run(coroutine):\n"
            "    return asyncio.get_event_loop().run_until_complete(coroutine)\n",
            "test_it.py": "import asyncio\n\nfrom helpers import run\n\n\ndef test_it():\n"
            "    assert run(asyncio.sleep(0, 1)) == 1\n",
        },
        NO_LOOP,
        {
            "helpers.py": "import asyncio\n\n\ndef run(coroutine):\n"
            "    return asyncio.run(coroutine)\n",
            "test_it.py": "import asyncio\n\nfrom helpers import run\n\n\ndef test_it():\n"
            "    assert run(asyncio.sleep(0, 1)) == 1\n",
        },
    ),
    "a policy is set": one_test(
        "AT507",
        "import asyncio\n\n{}\n\n\nasync def test_it():\n    pass\n",
        "asyncio.set_event_loop_policy(None)",
        "",
        "'asyncio.set_event_loop_policy' is deprecated",
        *ERROR,
    ),
    "a deprecated function": one_test(
        "AT913",
        "import asyncio\nimport inspect\n\n\nasync def test_it():\n"
        "    assert {}.iscoroutinefunction(test_it)\n",
        "asyncio",
        "inspect",
        "'asyncio.iscoroutinefunction' is deprecated",
        *ERROR,
    ),
    "a package that calls it": one_test(
        "AT931",
        "import unittest\n\nimport aiounittest\n\n\nclass TestIt({}):\n"
        "    async def test_it(self):\n        pass\n",
        "aiounittest.AsyncTestCase",
        "unittest.IsolatedAsyncioTestCase",
        "'asyncio.iscoroutinefunction' is deprecated",
        *ERROR,
    ),
    "a deprecated function that is handed on": one_test(
        "AT913",
        "import asyncio\nimport inspect\n\n\nasync def test_it():\n"
        "    assert list(filter({}.iscoroutinefunction, [test_it])) == [test_it]\n",
        "asyncio",
        "inspect",
        "'asyncio.iscoroutinefunction' is deprecated",
        *ERROR,
    ),
    "a child watcher": one_test(
        "AT924",
        "import asyncio\n\n{}\n\n\nasync def test_it():\n    pass\n",
        "asyncio.set_child_watcher(asyncio.ThreadedChildWatcher())",
        "asyncio.ThreadedChildWatcher if hasattr(asyncio, 'ThreadedChildWatcher') else None",
        "has no attribute 'set_child_watcher'",
    ),
    "an imported child watcher": one_test(
        "AT924",
        "{}\n\n\nasync def test_it():\n    pass\n",
        "from asyncio import PidfdChildWatcher",
        "from asyncio import sleep",
        "cannot import name 'PidfdChildWatcher'",
    ),
    "a policy's child watcher": one_test(
        "AT924",
        "import asyncio\n\n\nasync def test_it():\n    {}\n",
        "asyncio.get_event_loop_policy().get_child_watcher()",
        "pass",
        "has no attribute 'get_child_watcher'",
    ),
    "a policy is asked for": one_test(
        "AT925",
        SYNC_TEST,
        "asyncio.get_event_loop_policy().new_event_loop().close()",
        "asyncio.new_event_loop().close()",
        "'asyncio.get_event_loop_policy' is deprecated",
        *ERROR,
    ),
    "a class of policies": one_test(
        "AT925",
        "import asyncio\n\n\nclass Policy({}):\n    pass\n\n\nasync def test_it():\n    pass\n",
        "asyncio.DefaultEventLoopPolicy",
        "object",
        "'asyncio.DefaultEventLoopPolicy' is deprecated",
        *ERROR,
    ),
    "the process of a nested function": one_test(
        "AT926",
        PROCESS.format("") + "@pytest.fixture\ndef answered():\n    def nested(queue):\n"
        "        queue.put(1)\n\n    queue = multiprocessing.Queue()\n"
        "    process = multiprocessing.Process(target={}, args=(queue,))\n    process.start()\n"
        "    yield queue.get(timeout=20)\n    process.join()\n\n\n"
        "async def test_it(answered):\n    assert answered\n",
        "nested",
        "answer",
        "Can't pickle local object",
    ),
    "the process of a lambda": one_test(
        "AT926",
        "import multiprocessing\n\n\ndef nothing():\n    pass\n\n\ndef test_it():\n"
        "    process = multiprocessing.Process(target={})\n    process.start()\n"
        "    process.join()\n    assert process.exitcode == 0\n",
        "lambda: None",
        "nothing",
        "Can't pickle local object",
    ),
    "a process that is given an application": one_test(
        "AT926",
        "import multiprocessing\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
        "def serve(*given):\n    pass\n\n\ndef test_it():\n"
        "    process = multiprocessing.Process(target=serve, args=({},))\n    process.start()\n"
        "    process.join()\n    assert process.exitcode == 0\n",
        "app",
        '"test_it:app"',
        "Can't pickle local object",
    ),
    "a process of a test case": one_test(
        "AT926",
        "import multiprocessing\nimport unittest\n\n\ndef serve():\n    pass\n\n\n"
        "class TestIt(unittest.TestCase):\n    def serve(self):\n        pass\n\n"
        "    def test_it(self):\n        process = multiprocessing.Process(target={}serve)\n"
        "        process.start()\n        process.join()\n"
        "        self.assertEqual(process.exitcode, 0)\n",
        "self.",
        "",
        "ickl",
    ),
    "a process with the real settings": Case(
        "AT926",
        {
            "test_it.py": PROCESS.format("") + "def test_it(monkeypatch):\n"
            '    monkeypatch.setattr("test_it.SETTING", "test")\n'
            "    queue = multiprocessing.Queue()\n"
            "    process = multiprocessing.Process(target=answer, args=(queue,))\n"
            '    process.start()\n    assert queue.get(timeout=20) == "test"\n    process.join()\n'
        },
        "'real' == 'test'",
        {
            "test_it.py": PROCESS.format("") + "def test_it(monkeypatch):\n"
            '    monkeypatch.setattr("test_it.SETTING", "test")\n'
            '    fork = multiprocessing.get_context("fork")\n'
            "    queue = fork.Queue()\n"
            "    process = fork.Process(target=answer, args=(queue,))\n"
            '    process.start()\n    assert queue.get(timeout=20) == "test"\n    process.join()\n'
        },
    ),
    "a task factory": Case(
        "AT927",
        {"test_it.py": FACTORY.format(", context=None", ", context=context")},
        "unexpected keyword argument 'name'",
        {"test_it.py": FACTORY.format(", **kwargs", ", **kwargs")},
    ),
    "a return in finally": one_test(
        "AT928", FINALLY, "return", "pass", "'return' in a 'finally' block", *ERROR
    ),
    "a break in finally": one_test(
        "AT928",
        "async def test_it():\n    for _ in range(1):\n        try:\n            assert 1\n"
        "        finally:\n            {}\n",
        "break",
        "pass",
        "'break' in a 'finally' block",
        *ERROR,
    ),
    "a timeout under nest_asyncio": Case(
        "AT929",
        {
            "conftest.py": "import nest_asyncio\n\nnest_asyncio.apply()\n",
            "test_it.py": NESTED.format("await asyncio.wait_for(asyncio.sleep(0), 5)"),
        },
        "Timeout should be used inside a task",
        {
            "conftest.py": "",
            "test_it.py": NESTED.format("await asyncio.wait_for(asyncio.sleep(0), 5)"),
        },
    ),
    "the current task under nest_asyncio": Case(
        "AT929",
        {
            "conftest.py": "import nest_asyncio\n\nnest_asyncio.apply()\n",
            "test_it.py": NESTED.format("assert asyncio.current_task()"),
        },
        "assert None",
        {"test_it.py": NESTED.format("assert asyncio.current_task()")},
    ),
}


@pytest.fixture(scope="session")
def environment_on(on_disk: Path) -> Callable[..., Environment]:
    """Return a function that builds an environment with another Python, once a run."""

    def build(version: str, *packages: str) -> Environment:
        name = "-".join((version, *packages)).translate(str.maketrans("=<>*[]", "------"))
        folder = on_disk / f"on-{name}"
        with FileLock(f"{folder}.lock"):
            if not folder.exists():
                Environment.build(folder, interpreter(version), *packages)
        return Environment(folder)

    return build


def suites(case: Case, root: Path) -> tuple[Path, Path]:
    """Write both suites of a case."""
    bad, good = root / "bad", root / "good"
    lay_out(bad, {**INI, **case.bad})
    lay_out(good, {**INI, **case.good})
    return bad, good


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_is_found(case: Case, tmp_path: Path) -> None:
    bad, good = suites(case, tmp_path)
    assert finds(bad, case.code)
    assert not finds(good, case.code)


# What a Python of today does stays as it is, here and below.
@pytest.mark.full
@pytest.mark.slow
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_fails_on_new_pythons_alone(
    case: Case,
    environment_on: Callable[..., Environment],
    tmp_path: Path,
) -> None:
    bad, good = suites(case, tmp_path)
    done = environment_on(OLD, *PACKAGES).pytest(bad)
    assert done.returncode == 0, done.stdout
    for version in NEW:
        environment = environment_on(version, *PACKAGES)
        done = environment.pytest(bad, *case.arguments)
        assert done.returncode != 0, done.stdout
        assert case.says in done.stdout
        done = environment.pytest(good, *case.arguments)
        assert done.returncode == 0, done.stdout


@pytest.mark.full
@pytest.mark.slow
@pytest.mark.parametrize(("version", "status"), [("0.26.0", 1), ("1.0.0", 0)])
def test_pytest_asyncio_asks_for_policies_below_1_0(
    version: str, status: int, environment_on: Callable[..., Environment], tmp_path: Path
) -> None:
    lay_out(tmp_path, {"test_it.py": "async def test_it():\n    pass\n"})
    ini = "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
    lay_out(tmp_path, {"pytest.ini": ini})
    pinned = ("pytest==8.4.*", f"pytest-asyncio=={version}")
    for python in NEW:
        done = environment_on(python, *pinned).pytest(tmp_path, *ERROR)
        assert done.returncode == status, done.stdout
        assert ("'asyncio.get_event_loop_polic" in done.stdout) == bool(status)


AUTOSPEC = (
    "import asyncio\nimport inspect\nfrom unittest.mock import create_autospec\n\n\n"
    "async def fetch():\n    pass\n\n\ndef test_it():\n"
    "    assert {}.iscoroutinefunction(create_autospec(fetch))\n"
)


@pytest.mark.full
@pytest.mark.slow
def test_inspect_knows_a_mock_with_the_signature_of_an_async_function_from_3_13_on(
    environment_on: Callable[..., Environment], tmp_path: Path
) -> None:
    lay_out(tmp_path, {**INI, "test_it.py": AUTOSPEC.format("inspect")})
    statuses = {
        version: environment_on(version, *PACKAGES).pytest(tmp_path).returncode
        for version in (OLD, "3.13", *NEW)
    }
    assert statuses == {OLD: 1, "3.13": 0, "3.14": 0, "3.15": 0}
