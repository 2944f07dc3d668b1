"""The rules on code are right: real pytest fails or lies before, and works after the fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from proofs import (
    FAILED,
    INTERNAL,
    INTERRUPTED,
    NEWEST,
    OK,
    Case,
    lay_out,
    migrate,
    parameters,
    prove,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from environments import Environment

pytestmark = pytest.mark.slow

AUTO = "[pytest]\nasyncio_mode = auto\n"
STRICT = "[pytest]\nasyncio_mode = strict\n"
#: A session fixture and a test agree on the loop, or not.
SAME_LOOP = """\
import asyncio

import pytest_asyncio


@pytest_asyncio.fixture(scope="session")
async def loop_of_session():
    return asyncio.get_running_loop()


async def test_it(loop_of_session):
    assert loop_of_session is asyncio.get_running_loop()
"""
OVERRIDE = """\
import asyncio

import pytest


@pytest.fixture(scope="session")
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()
"""
MORE_THAN_A_LOOP = """\
import asyncio

import pytest

errors = []


class TestServer:
    @pytest.fixture(scope="class")
    def event_loop(self, request):
        loop = asyncio.new_event_loop()
        loop.set_exception_handler(lambda loop, context: errors.append(context))
        server = loop.run_until_complete(asyncio.start_server(self.answer, "127.0.0.1", 0))
        request.cls.address = server.sockets[0].getsockname()

        def end():
            server.close()
            loop.run_until_complete(server.wait_closed())
            loop.close()

        request.addfinalizer(end)
        return loop

    async def answer(self, reader, writer):
        writer.write(b"yes")
        writer.close()

    @pytest.mark.asyncio
    async def test_the_server_answers(self):
        reader, writer = await asyncio.open_connection(*self.address)
        assert await asyncio.wait_for(reader.read(), 2) == b"yes"
        writer.close()

    @pytest.mark.asyncio
    async def test_errors_are_noted(self):
        asyncio.get_running_loop().call_exception_handler({"message": "one"})
        assert errors
"""
REDIRECT = """\
import httpx


def answer(request):
    return httpx.Response(302, headers={"location": "/there"})


async def test_it():
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        response = await client.get("http://test/", allow_redirects=False)
        assert response.status_code == 302
"""
IS_UVLOOP = """

async def test_the_loop_is_uvloops():
    assert type(asyncio.get_running_loop()).__module__ == "uvloop"
"""
APP = """\
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})
"""
AIOHTTP = """\
from aiohttp import web


def make():
    return web.Application()


async def test_it({}):
    client = {}
    assert (await client.get("/")).status == 404
"""


CASES = [
    Case(
        "AT501",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "async def test_it(event_loop):\n"
                "    assert await event_loop.run_in_executor(None, int) == 0\n"
            ),
        },
    ),
    Case(
        "AT501",
        {
            "pytest.ini": AUTO,
            "conftest.py": (
                "import asyncio\nimport sys\n\nimport pytest\n\n"
                "if sys.platform.startswith('win'):\n\n    @pytest.fixture\n"
                "    def event_loop():\n        loop = asyncio.ProactorEventLoop()\n"
                "        yield loop\n        loop.close()\n"
            ),
            "test_it.py": (
                "import pytest\n\n\n@pytest.fixture\nasync def made(event_loop):\n"
                "    made = event_loop.create_future()\n    made.set_result(1)\n"
                "    return made\n\n\nasync def test_it(made):\n    assert await made == 1\n"
            ),
        },
    ),
    # Its imports come before the fixture.
    Case(
        "AT502",
        {
            "pytest.ini": AUTO,
            "conftest.py": "",
            "test_it.py": (
                "async def test_it():\n    pass\n\n\n"
                "def test_other(event_loop):\n    assert event_loop.time()\n"
            ),
        },
    ),
    Case(
        "AT611",
        {
            "pytest.ini": STRICT,
            "test_it.py": (
                'import pytest\n\npytestmark = pytest.mark.asyncio(reason="asyncio")\n\n\n'
                "async def test_it():\n    pass\n"
            ),
        },
        before=INTERRUPTED,
    ),
    Case(
        "AT517",
        {
            "pytest.ini": STRICT,
            "test_it.py": (
                "import pytest\nfrom pytest_aiohttp.plugin import event_loop\n\n\n"
                "@pytest.mark.asyncio\nasync def test_it():\n    pass\n"
            ),
        },
        before=INTERRUPTED,
    ),
    Case(
        "AT612",
        {
            "pytest.ini": STRICT,
            "test_it.py": (
                "import pytest\n\npytestmarks = pytest.mark.asyncio\n\n\n"
                "async def test_it():\n    pass\n"
            ),
        },
    ),
    # The async test passes before, too.
    Case(
        "AT709",
        {
            "test_it.py": (
                "import pytest\n\n\n@pytest.fixture(scope='session')\n"
                "def anyio_backend():\n    return 'asyncio'\n\n\n"
                "@pytest.fixture\nasync def one():\n    return 1\n\n\n"
                "@pytest.mark.anyio\nasync def test_it(one):\n    assert one == 1\n\n\n"
                "def test_other(one):\n    assert one == 1\n"
            ),
        },
    ),
    Case(
        "AT721",
        {
            "test_it.py": (
                "import asyncio\nimport unittest\n\n\nclass AsyncTestCase(unittest.TestCase):\n"
                "    def __init__(self, name):\n        function = getattr(self, name)\n"
                "        if asyncio.iscoroutinefunction(function):\n"
                "            setattr(self, name, lambda: asyncio.run(function()))\n"
                "        super().__init__(name)\n\n\n"
                "class TestIt(AsyncTestCase):\n"
                "    async def test_it(self):\n        await asyncio.sleep(0)\n"
            ),
        },
        before=INTERRUPTED,
    ),
    Case(
        "AT502",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "import asyncio\nimport pytest\n\n\n@pytest.fixture\ndef one(event_loop):\n"
                "    return event_loop.run_until_complete(asyncio.sleep(0, 1))\n\n\n"
                "async def test_it(one):\n    assert one == 1\n\n\n"
                "def test_sync(event_loop):\n"
                "    assert event_loop.run_until_complete(asyncio.sleep(0, 2)) == 2\n"
            ),
        },
    ),
    # Code that is not async needs a current loop, and loses it after the first async test.
    Case(
        "AT502",
        {
            "pytest.ini": AUTO,
            "package.py": (
                "import asyncio\n\n\nclass Queue:\n    def __init__(self):\n"
                "        self.loop = asyncio.get_event_loop()\n"
            ),
            "test_it.py": (
                "import asyncio\nimport pytest\n\nfrom package import Queue\n\n\n"
                "@pytest.fixture\ndef loop(event_loop):\n    return event_loop\n\n\n"
                "async def test_first(loop):\n    assert loop is asyncio.get_running_loop()\n\n\n"
                "def test_then():\n    assert not Queue().loop.is_running()\n"
            ),
        },
        unsafe=True,
    ),
    # It does not use it, and yet its current loop came from there.
    Case(
        "AT502",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "import asyncio\n\n\nasync def test_first():\n    pass\n\n\n"
                "def test_then(event_loop):\n    assert not asyncio.Future().done()\n"
            ),
        },
    ),
    Case(
        "AT503",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                'import pytest\n\n\n@pytest.mark.usefixtures("event_loop")\n'
                "async def test_it():\n    pass\n"
            ),
        },
    ),
    Case(
        "AT504",
        {
            "pyproject.toml": '[dependency-groups]\ntest = ["pytest-asyncio>=1.5"]\n',
            "pytest.ini": AUTO,
            "conftest.py": OVERRIDE,
            "test_it.py": SAME_LOOP,
        },
    ),
    Case(
        "AT504",
        {
            "pytest.ini": AUTO,
            "conftest.py": OVERRIDE + "\n\n@pytest.fixture\ndef one(event_loop):\n"
            "    async def loop(): return asyncio.get_running_loop()\n"
            "    return event_loop.run_until_complete(loop())\n",
            "test_it.py": (
                "import asyncio\n\n\nasync def test_it(one):\n"
                "    assert one is asyncio.get_running_loop()\n"
            ),
        },
        unsafe=True,
    ),
    # What an override does besides is done for each test, also for those that do not ask for it.
    Case(
        "AT504",
        {
            "pytest.ini": STRICT,
            "test_it.py": MORE_THAN_A_LOOP,
        },
        unsafe=True,
    ),
    Case(
        "AT504",
        {
            "pytest.ini": AUTO,
            "conftest.py": OVERRIDE.replace("    yield", "    loop.set_debug(True)\n    yield"),
            "test_it.py": (
                "import asyncio\n\n\nasync def test_it():\n"
                "    assert asyncio.get_running_loop().get_debug()\n"
            ),
        },
        unsafe=True,
    ),
    # A module has loops of its own, and the tests of another one have asyncio's.
    Case(
        "AT505",
        {
            "pytest.ini": STRICT,
            "test_it.py": (
                "import asyncio\n\nimport pytest\n\n\n"
                "class OwnEventLoop(asyncio.SelectorEventLoop):\n    pass\n\n\n"
                "class TestIt:\n    @pytest.fixture(autouse=True)\n"
                "    def event_loop(self, request):\n        loop = OwnEventLoop()\n"
                "        request.cls.loop = loop\n        yield loop\n        loop.close()\n\n"
                "    @pytest.mark.asyncio\n    async def test_it(self):\n"
                "        assert asyncio.get_running_loop() is self.loop\n"
                "        assert isinstance(self.loop, OwnEventLoop)\n"
            ),
        },
    ),
    Case(
        "AT505",
        {
            "pytest.ini": STRICT,
            "quick.py": (
                "import asyncio\n\n\nclass QuickEventLoop(asyncio.SelectorEventLoop):\n    pass\n"
            ),
            "test_it.py": (
                "import asyncio\n\nimport pytest\n\nfrom quick import QuickEventLoop\n\n\n"
                "@pytest.fixture\ndef event_loop():\n    loop = QuickEventLoop()\n    yield loop\n"
                "    loop.close()\n\n\n@pytest.mark.asyncio\nasync def test_it():\n"
                "    assert isinstance(asyncio.get_running_loop(), QuickEventLoop)\n"
            ),
            "test_other.py": (
                "import asyncio\n\nimport pytest\n\nfrom quick import QuickEventLoop\n\n\n"
                "@pytest.mark.asyncio\nasync def test_it():\n"
                "    assert not isinstance(asyncio.get_running_loop(), QuickEventLoop)\n"
            ),
        },
        unsafe=True,
    ),
    Case(
        "AT505",
        {
            "pytest.ini": AUTO,
            "conftest.py": (
                "import asyncio\n\nimport pytest\n\n\n"
                "class OwnPolicy(asyncio.DefaultEventLoopPolicy):\n"
                "    def __init__(self, *, name):\n        super().__init__()\n"
                "        self.name = name\n\n    def new_event_loop(self):\n"
                "        loop = super().new_event_loop()\n        loop.name = self.name\n"
                "        return loop\n\n\n@pytest.fixture\ndef event_loop():\n"
                '    asyncio.set_event_loop_policy(OwnPolicy(name="own"))\n'
                "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n"
            ),
            "test_it.py": (
                "import asyncio\n\n\nasync def test_it():\n"
                '    assert asyncio.get_running_loop().name == "own"\n'
            ),
        },
        unsafe=True,
    ),
    # A test that is not async, a fixture and a set-up get the loop that the plugin gives the test.
    Case(
        "AT509",
        {
            "conftest.py": "import asyncio\n\nasyncio.run(asyncio.sleep(0))\n",
            "test_it.py": (
                "import asyncio\n\nloop = asyncio.get_event_loop()\n\n\n"
                "def test_it():\n    loop.run_until_complete(asyncio.sleep(0))\n"
            ),
        },
        before=INTERRUPTED,
        unsafe=True,
    ),
    Case(
        "AT509",
        {
            "tests/test_it.py": (
                "import asyncio\nimport functools\nimport unittest\n\n\n"
                "def in_loop(test):\n    @functools.wraps(test)\n    def run(*args):\n"
                "        return asyncio.get_event_loop().run_until_complete(test(*args))\n\n"
                "    return run\n\n\ndef test_ahead():\n    asyncio.run(asyncio.sleep(0))\n\n\n"
                "class TestIt(unittest.TestCase):\n    @in_loop\n    async def test_it(self):\n"
                "        pass\n\n    def test_other(self):\n"
                "        asyncio.get_event_loop().run_until_complete(asyncio.sleep(0))\n"
            ),
        },
        unsafe=True,
    ),
    Case(
        "AT509",
        {
            "pytest.ini": STRICT,
            "app/__init__.py": "from app.client import Client\n",
            "app/client.py": (
                "import asyncio\n\n\nclass Client:\n    def __init__(self, loop=None):\n"
                "        self.loop = loop or asyncio.get_event_loop()\n"
            ),
            "tests/__init__.py": "",
            "tests/test_it.py": (
                "import asyncio\nimport unittest\n\nimport pytest\n\nfrom app import Client\n\n\n"
                "@pytest.fixture\ndef client():\n    return Client()\n\n\n"
                "@pytest.mark.asyncio\nasync def test_async(client):\n"
                "    assert client.loop is asyncio.get_running_loop()\n\n\n"
                "def test_sync():\n    Client().loop.run_until_complete(asyncio.sleep(0))\n\n\n"
                "class TestIt(unittest.TestCase):\n    def setUp(self):\n"
                "        self.client = Client()\n\n    def test_it(self):\n"
                "        self.client.loop.run_until_complete(asyncio.sleep(0))\n"
            ),
        },
        unsafe=True,
    ),
    # Files that import an override see no other fixture beside it, and no hook.
    Case(
        "AT504",
        {
            "pytest.ini": AUTO,
            "helpers/__init__.py": "",
            "helpers/loops.py": OVERRIDE.replace("    yield", "    seen.append(loop)\n    yield")
            + "\n\nseen = []\n",
            "tests/test_it.py": (
                "import asyncio\n\nfrom helpers.loops import event_loop, seen\n\n\n"
                "async def test_it(event_loop):\n"
                "    assert seen == [asyncio.get_running_loop()] == [event_loop]\n\n\n"
                "def test_sync():\n    assert len(seen) == 1\n"
            ),
        },
        unsafe=True,
    ),
    Case(
        "AT505",
        {
            "pytest.ini": AUTO,
            "helpers/__init__.py": "",
            "helpers/loops.py": (
                "import asyncio\n\nimport pytest\n\n\n@pytest.fixture\ndef event_loop():\n"
                "    class OwnLoop(asyncio.SelectorEventLoop):\n        calls = 0\n\n"
                "        def call_soon(self, *args, **more):\n            loop.calls += 1\n"
                "            return super().call_soon(*args, **more)\n\n"
                "    loop = OwnLoop()\n    yield loop\n    assert loop.calls\n    loop.close()\n"
            ),
            "tests/test_it.py": (
                "from helpers.loops import event_loop\n\n\n"
                "async def test_it(event_loop):\n    assert event_loop.calls\n\n\n"
                "def test_sync():\n    pass\n"
            ),
        },
        unsafe=True,
    ),
    Case(
        "AT601",
        {
            "pytest.ini": STRICT + "asyncio_default_fixture_loop_scope = function\n",
            "test_it.py": (
                'import pytest\n\n\n@pytest.mark.asyncio(scope="module")\n'
                "async def test_it():\n    pass\n"
            ),
        },
        before=INTERRUPTED,
        arguments=["-W", "error"],
    ),
    Case(
        "AT601",
        {
            "pytest.ini": STRICT,
            "test_it.py": (
                'import pytest\n\n\n@pytest.mark.asyncio(scope="class", loop_scope="class")\n'
                "class TestIt:\n    async def test_it(self):\n        pass\n"
            ),
        },
        before=INTERRUPTED,
    ),
    Case(
        "AT603",
        {
            "pytest.ini": STRICT,
            "test_it.py": (
                'import pytest\n\n\n@pytest.mark.asyncio("module")\n'
                "async def test_it():\n    pass\n"
            ),
        },
        before=INTERRUPTED,
    ),
    Case(
        "AT604",
        {
            "pytest.ini": STRICT,
            "test_it.py": (
                "import pytest\n\n\n@pytest.mark.asyncio(forbid_global_loop=True)\n"
                "async def test_it():\n    pass\n"
            ),
        },
        before=INTERRUPTED,
    ),
    Case(
        "AT707",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "import unittest\n\n\nclass TestIt(unittest.IsolatedAsyncioTestCase):\n"
                "    async def setUp(self):\n        self.port = 1\n\n"
                "    async def test_it(self):\n        assert self.port == 1\n"
            ),
        },
    ),
    Case(
        "AT707",
        {
            "pytest.ini": "[pytest]\n",
            "test_it.py": (
                "import pytest\n\n\n@pytest.fixture\ndef anyio_backend():\n"
                '    return "asyncio"\n\n\n@pytest.mark.anyio\nclass TestIt:\n'
                "    async def setup_method(self):\n        self.port = 1\n\n"
                "    async def test_it(self):\n        assert self.port\n"
            ),
        },
    ),
    Case(
        "AT707",
        {
            "pytest.ini": STRICT,
            "test_it.py": (
                "import asyncio\n\nimport pytest\n\nopen_ports = []\n\n\nclass TestIt:\n"
                "    async def setup_method(self, method):\n"
                "        self.loop = asyncio.get_running_loop()\n        open_ports.append(1)\n\n"
                "    async def teardown_method(self):\n        open_ports.pop()\n\n"
                "    @pytest.mark.asyncio\n    async def test_it(self):\n"
                "        assert self.loop is asyncio.get_running_loop()\n\n"
                "    def test_sync(self):\n        assert open_ports == [1]\n"
            ),
        },
    ),
    Case(
        "AT723",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "import asyncio\n\n\nasync def test_it():\n    done = asyncio.Event()\n"
                "    asyncio.get_running_loop().call_soon(done.set)\n"
                "    asyncio.sleep(0.01)\n    assert done.is_set()\n"
            ),
        },
    ),
    Case(
        "AT605",
        {
            "pytest.ini": STRICT,
            "test_it.py": (
                "import asyncio\nimport pytest\n\npytestmark = pytest.mark.asyncio_event_loop\n"
                "loops = set()\n\n\nasync def test_a():\n"
                "    loops.add(asyncio.get_running_loop())\n"
                "\n\nasync def test_b():\n    loops.add(asyncio.get_running_loop())\n"
                "    assert len(loops) == 1\n"
            ),
        },
    ),
    Case(
        "AT605",
        {
            "pytest.ini": STRICT,
            "test_it.py": (
                "import asyncio\nimport pytest\n\nloops = set()\n\n\n"
                "@pytest.mark.asyncio_event_loop\nclass TestIt:\n    @pytest.mark.asyncio\n"
                "    async def test_a(self):\n        loops.add(asyncio.get_running_loop())\n"
                "\n    @pytest.mark.asyncio\n    async def test_b(self):\n"
                "        loops.add(asyncio.get_running_loop())\n"
                "        assert len(loops) == 1\n"
            ),
        },
    ),
    Case(
        "AT607",
        {
            "pytest.ini": STRICT + "asyncio_default_fixture_loop_scope = function\n",
            "test_it.py": "import pytest\n\n\n@pytest.mark.asyncio\ndef test_it():\n    pass\n",
        },
        arguments=["-W", "error"],
    ),
    Case(
        "AT608",
        {
            "pytest.ini": STRICT,
            "test_it.py": (
                "import pytest\n\n\n@pytest.mark.asyncio\n@pytest.fixture\ndef one():\n"
                "    return 1\n\n\ndef test_it(one):\n    assert one\n"
            ),
        },
        before=INTERRUPTED,
    ),
    Case(
        "AT701",
        {
            "test_it.py": (
                "import pytest\n\n\n@pytest.fixture\nasync def one():\n    yield 1\n\n\n"
                "@pytest.mark.asyncio\nasync def test_it(one):\n    assert one == 1\n"
            )
        },
    ),
    Case(
        "AT702",
        {
            "pytest.ini": AUTO + "asyncio_default_fixture_loop_scope = function\n",
            "test_it.py": (
                "import asyncio\n\nimport pytest\n\n\n@pytest.fixture(scope='module')\n"
                "async def one():\n    return asyncio.get_running_loop()\n\n\n"
                "async def test_it(one):\n    assert one is asyncio.get_running_loop()\n"
            ),
        },
        unsafe=True,
    ),
    Case(
        "AT702",
        {
            "pytest.ini": (
                AUTO
                + "asyncio_default_fixture_loop_scope = function\n"
                + "asyncio_default_test_loop_scope = module\n"
            ),
            "test_it.py": (
                "import pytest_asyncio\n\n\n@pytest_asyncio.fixture(scope='module')\n"
                "async def one():\n    yield 1\n\n\nasync def test_it(one):\n    assert one == 1\n"
            ),
        },
    ),
    Case(
        "AT702",
        {
            "pytest.ini": (
                AUTO
                + "asyncio_default_fixture_loop_scope = function\n"
                + "asyncio_default_test_loop_scope = module\n"
            ),
            "test_it.py": (
                "import pytest\n\n\n@pytest.fixture(scope='module')\n"
                "async def one():\n    yield 1\n\n\nasync def test_it(one):\n    assert one == 1\n"
            ),
        },
    ),
    Case(
        "AT704",
        {
            "test_it.py": (
                "import pytest\n\n\n@pytest.yield_fixture\ndef one():\n    yield 1\n\n\n"
                "def test_it(one):\n    assert one == 1\n"
            )
        },
        arguments=["-W", "error::pytest.PytestRemovedIn10Warning"],
        before=INTERRUPTED,
    ),
    Case(
        "AT705",
        {
            "test_it.py": (
                'import pytest_asyncio\n\n\n@pytest_asyncio.fixture("module")\n'
                "async def one():\n    yield 1\n\n\ndef test_it(one):\n    assert one == 1\n"
            )
        },
        before=INTERRUPTED,
    ),
    Case(
        "AT811",
        {
            "pytest.ini": AUTO,
            "test_it.py": APP + "\n\nasync def test_it():\n    import httpx\n\n"
            '    async with httpx.AsyncClient(app=app, base_url="http://test") as client:\n'
            '        assert (await client.get("/")).text == "hello"\n',
        },
    ),
    Case(
        "AT901",
        {
            "requirements.txt": "pytest-aiohttp\n",
            "pytest.ini": AUTO,
            "test_it.py": (
                "import asyncio\nimport pytest\n\n\n@pytest.fixture\ndef one(loop):\n"
                "    return loop.run_until_complete(asyncio.sleep(0, 1))\n\n\n"
                "async def test_it(loop, one):\n    assert loop.is_running() and one == 1\n"
            ),
        },
        unsafe=True,
    ),
    Case(
        "AT506",
        {
            "requirements.txt": "pytest-asyncio>=1.4\n",
            "pytest.ini": AUTO + "asyncio_default_fixture_loop_scope = function\n",
            "conftest.py": (
                'import asyncio\nimport pytest\n\n\n@pytest.fixture(scope="session")\n'
                "def event_loop_policy():\n    return asyncio.DefaultEventLoopPolicy()\n"
            ),
            "test_it.py": "async def test_it():\n    pass\n",
        },
        arguments=["-W", "error::pytest.PytestDeprecationWarning"],
    ),
    Case(
        "AT524",
        {
            "pytest.ini": AUTO,
            "conftest.py": (
                "import asyncio\n\nimport pytest\nfrom pytest_asyncio import is_async_test\n\n\n"
                '@pytest.fixture(scope="session")\nasync def loop():\n'
                "    return asyncio.get_running_loop()\n\n\n"
                "def pytest_collection_modifyitems(items):\n    for item in items:\n"
                "        if is_async_test(item):\n"
                '            item.add_marker(pytest.mark.asyncio(loop_scope="session"))\n'
            ),
            "test_it.py": (
                "import asyncio\n\n\nasync def test_it(loop):\n"
                "    assert loop is asyncio.get_running_loop()\n"
            ),
        },
    ),
    Case(
        "AT510",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "import asyncio\n\n\nasync def one():\n    return 1\n\n\n"
                "async def test_it():\n    x = asyncio.run(one())\n    assert x == 1\n"
            ),
        },
    ),
    Case(
        "AT505",
        {
            "requirements.txt": "pytest-asyncio>=1.4\n",
            "pytest.ini": AUTO,
            "conftest.py": "import uvloop\n"
            + OVERRIDE.replace("asyncio.new_event_loop", "uvloop.new_event_loop"),
            "test_it.py": SAME_LOOP + IS_UVLOOP,
        },
    ),
    Case(
        "AT505",
        {
            "requirements.txt": "pytest-asyncio>=1.4\n",
            "pytest.ini": AUTO,
            "conftest.py": "import uvloop\n"
            + OVERRIDE.replace("asyncio.new_event_loop", "uvloop.new_event_loop")
            + "\n\n@pytest.fixture\ndef one(event_loop):\n"
            "    async def loop(): return asyncio.get_running_loop()\n"
            "    return event_loop.run_until_complete(loop())\n",
            "test_it.py": SAME_LOOP
            + IS_UVLOOP
            + "\n\nasync def test_one(one):\n    assert one is asyncio.get_running_loop()\n",
        },
    ),
    Case(
        "AT505",
        {
            "requirements.txt": "pytest-asyncio>=1.4\n",
            "pytest.ini": AUTO,
            "conftest.py": OVERRIDE.replace(
                "    loop = asyncio.new_event_loop()\n",
                "    class Ticking(asyncio.SelectorEventLoop):\n        ticks = 0\n\n"
                "        def _run_once(self):\n            self.ticks += 1\n"
                "            super()._run_once()\n\n    loop = Ticking()\n"
                "    loop.name = 'ticking'\n",
            ).replace("Ticking", "TickingLoop"),
            "test_it.py": "import asyncio\n\n\nasync def test_it():\n"
            "    loop = asyncio.get_running_loop()\n    assert loop.ticks\n"
            "    assert loop.name == 'ticking'\n",
        },
    ),
    Case(
        # A test that is not async runs the override's own loop, as before.
        "AT505",
        {
            "requirements.txt": "pytest-asyncio>=1.4\n",
            "pytest.ini": AUTO,
            "conftest.py": "import uvloop\n"
            + OVERRIDE.replace("asyncio.new_event_loop", "uvloop.new_event_loop"),
            "test_it.py": SAME_LOOP + IS_UVLOOP + "\n\ndef test_sync(event_loop):\n"
            "    assert type(event_loop).__module__ == 'uvloop'\n"
            "    event_loop.run_until_complete(asyncio.sleep(0))\n",
        },
    ),
    Case(
        # Each test runs in each loop again.
        "AT505",
        {
            "requirements.txt": "pytest-asyncio>=1.4\n",
            "pytest.ini": AUTO,
            "conftest.py": (
                "import asyncio\n\nimport pytest\nimport uvloop\n\n\n"
                "@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop])\n"
                "def event_loop(request):\n    loop = request.param()\n    yield loop\n"
                "    loop.close()\n"
            ),
            "test_it.py": (
                "import asyncio\n\nSEEN = set()\n\n\nasync def test_it():\n"
                "    SEEN.add(type(asyncio.get_running_loop()).__module__)\n\n\n"
                "def test_seen():\n    assert len(SEEN) == 2\n"
            ),
        },
    ),
    Case(
        # On Python 3.11 the policy still works: what the fix must not lose is uvloop.
        "AT507",
        {
            "requirements.txt": "pytest-asyncio>=1.4\n",
            "pytest.ini": AUTO,
            "conftest.py": "import uvloop\n\nuvloop.install()\n",
            "test_it.py": "import asyncio\n" + IS_UVLOOP,
        },
        before=OK,
    ),
    Case(
        "AT508",
        {
            "pytest.ini": "[pytest]\nasyncio_default_fixture_loop_scope = function\n",
            "conftest.py": (
                "import inspect\n\nimport pytest\n\n\n"
                "def pytest_collection_modifyitems(items):\n"
                "    for item in items:\n"
                "        if inspect.iscoroutinefunction(item.function):\n"
                "            item.add_marker(pytest.mark.asyncio)\n"
            ),
            "test_it.py": "async def test_it():\n    pass\n\n\ndef test_sync():\n    pass\n",
        },
        arguments=["-W", "error"],
    ),
    Case(
        "AT510",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "import asyncio\n\n\nasync def one():\n    return [1]\n\n\n"
                "async def test_it():\n    loop = asyncio.get_event_loop()\n"
                "    assert loop.run_until_complete(one())[0] == 1\n"
            ),
        },
    ),
    Case(
        "AT711",
        {
            "base.py": "import unittest\n\n\nclass Base(unittest.TestCase):\n    pass\n",
            "test_it.py": (
                "import pytest\n\nfrom base import Base\n\n\nclass TestIt(Base):\n"
                "    @pytest.mark.asyncio\n    async def test_it(self):\n        self.fail()\n"
            ),
        },
        before=OK,
        after=FAILED,
    ),
    Case(
        "AT508",
        {
            "pytest.ini": "[pytest]\n",
            "conftest.py": (
                "import inspect\n\n\ndef pytest_itemcollected(item):\n"
                "    if inspect.iscoroutinefunction(item.obj):\n"
                '        item.add_marker("asyncio")\n'
            ),
            "test_it.py": "async def test_it():\n    pass\n",
        },
    ),
    Case(
        "AT711",
        {
            "test_it.py": (
                "import unittest\n\n\nclass Base(unittest.TestCase):\n    pass\n\n\n"
                "class TestIt(Base):\n    async def test_it(self):\n        self.fail()\n"
            )
        },
        before=OK,
        after=FAILED,
    ),
    Case(
        "AT706",
        {
            "test_it.py": (
                'import pytest\n\n\nclass TestIt:\n    @pytest.fixture(scope="class")\n'
                "    def port(self):\n        self.host = 2\n        return 1\n\n"
                "    def test_it(self, port):\n        assert (port, self.host) == (1, 2)\n"
            )
        },
    ),
    Case(
        "AT708",
        {
            "test_it.py": (
                "class TestIt:\n    def setup(self):\n        self.x = 1\n\n"
                "    def test_it(self):\n        assert self.x == 1\n"
            )
        },
    ),
    Case(
        # Here, too, the lie is that it passes.
        "AT711",
        {
            "test_it.py": (
                "import unittest\n\n\nclass TestIt(unittest.TestCase):\n"
                "    async def test_it(self):\n        self.fail()\n"
            )
        },
        before=OK,
        after=FAILED,
    ),
    Case(
        "AT801",
        {
            "test_it.py": (
                "import pytest\n\n\n@pytest.fixture\ndef anyio_backend():\n"
                '    return ("asyncio", "asyncio")\n\n\n'
                "@pytest.mark.anyio\nasync def test_it():\n    pass\n"
            )
        },
    ),
    Case(
        "AT802",
        {
            "requirements.txt": "pytest\nanyio\n",
            "test_it.py": (
                "import asyncio\nimport pytest\n\n\n@pytest.mark.anyio\n"
                "async def test_it():\n    await asyncio.sleep(0)\n"
            ),
        },
    ),
    Case(
        "AT803",
        {
            "test_it.py": (
                "import pytest\n\n\n@pytest.fixture\ndef anyio_backend():\n"
                '    return "asyncio"\n\n\n@pytest.fixture(scope="session")\n'
                "async def one():\n    yield 1\n\n\n"
                "@pytest.mark.anyio\nasync def test_it(one):\n    assert one\n"
            )
        },
    ),
    Case(
        "AT812",
        {
            "test_it.py": (
                "import httpx\n\n\ndef test_it():\n"
                '    httpx.Client(proxies="http://proxy:1").close()\n'
            )
        },
    ),
    Case(
        "AT819",
        {
            "requirements.txt": "starlette>=0.21\n",
            "test_it.py": f"from starlette.testclient import TestClient\n\n\n{APP}\n\n"
            "client = TestClient(app)\n\n\ndef test_it():\n"
            '    assert client.post("/", data="four").text == "hello"\n',
        },
        arguments=["-W", "error:Use 'content=:DeprecationWarning"],
    ),
    Case(
        "AT911",
        {
            "test_it.py": (
                'import pytest\n\n\n@pytest.mark.parametrize("a", [1], False, ["one"])\n'
                "def test_it(a):\n    assert a\n\n\nX = pytest.mark.asyncio\n"
            )
        },
        before=INTERRUPTED,
    ),
    Case(
        "AT912",
        {
            "test_it.py": (
                'import pytest\n\n\ndef test_it():\n    pytest.skip(msg="later")\n\n\n'
                "X = pytest.mark.asyncio\n"
            )
        },
    ),
    Case(
        "AT119",
        {
            "requirements.txt": "pytest-aiohttp\n",
            "pytest.ini": "[pytest]\naddopts = -p no:asyncio\n",
            "test_it.py": "async def test_it():\n    pass\n",
        },
        before=INTERNAL,
    ),
    Case(
        # Before Python 3.14 it works (test_newest_pythons.py).
        "AT926",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "from multiprocessing import Process, get_context\n\n\nasync def test_it():\n"
                "    def serve():\n        pass\n\n"
                "    for one in (Process(target=serve), get_context().Process(target=serve)):\n"
                "        one.start()\n        one.join()\n        assert not one.exitcode\n"
            ),
        },
        before=OK,
    ),
    Case(
        "AT902",
        {
            "requirements.txt": "pytest-aiohttp\n",
            "pytest.ini": AUTO,
            "test_it.py": AIOHTTP.format("test_client", "await test_client(make())"),
        },
    ),
    Case(
        "AT904",
        {
            "pytest.ini": STRICT,
            "test_it.py": (
                "import pytest\nfrom aiohttp import web\n\n\n@pytest.fixture\n"
                "def cli(loop, aiohttp_client):\n"
                "    return loop.run_until_complete(aiohttp_client(web.Application()))\n\n\n"
                "@pytest.mark.asyncio\nasync def test_it(cli):\n"
                '    assert (await cli.get("/")).status == 404\n'
            ),
        },
    ),
    Case(
        "AT903",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "from aiohttp import web\n\n\ndef create_app(loop, status):\n"
                "    async def answer(request):\n        return web.Response(status=status)\n\n"
                "    app = web.Application()\n    app.router.add_get('/', answer)\n"
                "    return app\n\n\nasync def test_it(aiohttp_client):\n"
                "    client = await aiohttp_client(create_app, status=201)\n"
                "    assert (await client.get('/')).status == 201\n"
            ),
        },
    ),
    Case(
        "AT906",
        {
            "requirements.txt": "aiohttp>=3.8\n",
            "pytest.ini": STRICT + "asyncio_default_fixture_loop_scope = function\n",
            "test_it.py": (
                "from aiohttp import web\n"
                "from aiohttp.test_utils import AioHTTPTestCase, unittest_run_loop\n\n\n"
                "class TestIt(AioHTTPTestCase):\n    async def get_application(self):\n"
                "        return web.Application()\n\n    @unittest_run_loop\n"
                '    async def test_it(self):\n        await self.client.get("/")\n'
            ),
        },
        arguments=["-W", "error:Please use"],
        before=INTERRUPTED,
    ),
    Case(
        # It warns from Python 3.14 on; before, the fix must not change the answer.
        "AT913",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "import asyncio\n\n\nasync def test_it():\n"
                "    assert asyncio.iscoroutinefunction(test_it)\n"
                "    assert not asyncio.iscoroutinefunction(len)\n"
            ),
        },
        before=OK,
    ),
    Case(
        "AT914",
        {
            "test_it.py": (
                "from asynctest import CoroutineMock, TestCase\n\n\n"
                "class TestIt(TestCase):\n"
                "    async def setUp(self):\n        self.run = CoroutineMock(return_value=1)\n\n"
                "    async def test_it(self):\n        self.assertEqual(await self.run(), 1)\n"
            )
        },
        before=INTERRUPTED,
    ),
    Case(
        "AT914",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "from unittest.mock import Mock\n\n"
                "from asynctest.mock import CoroutineMock, Mock\n\n\n"
                "async def test_it():\n    run = CoroutineMock(return_value=Mock())\n"
                "    assert await run()\n"
            ),
        },
        before=INTERRUPTED,
    ),
    Case(
        "AT921",
        {
            "pytest.ini": AUTO,
            "fakes.py": (
                "import asyncio\nfrom unittest import mock\n\n\n@asyncio.coroutine\n"
                "def fake():\n    yield from asyncio.sleep(0)\n    return mock.Mock()\n"
            ),
            "test_it.py": (
                "from fakes import fake\n\n\nasync def test_it():\n    assert await fake()\n"
            ),
        },
        before=INTERRUPTED,
    ),
    Case(
        "AT921",
        {
            "pytest.ini": AUTO,
            "app.py": (
                "import asyncio\n\n\nclass Stock:\n    @asyncio.coroutine\n"
                "    def count(self):\n        yield from asyncio.sleep(0)\n        return 1\n"
            ),
            "test_it.py": (
                "from app import Stock\n\n\nasync def test_it():\n"
                "    assert await Stock().count()\n"
            ),
        },
        before=INTERRUPTED,
    ),
    Case(
        "AT915",
        {
            "test_it.py": (
                "import pytest\n\n\nclass TestIt:\n"
                '    @pytest.mark.parametrize("a", (pytest.param(n) for n in [1, 2]))\n'
                "    def test_it(self, a):\n        assert a\n\n\n"
                '@pytest.mark.parametrize("b", [1])\ndef test_that(b):\n    assert b\n\n\n'
                "X = pytest.mark.asyncio\n"
            )
        },
        before=INTERRUPTED,
        arguments=["-W", "error::pytest.PytestRemovedIn10Warning"],
    ),
    Case(
        "AT918",
        {
            "conftest.py": (
                "import pytest\n\n\n@pytest.mark.tryfirst\n@pytest.mark.hookwrapper\n"
                "def pytest_runtest_call(item):\n    item.obj.__dict__['seen'] = True\n    yield\n"
            ),
            "test_it.py": "def test_it():\n    assert test_it.seen\n",
        },
        arguments=["-W", "error::pytest.PytestRemovedIn10Warning"],
    ),
    Case(
        "AT504",
        {
            "conftest.py": (
                "import asyncio\n\nimport pytest\n\n\n@pytest.fixture\n"
                "def event_loop(request, tmp_path):\n"
                "    asyncio.get_event_loop_policy().get_event_loop().close()\n"
                "    loop = asyncio.new_event_loop()\n    asyncio.set_event_loop(loop)\n"
                "    request.addfinalizer(loop.close)\n    print(tmp_path)\n    return loop\n"
            ),
            "test_it.py": (
                "import asyncio\n\nimport pytest\n\n\n@pytest.fixture\n"
                "def server(event_loop):\n"
                "    return event_loop.run_until_complete(asyncio.sleep(0, 42))\n\n\n"
                "@pytest.mark.asyncio\nasync def test_it(event_loop, server):\n"
                "    assert asyncio.get_running_loop() is event_loop\n    assert server == 42\n"
            ),
        },
        unsafe=True,
    ),
    Case(
        "AT503",
        {
            "pytest.ini": STRICT,
            "test_it.py": (
                "import asyncio\n\nimport pytest\n\n\ndef run(request, coroutine):\n"
                "    loop = request.getfixturevalue('event_loop')\n"
                "    return loop.run_until_complete(coroutine)\n\n\n"
                "@pytest.fixture\ndef number(request):\n"
                "    return run(request, asyncio.sleep(0, 42))\n\n\n"
                "def test_sync(request, number):\n"
                "    assert run(request, asyncio.sleep(0, number)) == 42\n\n\n"
                "@pytest.mark.asyncio\nasync def test_async(number):\n    assert number == 42\n"
            ),
        },
    ),
    Case(
        "AT942",
        {
            "conftest.py": (
                "def pytest_namespace():\n    return {'app': {'port': 8766}, 'answer': 42}\n\n\n"
                "def pytest_configure(config):\n    config.addinivalue_line('markers', 'slow')\n"
            ),
            "test_it.py": (
                "import pytest\n\n\n@pytest.mark.slow\n"
                "def test_it():\n    assert (pytest.app.port, pytest.answer) == (8766, 42)\n"
            ),
        },
        before=INTERNAL,
    ),
    Case(
        "AT740",
        {
            "pytest.ini": AUTO,
            "app.py": (
                "async def fetch():\n    return 1\n\n\n"
                "class Api:\n    async def get(self):\n        return await fetch() + 1\n"
            ),
            "test_it.py": (
                "import asyncio\nfrom unittest.mock import patch\n\nimport app\n\n\n"
                "def finished(result):\n    future = asyncio.Future()\n"
                "    future.set_result(result)\n    return future\n\n\n"
                "async def give(result):\n    return result\n\n\n"
                "async def test_it():\n    with patch('app.fetch', return_value=finished(41)):\n"
                "        assert await app.Api().get() == 42\n\n\n"
                "@patch.object(app.Api, 'get')\n@patch('app.fetch')\n"
                "async def test_that(fetch, get):\n"
                "    fetch.side_effect = [asyncio.Future, give(41)]\n"
                "    get.return_value = asyncio.Future()\n    get.return_value.set_result(41)\n"
                "    assert await app.fetch() is asyncio.Future\n"
                "    assert await app.fetch() == await app.Api().get() == 41\n"
            ),
        },
    ),
    Case(
        "AT734",
        {
            "pytest.ini": STRICT,
            "test_it.py": (
                "import socket\nfrom unittest import mock\n\nimport pytest\n\n\n"
                "@pytest.fixture(autouse=True)\ndef fake_socket():\n"
                "    with mock.patch('socket.socket') as fake:\n        yield fake\n\n\n"
                "@pytest.mark.asyncio\nasync def test_it(fake_socket):\n"
                "    assert socket.socket is fake_socket\n\n\n"
                "def test_that(fake_socket):\n    assert socket.socket is fake_socket\n"
            ),
        },
    ),
    Case(
        "AT512",
        {
            "pytest.ini": AUTO,
            "accessories.py": (
                "import pytest\nfrom pytest_asyncio.plugin import event_loop\n\n\n"
                "@pytest.fixture\ndef host():\n    return '127.0.0.1'\n"
            ),
            "test_it.py": (
                "from accessories import host\n\n\n"
                "async def test_it(host, unused_tcp_port):\n    assert host and unused_tcp_port\n"
            ),
        },
        before=INTERRUPTED,
        unsafe=True,
    ),
    Case(
        "AT936",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "from aiohttp import web\n"
                "from pytest_aiohttp import TestClient, aiohttp_client\n\n\n"
                "async def test_it(aiohttp_client):\n"
                "    client = await aiohttp_client(web.Application())\n"
                "    assert isinstance(client, TestClient)\n"
            ),
        },
        before=INTERRUPTED,
    ),
    Case(
        "AT920",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "import warnings as w\n\nimport pytest\n\n\nasync def test_it():\n"
                "    with pytest.warns(None) as record:\n        w.warn('slow', stacklevel=1)\n"
                "        w.warn('slow', stacklevel=1)\n"
                "    assert [str(one.message) for one in record.list] == ['slow', 'slow']\n"
            ),
        },
    ),
    Case(
        "AT927",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "import asyncio\nimport contextvars\n\n\ndef factory(loop, coro):\n"
                "    return asyncio.Task(coro, loop=loop)\n\n\nasync def test_it():\n"
                "    asyncio.get_running_loop().set_task_factory(factory)\n"
                "    context = contextvars.copy_context()\n"
                "    assert await asyncio.create_task(asyncio.sleep(0, 1), context=context) == 1\n"
            ),
        },
    ),
    Case(
        "AT941",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "import asyncio\nimport os\n\n\nasync def test_it(tmp_path):\n"
                "    path = str(tmp_path / 'it.socket')\n"
                "    server = await asyncio.start_unix_server(print, path)\n"
                "    server.close()\n    os.remove(path)\n    assert not os.path.exists(path)\n"
            ),
        },
        before=OK,
    ),
    Case(
        "AT939",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "import aiohttp\n\n\ndef test_it():\n    connector = aiohttp.TCPConnector()\n"
                "    assert not connector.closed\n\n\nasync def test_other():\n    pass\n"
            ),
        },
    ),
    Case(
        "AT939",
        {
            "test_it.py": (
                "import asyncio\nimport unittest\n\nimport aiohttp\n\n\n"
                "class TestIt(unittest.TestCase):\n    def setUp(self):\n"
                "        self.loop = asyncio.new_event_loop()\n"
                "        asyncio.set_event_loop(self.loop)\n"
                "        self.session = aiohttp.ClientSession()\n\n    def test_it(self):\n"
                "        asyncio.get_event_loop().run_until_complete(self.session.close())\n"
                "        self.loop.close()\n"
            ),
        },
    ),
    Case(
        "AT938",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "import asyncio\n\n\nasync def ping():\n    await asyncio.sleep(0)\n\n\n"
                "async def test_it():\n    pings = [ping() for _ in range(3)]\n"
                "    done, _ = await asyncio.wait(pings)\n    assert len(done) == 3\n"
            ),
        },
    ),
    Case(
        "AT938",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "import asyncio\n\n\nasync def ping():\n    await asyncio.sleep(0)\n\n\n"
                "def test_it():\n    loop = asyncio.new_event_loop()\n"
                "    done, _ = loop.run_until_complete(asyncio.wait([ping(), ping()]))\n"
                "    loop.close()\n    assert len(done) == 2\n"
            ),
        },
    ),
    Case(
        "AT937",
        {
            "test_it.py": (
                "from _pytest.python_api import approx, raises\n\n\ndef test_it():\n"
                "    with raises(AssertionError):\n        assert 1.0 == approx(2.0)\n"
            ),
        },
        before=INTERRUPTED,
    ),
    Case(
        "AT712",
        {
            "pytest.ini": STRICT,
            "test_it.py": (
                "import asyncio\n\nimport pytest\n\n\n@pytest.mark.asyncio\ndef test_it():\n"
                "    assert (yield from asyncio.sleep(0, 1)) == 1\n"
            ),
        },
        before=INTERRUPTED,
    ),
    Case(
        "AT731",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "import asyncio\n\nimport pytest\n\n\n@pytest.fixture\n"
                "async def loop():\n    loop = asyncio.get_running_loop()\n"
                "    loop.set_default_executor(None)\n    return loop\n\n\n"
                "async def test_it(loop):\n"
                "    assert await loop.run_in_executor(None, sum, [1, 2]) == 3\n"
            ),
        },
    ),
    Case(
        "AT935",
        {
            "conftest.py": (
                "import pytest\n\n\ndef pytest_pycollect_makeitem(collector, name, obj):\n"
                "    if collector.funcnamefilter(name):\n"
                "        item = pytest.Function(name, parent=collector)\n"
                "        if 'run' in item.keywords:\n"
                "            return list(collector._genfunctions(name, obj))\n"
            ),
            "test_it.py": "def test_it():\n    pass\n",
        },
        before=INTERRUPTED,
    ),
    Case(
        "AT919",
        {
            "requirements.txt": "pytest>=8\n",
            "conftest.py": (
                "import pytest\n\n\ndef pytest_collect_file(path, parent):\n"
                "    if path.ext == '.text' and 'it' in str(path):\n"
                "        return Text.from_parent(parent, fspath=path)\n\n\n"
                "class Text(pytest.File):\n    def collect(self):\n"
                "        yield One.from_parent(self, name=self.path.read_text())\n\n\n"
                "class One(pytest.Item):\n    def runtest(self):\n"
                "        assert self.name == '1'\n"
            ),
            "it.text": "1",
            "test_it.py": "def test_it():\n    pass\n",
        },
    ),
    Case(
        "AT921",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "import asyncio\nfrom unittest import mock\n\n\nasync def test_it():\n"
                "    fetch = mock.Mock(side_effect=asyncio.coroutine(lambda: 1))\n"
                "    assert await fetch() == 1\n"
            ),
        },
    ),
    Case(
        "AT921",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "import asyncio\nfrom unittest import mock\n\n\nasync def test_it():\n"
                "    results = [1, 2]\n"
                "    fetch = mock.Mock(\n"
                "        side_effect=asyncio.coroutine(mock.Mock(side_effect=results))\n    )\n"
                "    assert [await fetch(), await fetch()] == results\n"
            ),
        },
    ),
    Case(
        "AT914",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "import asyncio\n\nfrom asynctest import CoroutineMock\n\n\n"
                "async def test_it():\n    made = asyncio.Future()\n    made.set_result(1)\n"
                "    run = CoroutineMock()\n    run.side_effect = [OSError, made]\n"
                "    try:\n        await run()\n    except OSError:\n"
                "        assert await run() == 1\n"
            ),
        },
        before=INTERRUPTED,
    ),
    Case(
        "AT516",
        {
            "pytest.ini": AUTO,
            "conftest.py": (
                "import asyncio\n\nimport pytest\n\n\ndef make():\n"
                "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n\n\n"
                'event_loop = pytest.fixture(scope="session")(make)\n\n\n'
                "@pytest.fixture\ndef lock(event_loop):\n"
                "    async def taken():\n        lock = asyncio.Lock()\n"
                "        await lock.acquire()\n        return lock\n\n"
                "    return event_loop.run_until_complete(taken())\n"
            ),
            "test_it.py": (
                "import asyncio\n\n\nasync def test_it(lock, event_loop):\n"
                "    assert event_loop is asyncio.get_running_loop()\n"
            ),
        },
        flags=("--select", "AT501,AT502,AT504"),
    ),
    Case(
        "AT921",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "import asyncio\n\n\n@asyncio.coroutine\ndef test_it():\n"
                "    assert (yield from asyncio.sleep(0, 1) if test_it else None) == 1\n"
            ),
        },
        before=INTERRUPTED,
    ),
    Case(
        "AT811",
        {
            "pytest.ini": AUTO,
            "test_it.py": "from functools import partial\n\nimport httpx\n\n\n" + APP + "\n\n"
            "class Client(httpx.AsyncClient):\n    def __init__(self, app):\n"
            '        super().__init__(app=app, base_url="http://test")\n\n\n'
            "async def test_it():\n"
            '    made = partial(httpx.AsyncClient, app=app, base_url="http://test")\n'
            "    async with made() as one, Client(app) as two:\n"
            '        assert (await one.get("/")).text == (await two.get("/")).text == "hello"\n',
        },
    ),
    Case(
        "AT921",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "from asyncio import coroutine, iscoroutine\n\n\n"
                "async def test_it():\n    assert not iscoroutine(1)\n"
            ),
        },
        before=INTERRUPTED,
    ),
    Case(
        "AT922",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "import asyncio\n\n\nasync def test_it():\n"
                "    loop = asyncio.get_running_loop()\n    lock = asyncio.Lock(loop=loop)\n"
                "    assert await asyncio.sleep(0, lock, loop=loop)\n"
            ),
        },
    ),
    Case(
        # Nothing fails before the fix; the same is true of AT923.
        "AT609",
        {
            "pytest.ini": AUTO,
            "test_it.py": "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_it(): pass\n",
        },
        before=OK,
    ),
    Case(
        "AT923",
        {
            "pyproject.toml": '[project]\nname = "a"\nrequires-python = ">=3.11"\n',
            "pytest.ini": AUTO,
            "test_it.py": (
                "import async_timeout\nimport pytest\n\n\nasync def test_it():\n"
                "    with pytest.raises(TimeoutError):\n"
                "        async with async_timeout.timeout(0.001):\n"
                "            await __import__('asyncio').sleep(1)\n"
            ),
        },
        before=OK,
    ),
    Case(
        "AT609",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_it():\n    pass\n"
            ),
        },
        before=OK,
    ),
    Case(
        "AT813",
        {
            "pyproject.toml": (
                '[project]\nname = "a"\nrequires-python = ">=3.11"\n'
                'dependencies = ["starlette>=1.2"]\n\n'
                '[dependency-groups]\ntest = ["pytest>=9.2", "httpx>=0.28"]\n'
            ),
            "test_it.py": f"from starlette.testclient import TestClient\n\n\n{APP}\n\n"
            'def test_it():\n    assert TestClient(app).get("/").text == "hello"\n',
        },
        before=INTERRUPTED,
        arguments=["-W", "error:Using `httpx` with:UserWarning"],
        declared=True,
    ),
    Case(
        "AT816",
        {
            "requirements.txt": ("pytest>=9.2\npytest-asyncio>=1.5\nhttpx>=0.28\nhttpx2>=2.14\n"),
            "pytest.ini": AUTO,
            "test_it.py": f"import httpx\n\n\n{APP}\n\nasync def test_it():\n"
            "    transport = httpx.ASGITransport(app)\n"
            '    async with httpx.AsyncClient(transport=transport, base_url="http://a") as c:\n'
            '        assert (await c.get("/")).text == "hello"\n',
        },
        before=OK,
        declared=True,
    ),
    Case(
        "AT811",
        {
            "test_it.py": (
                "from httpx import Client\n\n\ndef app(environ, start_response):\n"
                '    start_response("200 OK", [])\n    return [b"hello"]\n\n\n'
                "def test_it():\n"
                '    with Client(app=app, base_url="http://test") as client:\n'
                '        assert client.get("/").text == "hello"\n'
            ),
        },
    ),
    Case(
        "AT902",
        {
            "requirements.txt": "pytest-aiohttp\n",
            "test_it.py": "import aiohttp\n\n\ndef test_it(aiohttp_unused_port):\n"
            "    assert aiohttp_unused_port() != aiohttp_unused_port()\n",
        },
    ),
    Case(
        "AT818",
        {
            "test_it.py": f"from starlette.testclient import TestClient\n\n\n{APP}\n\n"
            "client = TestClient(app)\n\n\ndef test_it():\n"
            '    assert client.get("/", allow_redirects=False).text == "hello"\n',
        },
    ),
    Case(
        "AT819",
        {
            "test_it.py": "import pytest\nfrom starlette.testclient import TestClient\n\n\n"
            f"{APP}\n\n@pytest.fixture\ndef client():\n    return TestClient(app)\n\n\n"
            "def test_it(client):\n"
            '    assert client.get("/", timeout=5).text == "hello"\n',
        },
        arguments=["-W", "error:You should not use the 'timeout':UserWarning"],
        unsafe=True,
    ),
    Case(
        # The fixtures of the other plugin have a loop of their own.
        "AT905",
        {
            "requirements.txt": "pytest-aiohttp\n",
            "pytest.ini": AUTO,
            "conftest.py": 'pytest_plugins = "aiohttp.pytest_plugin"\n',
            "test_it.py": AIOHTTP.format("aiohttp_client", "await aiohttp_client(make())"),
        },
    ),
    Case(
        "AT905",
        {
            "requirements.txt": "pytest-aiohttp\n",
            "conftest.py": 'pytest_plugins = ["aiohttp.pytest_plugin"]\n',
            "test_it.py": AIOHTTP.format("aiohttp_client", "await aiohttp_client(make())"),
        },
        arguments=["-W", "error:aiohttp.pytest_plugin:DeprecationWarning"],
    ),
    Case(
        "AT907",
        {
            "test_it.py": (
                "from aiohttp import web\nfrom aiohttp.test_utils import AioHTTPTestCase\n\n\n"
                "class TestIt(AioHTTPTestCase):\n    async def get_app(self):\n"
                "        return web.Application()\n\n    async def test_it(self):\n"
                '        assert (await self.client.get("/")).status == 404\n'
            )
        },
    ),
    Case(
        "AT909",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "import asyncio\n\nfrom aiohttp import web\n"
                "from aiohttp.test_utils import TestClient, TestServer, make_mocked_coro\n\n\n"
                "async def test_it():\n    loop = asyncio.get_running_loop()\n"
                "    app = web.Application(loop=loop)\n"
                "    async with TestClient(TestServer(app, loop=loop), loop=loop) as client:\n"
                '        assert (await client.get("/")).status == 404\n'
                "    mock = make_mocked_coro([3])\n    assert await mock(1) == [3]\n"
                "    mock.assert_called_once_with(1)\n"
                "    bad = make_mocked_coro(raise_exception=OSError)\n"
                "    try:\n        await bad()\n    except OSError:\n        return\n"
                "    assert not bad\n"
            ),
        },
        arguments=["-W", "error:loop argument is deprecated:DeprecationWarning"],
    ),
    Case(
        "AT901",
        {
            "requirements.txt": "pytest-aiohttp\n",
            "pytest.ini": AUTO,
            "test_it.py": "async def test_it(loop):\n    assert loop.is_running()\n",
        },
    ),
    Case(
        "AT908",
        {
            "test_it.py": (
                "from aiohttp import web\nfrom aiohttp.test_utils import AioHTTPTestCase\n\n\n"
                "class TestIt(AioHTTPTestCase):\n    async def get_application(self):\n"
                "        return web.Application()\n\n    async def setUpAsync(self):\n"
                "        self.path = '/'\n\n    async def tearDownAsync(self):\n"
                "        assert (await self.client.get(self.path)).status == 404\n\n"
                "    async def test_it(self):\n"
                "        assert (await self.client.get(self.path)).status == 404\n"
            )
        },
    ),
    Case(
        "AT934",
        {
            "test_it.py": (
                "from aiohttp import web\nfrom aiohttp.test_utils import AioHTTPTestCase\n\n\n"
                "class Base(AioHTTPTestCase):\n    async def get_application(self):\n"
                "        return web.Application()\n\n\n"
                "class TestIt(Base):\n    async def setUpAsync(self):\n"
                "        self.path = '/'\n\n    async def test_it(self):\n"
                "        assert (await self.client.get(self.path)).status == 404\n\n\n"
                "class TestOther(Base):\n    def setUp(self):\n        super().setUp()\n"
                "        self.got = self.loop.run_until_complete(self.client.get('/'))\n\n"
                "    async def test_it(self):\n        assert self.got.status == 404\n"
            )
        },
    ),
    Case(
        "AT940",
        {
            "test_it.py": (
                "import unittest\n\n\nclass TestIt(unittest.TestCase):\n    def test_it(self):\n"
                "        self.assertEquals(1, 1)\n        self.assert_(True)\n"
                "        self.assertNotRegexpMatches('one', 'two')\n"
                "        self.failUnlessRaises(ValueError, int, 'one')\n"
            )
        },
        arguments=["-W", "error:Please use"],
    ),
    Case(
        "AT930",
        {
            "test_it.py": (
                "import asyncio\nimport unittest\n\n\n"
                "class TestIt(unittest.IsolatedAsyncioTestCase):\n    def setUp(self):\n"
                "        self.one = self.loop.run_until_complete(asyncio.sleep(0, 1))\n\n"
                "    async def test_it(self):\n"
                "        assert await self.loop.run_in_executor(None, int) + self.one == 1\n"
            )
        },
    ),
    Case(
        "AT714",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "import pytest\nfrom async_generator import async_generator, yield_\n\n\n"
                "@pytest.fixture\n@async_generator\nasync def one():\n    await yield_(1)\n\n\n"
                "async def test_it(one):\n    assert one == 1\n"
            ),
        },
        before=INTERRUPTED,
    ),
    Case(
        "AT823",
        {
            "pytest.ini": AUTO,
            "test_it.py": REDIRECT,
        },
    ),
    Case(
        "AT715",
        {
            "requirements.txt": "pytest>=9.2\ntornado>=6.5\n",
            "test_it.py": (
                "import asyncio\n\nfrom tornado.testing import AsyncTestCase\n\n\n"
                "class TestIt(AsyncTestCase):\n    async def test_it(self):\n"
                "        assert self.io_loop.asyncio_loop is asyncio.get_running_loop()\n"
            ),
        },
        declared=True,
    ),
    Case(
        "AT718",
        {
            ".copier-answers.yml": "backend: asyncio\nloop_scope: function\n",
            "pytest.ini": AUTO + "asyncio_default_fixture_loop_scope = function\n",
            "test_it.py": (
                "import pytest\n\n\n@pytest.fixture(scope='session')\n"
                "async def one():\n    yield 1\n\n\n"
                "@pytest.fixture(scope='session')\ndef two(one):\n    return one + 1\n\n\n"
                "async def test_it(two):\n    assert two == 2\n"
            ),
        },
        flags=("--loop-scope", "function"),
    ),
    Case(
        "AT825",
        {
            "requirements.txt": "pytest>=9.2\npytest-httpx>=0.36\n",
            "pytest.ini": "[pytest]\naddopts = --strict-markers\n",
            "tests/conftest.py": (
                "import pytest\n\n\n@pytest.fixture\ndef assert_all_responses_were_requested():\n"
                '    """Some are only for one test."""\n    return False\n\n\n'
                "@pytest.fixture\ndef non_mocked_hosts() -> list[str]:\n"
                '    return ["localhost", "127.0.0.1"]\n'
            ),
            "tests/test_it.py": (
                "import httpx\nimport pytest\n\n\ndef test_it(httpx_mock):\n"
                "    httpx_mock.add_response(text='unused')\n"
                "    with pytest.raises(httpx.ConnectError):\n"
                "        httpx.get('http://127.0.0.1:1/')\n"
            ),
        },
        declared=True,
    ),
    Case(
        "AT824",
        {
            "requirements.txt": "pytest>=9.2\npytest-httpx>=0.36\n",
            "test_it.py": (
                "import httpx\nfrom pytest_httpx import to_response\n\nTEXT = '{}'.format(1)\n\n\n"
                "def answer(request, ext):\n    return to_response(data=b'a')\n\n\n"
                "def test_it(httpx_mock):\n    httpx_mock.add_response(data=TEXT)\n"
                "    httpx_mock.add_callback(answer)\n"
                "    assert httpx.get('http://test/').text == '1'\n"
                "    assert httpx.get('http://test/').content == b'a'\n"
            ),
        },
        before=INTERRUPTED,
        declared=True,
    ),
    Case(
        # Nothing warns before Python 3.14 (test_newest_pythons.py).
        "AT931",
        {
            "requirements.txt": "pytest>=9.2\naiounittest>=1.5\n",
            "test_it.py": (
                "import asyncio\nimport unittest\n\nimport aiounittest\n\n\n"
                "class TestIt(aiounittest.AsyncTestCase):\n    def setUp(self):\n"
                "        self.value = aiounittest.futurized(1)\n\n"
                "    async def test_it(self):\n        assert await self.value == 1\n\n"
                "    def test_sync(self):\n        asyncio.run(asyncio.sleep(0))\n\n\n"
                "class TestOther(unittest.TestCase):\n    @aiounittest.async_test\n"
                "    async def test_it(self):\n        self.assertTrue(asyncio.current_task())\n"
            ),
        },
        before=OK,
        declared=True,
    ),
    Case(
        "AT913",
        {
            "pytest.ini": STRICT + "asyncio_default_fixture_loop_scope = function\n",
            "test_it.py": (
                "import asyncio\n\n\ndef test_it():\n"
                "    assert asyncio.iscoroutinefunction(asyncio.sleep)\n"
            ),
        },
        before=OK,
        arguments=["-W", "error"],
    ),
    Case(
        "AT925",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "import asyncio\n\nimport pytest\n\n\n@pytest.fixture\ndef own():\n"
                "    loop = asyncio.get_event_loop_policy().new_event_loop()\n"
                "    asyncio.get_event_loop_policy().set_event_loop(loop)\n    yield loop\n"
                "    asyncio.set_event_loop(None)\n    loop.close()\n\n\n"
                "def test_it(own):\n"
                "    assert own.run_until_complete(asyncio.sleep(0, 1)) == 1\n"
            ),
        },
        before=OK,
    ),
    Case(
        "AT933",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "from unittest.mock import MagicMock\n\n\nasync def test_it():\n"
                "    client = MagicMock()\n    await client.connect()\n"
                "    client.connect.assert_called_once_with()\n"
            ),
        },
    ),
    Case(
        "AT933",
        {
            "pytest.ini": AUTO,
            "service.py": (
                "async def fetch(url):\n    return url\n\n\n"
                "async def load():\n    return await fetch('/')\n"
            ),
            "test_it.py": (
                "from unittest.mock import Mock, patch\n\nimport service\n\n\n"
                "async def test_it():\n    with patch('service.fetch', Mock(return_value=1)):\n"
                "        assert await service.load() == 1\n"
            ),
        },
        unsafe=True,
    ),
    Case(
        "AT953",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "import asyncio\n\n\nasync def test_it():\n"
                "    for task in asyncio.Task.all_tasks():\n"
                "        assert not task.done()\n"
            ),
        },
    ),
    Case(
        "AT835",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "import anyio\n\n\nasync def test_it():\n"
                "    event = anyio.create_event()\n"
                "    async with anyio.create_task_group() as group:\n"
                "        await group.spawn(event.wait)\n"
                "        async with anyio.move_on_after(0.1):\n"
                "            await anyio.run_sync_in_worker_thread(len, 'it')\n"
                "        event.set()\n"
            ),
        },
    ),
    Case(
        "AT836",
        {
            "test_it.py": (
                "import trio\n\n\nasync def main():\n"
                "    assert trio.hazmat.current_task()\n"
                "    assert await trio.run_sync_in_worker_thread(len, 'it') == 2\n\n\n"
                "def test_it():\n    trio.run(main)\n"
            ),
        },
    ),
    Case(
        "AT741",
        {
            "requirements.txt": "pytest>=9.2\npytest-asyncio>=1.5\npytest-lazy-fixtures>=1.4\n",
            "pytest.ini": AUTO,
            "test_it.py": (
                "import pytest\n\n\n@pytest.fixture\nasync def one():\n    return 1\n\n\n"
                "@pytest.mark.parametrize('number', [pytest.lazy_fixture('one')])\n"
                "async def test_it(number):\n    assert number == 1\n"
            ),
        },
        before=INTERRUPTED,
        declared=True,
    ),
    Case(
        "AT838",
        {
            "requirements.txt": (
                "pytest>=9.2\npytest-asyncio>=1.5\nchannels>=4.3\ndaphne>=4.2\ndjango>=5.2\n"
            ),
            "pytest.ini": AUTO,
            "conftest.py": "from django.conf import settings\n\nsettings.configure()\n",
            "test_it.py": (
                "from channels.generic.websocket import AsyncWebsocketConsumer\n"
                "from channels.testing import WebsocketCommunicator\n\n\n"
                "class Echo(AsyncWebsocketConsumer):\n"
                "    async def receive(self, text_data=None, bytes_data=None):\n"
                "        await self.send(text_data)\n\n\n"
                "async def test_it():\n"
                "    communicator = WebsocketCommunicator(Echo, '/')\n"
                "    assert (await communicator.connect())[0]\n"
                "    await communicator.send_to('hello')\n"
                "    assert await communicator.receive_from() == 'hello'\n"
                "    await communicator.disconnect()\n"
            ),
        },
        declared=True,
    ),
    Case(
        "AT948",
        {
            "requirements.txt": "pytest>=9.2\npytest-asyncio>=1.5\nmoto>=5.1\n",
            "pytest.ini": AUTO,
            "test_it.py": (
                "import boto3\nfrom moto import mock_iam, mock_sqs\n\n\n"
                "async def test_it():\n    with mock_sqs(), mock_iam():\n"
                "        client = boto3.client('sqs', region_name='eu-west-1')\n"
                "        client.create_queue(QueueName='a')\n"
                "        assert len(client.list_queues()['QueueUrls']) == 1\n"
            ),
        },
        before=INTERRUPTED,
        declared=True,
    ),
    Case(
        "AT946",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "import pytest\n\n\n@pytest.fixture(autouse=True)\ndef slow(request):\n"
                "    assert request.node.get_marker('slow') is None\n\n\n"
                "async def test_it():\n    pass\n"
            ),
        },
    ),
    Case(
        "AT834",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "import websockets\n\n\nasync def answer(websocket, path):\n"
                "    await websocket.send(path)\n\n\nasync def test_it():\n"
                "    async with websockets.serve(answer, '127.0.0.1', 0) as server:\n"
                "        host, port = server.sockets[0].getsockname()\n"
                "        url = f'ws://{host}:{port}/it'\n"
                "        async with websockets.connect(url, extra_headers={'a': 'b'}) as client:\n"
                "            assert await client.recv() == '/it'\n"
            ),
        },
    ),
    Case(
        "AT837",
        {
            "requirements.txt": "starlette>=0.21\n",
            "test_it.py": f"from starlette.testclient import TestClient\n\n\n{APP}\n\n"
            "client = TestClient(app)\n\n\ndef test_it():\n"
            '    assert client.delete("/", json={"id": 4}).text == "hello"\n'
            '    response = client.get("/")\n    assert response.ok\n',
        },
    ),
    Case(
        "AT952",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "import async_timeout\n\n\nasync def test_it():\n"
                "    with async_timeout.timeout(1):\n        pass\n"
            ),
        },
    ),
]


@pytest.mark.parametrize("case", parameters(CASES))
def test_a_suite_is_well_after_the_fix_and_not_before(
    case: Case, environment_of: Callable[..., Environment], tmp_path: Path
) -> None:
    prove(case, tmp_path, environment_of)


@pytest.mark.full
def test_an_override_that_has_to_stay_gets_its_one_loop_back(
    tmp_path: Path, environment_of: Callable[..., Environment]
) -> None:
    newest = environment_of(*NEWEST)
    override = OVERRIDE.replace("    yield", "    at_exit(loop.stop)\n    yield")
    lay_out(tmp_path, {"pytest.ini": AUTO, "conftest.py": override, "test_it.py": SAME_LOOP})
    assert newest.pytest(tmp_path).returncode == FAILED
    migrate(tmp_path, "AT504", unsafe=True)
    assert newest.pytest(tmp_path).returncode == OK
    assert (tmp_path / "conftest.py").read_text() == override


@pytest.mark.full
def test_a_safe_bridge_works_with_and_without_the_old_fixture(
    tmp_path: Path, environment_of: Callable[..., Environment]
) -> None:
    newest = environment_of(*NEWEST)
    old = environment_of("pytest-asyncio==0.26.0", "pytest==8.3.*")
    suite = {
        "requirements.txt": "pytest-asyncio==0.26.0\n",
        "pytest.ini": AUTO,
        "test_it.py": (
            "import asyncio\nimport pytest\n\n\n@pytest.fixture\ndef one(event_loop):\n"
            "    return event_loop.run_until_complete(asyncio.sleep(0, 1))\n\n\n"
            "async def test_it(one):\n    assert one == 1\n"
        ),
    }
    lay_out(tmp_path, suite)
    assert old.pytest(tmp_path).returncode == OK
    assert newest.pytest(tmp_path).returncode == FAILED
    migrate(tmp_path, "AT502", unsafe=False)
    assert old.pytest(tmp_path).returncode == OK
    assert newest.pytest(tmp_path).returncode == OK
