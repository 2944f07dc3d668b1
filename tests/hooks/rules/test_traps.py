"""Code that invites a wrong rewrite: it is rewritten correctly, or left alone and reported."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest
from async_test_template.desired import Desired
from async_test_template.findings import Tier
from async_test_template.rules import CODES, FIRST_ON_CODE, load
from made_rules import make_plan

if TYPE_CHECKING:
    from pathlib import Path

    from async_test_template.plan import Plan

EVERYTHING = frozenset(Tier)
CODE = tuple(load(code) for code in CODES if code >= FIRST_ON_CODE)


def rewrite(root: Path, data: bytes, file: str = "test_it.py") -> tuple[bytes, Plan]:
    """Make all fixes of code in one file, and require that a second run makes none."""
    path = root / file
    path.write_bytes(data)
    plan = make_plan(root, Desired(), CODE, EVERYTHING)
    assert plan.failed == []
    new = plan.after.get(file, data)
    for name, content in plan.after.items():
        (root / name).write_bytes(content)
    again = make_plan(root, Desired(), CODE, EVERYTHING)
    assert again.after == {}
    assert again.left == plan.left
    return new, plan


REWRITTEN = {
    "a comment behind the last of several names": (
        ("from httpx import (\n    Client,\n    Response,  # noqa: F401\n)\n\nClient(app=app)\n"),
        (
            "from httpx import (\n    Client,\n    Response,  # noqa: F401\n    WSGITransport,\n"
            ")\n\nClient(transport=WSGITransport(app=app))\n"
        ),
    ),
    "a comment and no comma behind the last name": (
        "from httpx import (\n    Client  # noqa\n)\n\nClient(app=app)\n",
        (
            "from httpx import (\n    Client,  # noqa\n    WSGITransport\n)\n\n"
            "Client(transport=WSGITransport(app=app))\n"
        ),
    ),
    "a bracket that closes behind the last name": (
        "from httpx import (\n    Client,\n    Response)\n\nClient(app=app)\n",
        (
            "from httpx import (\n    Client,\n    Response,\n    WSGITransport)\n\n"
            "Client(transport=WSGITransport(app=app))\n"
        ),
    ),
    "an argument on several lines": (
        "import httpx\n\nhttpx.AsyncClient(app=(\n    app\n))\n",
        "import httpx\n\nhttpx.AsyncClient(transport=httpx.ASGITransport(app=(\n    app\n)))\n",
    ),
    "a value of implicitly joined strings": (
        'import pytest\npytestmark = pytest.mark.asyncio(scope="mod" "ule")\n',
        'import pytest\npytestmark = pytest.mark.asyncio(loop_scope="mod" "ule")\n',
    ),
    "a trailing comma and a comment between the arguments": (
        (
            "import pytest\n\n@pytest.mark.asyncio(\n    # wide\n    scope='class',  # why\n)\n"
            "async def test_it(): pass\n"
        ),
        (
            "import pytest\n\n@pytest.mark.asyncio(\n    # wide\n"
            "    loop_scope='class',  # why\n)\n"
            "async def test_it(): pass\n"
        ),
    ),
    "no double comma is left": (
        'import pytest\n\n@pytest.mark.usefixtures("a", "event_loop", "b")\ndef test_it(): pass\n',
        'import pytest\n\n@pytest.mark.usefixtures("a", "b")\ndef test_it(): pass\n',
    ),
    "the last of several on one line": (
        'import pytest\n\n@pytest.mark.usefixtures("a", "event_loop")\ndef test_it(): pass\n',
        'import pytest\n\n@pytest.mark.usefixtures("a")\ndef test_it(): pass\n',
    ),
    "an aliased import": (
        "import pytest as pt\n\n@pt.mark.asyncio(scope='class')\nclass TestIt: pass\n",
        "import pytest as pt\n\n@pt.mark.asyncio(loop_scope='class')\nclass TestIt: pass\n",
    ),
    "a name imported out of pytest": (
        "from pytest import mark\n\n@mark.asyncio(scope='class')\nclass TestIt: pass\n",
        "from pytest import mark\n\n@mark.asyncio(loop_scope='class')\nclass TestIt: pass\n",
    ),
    "the same fix twice in one file": (
        (
            "import httpx\n\n\ndef one(app): return httpx.AsyncClient(app=app)\n"
            "def two(app): return httpx.AsyncClient(app=app)\n"
        ),
        (
            "import httpx\n\n\ndef one(app): return httpx.AsyncClient("
            "transport=httpx.ASGITransport("
            "app=app))\n"
            "def two(app): return httpx.AsyncClient(transport=httpx.ASGITransport(app=app))\n"
        ),
    ),
    "two of them on one line": (
        "import httpx\nc = (lambda a: httpx.AsyncClient(app=a), httpx.AsyncClient(app=1)); d = 2\n",
        (
            "import httpx\nc = (lambda a: httpx.AsyncClient(transport=httpx.ASGITransport(app=a)), "
            "httpx.AsyncClient(transport=httpx.ASGITransport(app=1))); d = 2\n"
        ),
    ),
    "an argument in another call's brackets": (
        "import httpx\nc = httpx.AsyncClient(app=make(httpx.Client(app=wsgi)))\n",
        (
            "import httpx\nc = httpx.AsyncClient(transport=httpx.ASGITransport("
            "app=make(httpx.Client(transport=httpx.WSGITransport(app=wsgi)))))\n"
        ),
    ),
    "marks in a tuple, annotated": (
        (
            "import pytest\npytestmark: tuple = (pytest.mark.slow, "
            "pytest.mark.asyncio(scope='module'))\n"
        ),
        (
            "import pytest\npytestmark: tuple = (pytest.mark.slow, "
            "pytest.mark.asyncio(loop_scope='module'))\n"
        ),
    ),
    "a mark of a parameter": (
        "import pytest\nP = pytest.param(1, marks=[pytest.mark.asyncio(scope='class')])\n",
        "import pytest\nP = pytest.param(1, marks=[pytest.mark.asyncio(loop_scope='class')])\n",
    ),
    "comments between decorators": (
        (
            "import pytest\n\n# first\n@pytest.mark.slow\n# second\n@pytest.mark.asyncio\n# third\n"
            "def test_it(): pass\n"
        ),
        "import pytest\n\n# first\n@pytest.mark.slow\n# second\n# third\ndef test_it(): pass\n",
    ),
    "a parameter with an annotation that has commas": (
        "async def test_it(a, event_loop: dict[str, int], b): pass\n",
        "async def test_it(a, b): pass\n",
    ),
    "a parameter behind a default with a lambda": (
        "async def test_it(event_loop, a=lambda x, y: (x, y)): pass\n",
        "async def test_it(a=lambda x, y: (x, y)): pass\n",
    ),
    "a parameter used as a keyword and in inner functions": (
        (
            "import asyncio\n\n\nasync def test_it(event_loop):\n    def inner():\n"
            "        return make(loop=event_loop)\n    inner()\n"
        ),
        (
            "import asyncio\n\n\nasync def test_it():\n"
            "    event_loop = asyncio.get_running_loop()\n"
            "    def inner():\n        return make(loop=event_loop)\n    inner()\n"
        ),
    ),
    "an attribute and a keyword of the same name are no use of it": (
        "async def test_it(self_, event_loop):\n    make(event_loop=self_.event_loop)\n",
        "async def test_it(self_):\n    make(event_loop=self_.event_loop)\n",
    ),
    "a body that is a docstring only": (
        'async def test_it(event_loop):\n    """Later."""\n',
        'async def test_it():\n    """Later."""\n',
    ),
    "a decorated inner function comes first": (
        (
            "import asyncio\n\nasync def test_it(event_loop):\n    @wraps\n"
            "    def f(): event_loop.time()\n"
        ),
        (
            "import asyncio\n\nasync def test_it():\n    event_loop = asyncio.get_running_loop()\n"
            "    @wraps\n    def f(): event_loop.time()\n"
        ),
    ),
    "the import goes behind the docstring and the future": (
        (
            '"""Tests."""\n\nfrom __future__ import annotations\n\n\n'
            "async def test_it(event_loop):\n"
            "    event_loop.time()\n"
        ),
        (
            '"""Tests."""\n\nfrom __future__ import annotations\n\nimport asyncio\n\n\n'
            "async def test_it():\n    event_loop = asyncio.get_running_loop()\n"
            "    event_loop.time()\n"
        ),
    ),
    "an import only for type checkers does not count": (
        (
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import asyncio\n\n"
            "async def test_it(event_loop):\n    event_loop.time()\n"
        ),
        (
            "import asyncio\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
            "    import asyncio\n\n"
            "async def test_it():\n    event_loop = asyncio.get_running_loop()\n"
            "    event_loop.time()\n"
        ),
    ),
    "an import that is used elsewhere stays": (
        "import pytest\n\n@pytest.mark.asyncio\ndef test_it(): pass\n\nX: 'pytest.Item'\n",
        "import pytest\n\ndef test_it(): pass\n\nX: 'pytest.Item'\n",
    ),
    "an import that __all__ names stays": (
        "import pytest\n__all__ = ['pytest']\n\n@pytest.mark.asyncio\ndef test_it(): pass\n",
        "import pytest\n__all__ = ['pytest']\n\ndef test_it(): pass\n",
    ),
    "an import that somebody vouches for stays": (
        "import pytest  # noqa: F401\n\n@pytest.mark.asyncio\ndef test_it(): pass\n",
        "import pytest  # noqa: F401\n\ndef test_it(): pass\n",
    ),
    "a suite on one line with the only use of an import": (
        "import os, pytest\n\n@pytest.mark.asyncio\ndef test_it(): os.getcwd()\n",
        "import os\n\ndef test_it(): os.getcwd()\n",
    ),
    "an import that shares its line": (
        "import os; import pytest\n\n@pytest.mark.asyncio\ndef test_it(): os.getcwd()\n",
        "import os; import pytest\n\ndef test_it(): os.getcwd()\n",
    ),
    "f-strings with brackets and quotes": (
        "async def test_it(event_loop):\n    print(f'{event_loop.x:>{10}} ({ {1: 2}[1]}')\n",
        (
            "import asyncio\n\n\nasync def test_it():\n"
            "    event_loop = asyncio.get_running_loop()\n"
            "    print(f'{event_loop.x:>{10}} ({ {1: 2}[1]}')\n"
        ),
    ),
    "tabs": (
        "class TestIt:\n\tasync def test_it(self, event_loop):\n\t\tevent_loop.time()\n",
        (
            "import asyncio\n\n\nclass TestIt:\n\tasync def test_it(self):\n"
            "\t\tevent_loop = asyncio.get_running_loop()\n\t\tevent_loop.time()\n"
        ),
    ),
    "a condition around the test": (
        "import sys\nif sys.platform == 'linux':\n    async def test_it(event_loop): pass\n",
        "import sys\nif sys.platform == 'linux':\n    async def test_it(): pass\n",
    ),
    "raw content in joined strings, with a trailing comma": (
        (
            "from starlette import testclient\n\nwith testclient.TestClient(app) as c:\n"
            "    c.post(\n        '/',\n        data='a'\n        'b',  # raw\n    )\n"
        ),
        (
            "from starlette import testclient\n\nwith testclient.TestClient(app) as c:\n"
            "    c.post(\n        '/',\n        content='a'\n        'b',  # raw\n    )\n"
        ),
    ),
    "a timeout between other arguments, of a client in a class": (
        (
            "from starlette.testclient import TestClient as Client\n\n\nclass TestIt:\n"
            "    def setup_method(self): self.client = Client(app)\n\n"
            "    def test_it(self): self.client.get('/', timeout=(1), params={'a': (1, 2)},)\n"
        ),
        (
            "from starlette.testclient import TestClient as Client\n\n\nclass TestIt:\n"
            "    def setup_method(self): self.client = Client(app)\n\n"
            "    def test_it(self): self.client.get('/', params={'a': (1, 2)},)\n"
        ),
    ),
    "a mock's import goes beside those of its module": (
        (
            "from unittest.mock import Mock\n\nfrom aiohttp.test_utils import make_mocked_coro "
            "as coro\n\nMOCKS = [Mock(), coro(1), coro(raise_exception=OSError)]; X = 1\n"
        ),
        (
            "from unittest.mock import AsyncMock, Mock\n\n"
            "MOCKS = [Mock(), AsyncMock(return_value=1), AsyncMock(side_effect=OSError)]; X = 1\n"
        ),
    ),
    "a mock by the module that is there": (
        (
            "from unittest import mock\nfrom aiohttp import test_utils\n\n"
            "def make(value=test_utils.make_mocked_coro()): return mock.Mock(value)\n"
        ),
        (
            "from unittest import mock\n\n"
            "def make(value=mock.AsyncMock()): return mock.Mock(value)\n"
        ),
    ),
    "a loop argument that was the only one, on one line with another": (
        (
            "from aiohttp import web\ndef make(loop): a = web.Application(loop=loop); "
            "b = web.Application(loop=loop, debug=True); return a, b\n"
        ),
        (
            "from aiohttp import web\ndef make(loop): a = web.Application(); "
            "b = web.Application(debug=True); return a, b\n"
        ),
    ),
    "an async get_app, decorated, and the one of its base class": (
        (
            "from aiohttp import test_utils\n\nclass Base(test_utils.AioHTTPTestCase):\n"
            "    async def get_app(self): return make()\n\n"
            "class TestIt(Base):\n    @patch\n    # why\n    async def get_app(self):\n"
            "        return await super().get_app()\n"
        ),
        (
            "from aiohttp import test_utils\n\nclass Base(test_utils.AioHTTPTestCase):\n"
            "    async def get_application(self): return make()\n\n"
            "class TestIt(Base):\n    @patch\n    # why\n    async def get_application(self):\n"
            "        return await super().get_application()\n"
        ),
    ),
    "an iterator that commas and comments surround": (
        (
            "import pytest\n\n\n@pytest.mark.parametrize(\n    'a',  # name\n"
            "    (n for n in (1, 2)),  # values\n)\nasync def test_it(a): pass\n"
        ),
        (
            "import pytest\n\n\n@pytest.mark.parametrize(\n    'a',  # name\n"
            "    list(n for n in (1, 2)),  # values\n)\nasync def test_it(a): pass\n"
        ),
    ),
    "two marks of a hook with a comment between": (
        (
            "import pytest\n\n\n@pytest.mark.trylast  # last\n# and around\n"
            "@pytest.mark.hookwrapper\ndef pytest_runtest_call(item):\n    yield\n"
            "async def test_it(): pass\n"
        ),
        (
            "import pytest\n\n\n@pytest.hookimpl(trylast=True, hookwrapper=True)  # last\n"
            "# and around\ndef pytest_runtest_call(item):\n    yield\n"
            "async def test_it(): pass\n"
        ),
    ),
    "yield from in every place": (
        (
            "import asyncio\n\n\n@asyncio.coroutine\ndef make(a, b):\n"
            "    x = (yield from a) + (yield from b)\n    yield from a or b\n"
            "    yield from \\\n        (a, b)[0]\n    yield from(a)\n    return (yield from -x)\n"
            "\n\nasync def test_it(): await make(1, 2)\n"
        ),
        (
            "async def make(a, b):\n"
            "    x = (await a) + (await b)\n    await (a or b)\n"
            "    await \\\n        (a, b)[0]\n    await(a)\n    return (await (-x))\n"
            "\n\nasync def test_it(): await make(1, 2)\n"
        ),
    ),
    "a loop argument with a comment on its line": (
        (
            "import asyncio\n\n\nasync def test_it(server):\n    await asyncio.wait_for(\n"
            "        server.run(),\n        loop=server.loop,  # its\n        timeout=1,\n    )\n"
        ),
        (
            "import asyncio\n\n\nasync def test_it(server):\n    await asyncio.wait_for(\n"
            "        server.run(),\n        timeout=1,\n    )\n"
        ),
    ),
    "a run in a list, and under not": (
        (
            "import asyncio\n\n\nasync def test_it():\n"
            "    a = [asyncio.run(one(n)) for n in (1, 2)], lambda: 1\n"
            "    assert not asyncio.run(one(3)), 'no'\n"
        ),
        (
            "async def test_it():\n"
            "    a = [await one(n) for n in (1, 2)], lambda: 1\n"
            "    assert not await one(3), 'no'\n"
        ),
    ),
    "a value in brackets of its own": (
        (
            "import pytest\npytestmark = pytest.mark.asyncio(scope=(  # wide\n"
            '    "mod"\n    "ule"\n))\n'
        ),
        (
            "import pytest\npytestmark = pytest.mark.asyncio(loop_scope=(  # wide\n"
            '    "mod"\n    "ule"\n))\n'
        ),
    ),
    "a comment behind the argument that goes": (
        (
            "async def test_it(\n    a,  # first\n    event_loop,  # the loop\n"
            "    b,  # last\n): pass\n"
        ),
        "async def test_it(\n    a,  # first\n    b,  # last\n): pass\n",
    ),
    "a fixture decorator imported by its name": (
        "from pytest_asyncio import fixture\n\n@fixture('class')\nasync def one(): yield 1\n",
        "from pytest_asyncio import fixture\n\n@fixture(scope='class')\nasync def one(): yield 1\n",
    ),
    "a fixture decorator by another name": (
        "from pytest_asyncio import fixture as f\n\n@f('class')\nasync def one(): yield 1\n",
        "from pytest_asyncio import fixture as f\n\n@f(scope='class')\nasync def one(): yield 1\n",
    ),
    "an import that something refers to by its bare name stays": (
        "import pytest\n\n@pytest.mark.asyncio\ndef test_it(): use(pytest)\n",
        "import pytest\n\ndef test_it(): use(pytest)\n",
    ),
    "an import under a condition stays": (
        (
            "import sys\nif sys.platform:\n    import pytest\n\n"
            "@pytest.mark.asyncio\ndef test_it(): pass\n"
        ),
        "import sys\nif sys.platform:\n    import pytest\n\ndef test_it(): pass\n",
    ),
    "an import that may fail stays": (
        (
            "try:\n    import pytest\nexcept ImportError:\n    pytest = None\n\n"
            "@pytest.mark.asyncio\ndef test_it(): pass\n"
        ),
        (
            "try:\n    import pytest\nexcept ImportError:\n    pytest = None\n\n"
            "def test_it(): pass\n"
        ),
    ),
    "an import below its first use counts": (
        "async def test_it(event_loop): event_loop.time()\n\nimport asyncio\n",
        (
            "async def test_it(): event_loop = asyncio.get_running_loop(); event_loop.time()\n\n"
            "import asyncio\n"
        ),
    ),
    "an import inside another function does not count": (
        (
            "import sys\n\ndef f():\n    import asyncio\n\n"
            "async def test_it(event_loop): event_loop.time()\n"
        ),
        (
            "import asyncio\nimport sys\n\ndef f():\n    import asyncio\n\n"
            "async def test_it(): event_loop = asyncio.get_running_loop(); event_loop.time()\n"
        ),
    ),
    "a comment that heads the file stays at its head": (
        "# Copyright: ours\nimport sys\n\nasync def test_it(event_loop): event_loop.time()\n",
        (
            "# Copyright: ours\nimport asyncio\nimport sys\n\n"
            "async def test_it(): event_loop = asyncio.get_running_loop(); event_loop.time()\n"
        ),
    ),
    "a decorator over two lines by a backslash": (
        "import pytest\n\n@pytest.mark \\\n    .asyncio(scope='class')\nclass TestIt: pass\n",
        "import pytest\n\n@pytest.mark \\\n    .asyncio(loop_scope='class')\nclass TestIt: pass\n",
    ),
    "a decorator over two lines that goes": (
        "import pytest\n\n@pytest.mark. \\\n    asyncio\n@pytest.mark.slow\ndef test_it(): pass\n",
        "import pytest\n\n@pytest.mark.slow\ndef test_it(): pass\n",
    ),
    "a decorator behind a line with a backslash": (
        (
            "import pytest\nx = 1; \\\ny = 2\n@pytest.mark.asyncio\n@pytest.mark.slow\n"
            "def test_it(): pass\n"
        ),
        "import pytest\nx = 1; \\\ny = 2\n@pytest.mark.slow\ndef test_it(): pass\n",
    ),
    "a parameter that gets another value": (
        (
            "import asyncio\n\nasync def test_it(event_loop):\n    a = event_loop.time()\n"
            "    event_loop = make(a)\n"
        ),
        (
            "import asyncio\n\nasync def test_it():\n    event_loop = asyncio.get_running_loop()\n"
            "    a = event_loop.time()\n    event_loop = make(a)\n"
        ),
    ),
    "a parameter of the same name in an inner function and a lambda": (
        (
            "import asyncio\n\nasync def test_it(event_loop):\n"
            "    def f(event_loop): return event_loop\n    f(lambda event_loop: event_loop)\n"
        ),
        (
            "import asyncio\n\nasync def test_it():\n    event_loop = asyncio.get_running_loop()\n"
            "    def f(event_loop): return event_loop\n    f(lambda event_loop: event_loop)\n"
        ),
    ),
    "a docstring that shares its line": (
        "import asyncio\nasync def test_it(event_loop):\n    'doc'; x = event_loop.time()\n",
        (
            "import asyncio\nasync def test_it():\n"
            "    'doc'; event_loop = asyncio.get_running_loop(); x = event_loop.time()\n"
        ),
    ),
    "a parameter that only keywords reach": (
        "import asyncio\nasync def test_it(a, *, event_loop, b): event_loop.time()\n",
        (
            "import asyncio\nasync def test_it(a, *, b): "
            "event_loop = asyncio.get_running_loop(); event_loop.time()\n"
        ),
    ),
    "two first imports of a file": (
        (
            "async def test_it(event_loop):\n    def f():\n        nonlocal event_loop\n"
            "        event_loop = 1\n"
        ),
        (
            "import asyncio\n\nimport pytest_asyncio\n\n\nasync def test_it(event_loop):\n"
            "    def f():\n        nonlocal event_loop\n        event_loop = 1\n"
            "\n\n@pytest_asyncio.fixture\nasync def event_loop():\n"
            '    """Return the running loop to code that still asks for the old fixture."""\n'
            "    return asyncio.get_running_loop()\n"
        ),
    ),
    "two imports above one that comes later": (
        "import typing_extensions\n\ndef test_it(event_loop): event_loop.run_forever()\n",
        (
            "import asyncio\n\nimport pytest_asyncio\nimport typing_extensions\n\n"
            "def test_it(event_loop): event_loop.run_forever()\n"
            "\n\n@pytest_asyncio.fixture\nasync def event_loop():\n"
            '    """Return the running loop to code that still asks for the old fixture."""\n'
            "    return asyncio.get_running_loop()\n"
        ),
    ),
    "no line end at the end": (
        "async def test_it(event_loop): pass",
        "async def test_it(): pass",
    ),
}
#: Left as they are; the number of findings that say so.
LEFT = {
    "a function of httpx that a test replaces": (
        (
            "import httpx\nfrom unittest import mock\n\ndef test_it():\n"
            "    with mock.patch('httpx.get') as get: httpx.get('/', proxies='http://p')\n"
            "    get.assert_called_with('/', proxies='http://p')\n"
        ),
        1,
    ),
    "a function of asyncio that a test replaces": (
        (
            "import asyncio\n\nasync def test_it(monkeypatch):\n"
            "    monkeypatch.setattr(asyncio, 'Lock', dict)\n"
            "    assert asyncio.Lock(loop=3) == {'loop': 3}\n"
        ),
        1,
    ),
    "a policy that a test puts in the place of asyncio's": (
        (
            "import asyncio\n\nasync def test_it(mocker):\n"
            "    policy = mocker.patch('asyncio.get_event_loop_policy')\n"
            "    loop = asyncio.get_event_loop_policy().new_event_loop()\n"
            "    assert loop is policy.return_value.new_event_loop.return_value\n"
        ),
        1,
    ),
    "a get_app that is not async and hides the one of its base class": (
        (
            "from aiohttp import test_utils\n\nclass Base(test_utils.AioHTTPTestCase):\n"
            "    def get_app(self): return make()\n\n"
            "class TestIt(Base):\n    @patch\n    def get_app(self): return make(2)\n"
        ),
        2,
    ),
    "a set-up that a mixin of the same file calls by its old name": (
        (
            "from aiohttp import test_utils\n\nclass Base(test_utils.AioHTTPTestCase):\n"
            "    async def setUpAsync(self): await super().setUpAsync()\n\n"
            "class Mixin:\n    async def setUpAsync(self): await super().setUpAsync()\n\n"
            "class TestIt(Mixin, Base):\n    async def test_it(self): pass\n"
        ),
        1,
    ),
    "more arguments may be hidden": ("import httpx\nc = httpx.AsyncClient(app=a, **more)\n", 1),
    "hidden arguments of a mark": (
        "import pytest\npytestmark = pytest.mark.asyncio(scope='class', **more)\n",
        0,
    ),
    "a star import brings the name": ("from httpx import *\nc = AsyncClient(app=1)\n", 0),
    "the name is bound again": (
        "import httpx\nhttpx = fake\nc = httpx.AsyncClient(app=1)\n",
        1,
    ),
    "the name is a parameter": (
        "import httpx\ndef make(httpx): return httpx.AsyncClient(app=1)\n",
        1,
    ),
    "the name comes from two modules": (
        (
            "try:\n    from httpx import AsyncClient\nexcept ImportError:\n"
            "    from fake import AsyncClient\nc = AsyncClient(app=1)\n"
        ),
        1,
    ),
    "positional only, so pytest fills in nothing": (
        "async def test_it(event_loop, /): pass\n",
        0,
    ),
    "a default, so pytest fills in nothing": ("async def test_it(event_loop=None): pass\n", 0),
    "a method named like the fixture": (
        "class Server:\n    def event_loop(self): pass\n    def run(self, event_loop): pass\n",
        0,
    ),
    "a helper with such a parameter": ("async def create_server(caps, event_loop): pass\n", 0),
    "a parametrized argument": (
        (
            "import pytest\n@pytest.mark.parametrize(('event_loop', 'b'), [])\n"
            "async def test_it(event_loop, b): pass\n"
        ),
        0,
    ),
    "a class-scoped fixture that calls methods of the instance": (
        (
            "import pytest\n\n\nclass TestIt:\n    def start(self): return 1\n\n"
            "    @pytest.fixture(scope='class')\n    def server(self): return self.start()\n"
        ),
        1,
    ),
    "a class-scoped fixture that hands the instance on": (
        (
            "import pytest\n\n\nclass TestIt:\n    @pytest.fixture(scope='class')\n"
            "    def server(self): return make(self)\n"
        ),
        1,
    ),
    "a client's name that a loop, a lambda or a parameter binds": (
        (
            "from starlette.testclient import TestClient\n\nclient = TestClient(app)\n\n"
            "def test_it():\n    for client in clients: client.post('/', data='raw')\n\n"
            "def help(client): client.post('/', data='raw')\n\n"
            "POST = lambda client: client.post('/', data='raw')\n"
        ),
        0,
    ),
    "a client of a class that is not Starlette's alone": (
        (
            "try:\n    from mine import TestClient\nexcept ImportError:\n"
            "    from starlette.testclient import TestClient\n"
            "TestClient(app).post('/', data='raw')\n"
        ),
        0,
    ),
    "a comment that an argument would take along": (
        (
            "from aiohttp import web\nAPP = web.Application(\n    # the loop of all tests\n"
            "    loop=loop,\n)\n"
        ),
        1,
    ),
    "a mock with arguments that nobody sees": (
        "from aiohttp.test_utils import make_mocked_coro\nMOCK = make_mocked_coro(**more)\n",
        1,
    ),
    "a fixture's name that the test gives to something else": (
        (
            "import pytest\nfrom starlette.testclient import TestClient\n\n@pytest.fixture\n"
            "def client(): return TestClient(app)\n\ndef test_it(client):\n"
            "    client = other(client)\n    client.post('/', data='raw')\n"
        ),
        0,
    ),
    "a name that the new mock would need": (
        (
            "from aiohttp.test_utils import make_mocked_coro\n\nclass AsyncMock: pass\n\n"
            "MOCK = make_mocked_coro(1)\n"
        ),
        1,
    ),
    "a get_app that others call": (
        (
            "from aiohttp.test_utils import AioHTTPTestCase\n\nclass TestIt(AioHTTPTestCase):\n"
            "    def get_app(self): return make()\n    def test_it(self): self.get_app()\n"
        ),
        1,
    ),
    "a fixture that asks for another one of its name": (
        (
            "import pytest\nfrom httpx import ASGITransport\n\n@pytest.fixture\n"
            "def app(app): return app\n\nasync def test_it(app): ASGITransport(app=app)\n"
        ),
        0,
    ),
    "names that lead in circles": (
        "from httpx import ASGITransport\na = b\nb = a\nASGITransport(app=a)\n",
        0,
    ),
    "a policy that a test module sets": (
        "import uvloop\nuvloop.install()\nasync def test_it(): pass\n",
        1,
    ),
    "the names of builtins are bound again": (
        (
            "import pytest\nzip = make\n@pytest.mark.parametrize('a', zip(1))\n"
            "async def test_it(a): pass\n"
        ),
        0,
    ),
    "a mark of a hook that shares its line": (
        (
            "import pytest\n@pytest.mark.tryfirst\n@(pytest.mark.trylast)\n"
            "def pytest_configure(): pass\nasync def test_it(): pass\n"
        ),
        1,
    ),
    "a coroutine that yields values, too": (
        (
            "import asyncio\n@asyncio.coroutine\ndef make():\n    yield\n    yield from a\n"
            "async def test_it(): pass\n"
        ),
        1,
    ),
    "a comment would be lost with the last argument": (
        (
            "import pytest\n\n@pytest.mark.asyncio(  # alone\n    forbid_global_loop=True,\n)\n"
            "async def test_it(): pass\n"
        ),
        1,
    ),
    "a loop argument among hidden ones": (
        "import asyncio\nasync def test_it(): await asyncio.sleep(0, **more)\n",
        0,
    ),
    "a loop argument of a name that is bound twice": (
        ("import asyncio\nasync def test_it(asyncio): await asyncio.sleep(0, loop=1)\n"),
        1,
    ),
    "a run that is expected to fail": (
        (
            "import asyncio, pytest\nasync def test_it():\n"
            "    with pytest.raises(RuntimeError): asyncio.run(make())\n"
        ),
        0,
    ),
    "a run inside a generator": (
        (
            "import asyncio\nasync def test_it():\n"
            "    return_ = list(asyncio.run(make(n)) for n in a)\n"
        ),
        0,
    ),
    "what else has such a method": (
        "async def test_it(machine): machine.run_until_complete(make())\n",
        1,
    ),
    "a variable of the same name": (
        (
            "import asyncio\nevent_loop = asyncio.new_event_loop()\n\n"
            "async def test_it(): event_loop.time()\n"
        ),
        0,
    ),
    "jinja": ("{% if x %}\nasync def test_it(event_loop): pass\n{% endif %}\n", 0),
    "an empty file": ("", 0),
}


@pytest.mark.parametrize(("before", "after"), REWRITTEN.values(), ids=REWRITTEN)
@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "bom"])
def test_it_is_rewritten_and_nothing_else(
    before: str, after: str, ends: str, mark: bytes, tmp_path: Path
) -> None:
    new, _ = rewrite(tmp_path, mark + before.replace("\n", ends).encode())
    assert new.decode() == (mark + after.replace("\n", ends).encode()).decode()
    ast.parse(new)


def test_a_client_that_another_file_replaces_keeps_its_argument(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "import httpx\nimport pytest\n\n\n@pytest.fixture\ndef fake(monkeypatch):\n"
        "    monkeypatch.setattr(httpx, 'AsyncClient', Fake)\n"
    )
    data = b"import httpx\n\nasync def test_it(fake):\n    httpx.AsyncClient(app=make())\n"
    assert rewrite(tmp_path, data)[0] == data


@pytest.mark.parametrize(("text", "findings"), LEFT.values(), ids=LEFT)
def test_it_is_left_alone(text: str, findings: int, tmp_path: Path) -> None:
    new, plan = rewrite(tmp_path, text.encode())
    assert new.decode() == text
    assert len(plan.left) == findings
    assert all(finding.hint for finding in plan.left)


def test_form_feeds_and_leading_blank_lines_stay(tmp_path: Path) -> None:
    new, _ = rewrite(
        tmp_path, b"\x0c\n\n\x0cimport os\n\x0c\nasync def test_it(event_loop): pass\n"
    )
    assert new == b"\x0c\n\n\x0cimport os\n\x0c\nasync def test_it(): pass\n"


def test_mixed_line_ends_stay_and_new_lines_end_as_the_first(tmp_path: Path) -> None:
    new, _ = rewrite(
        tmp_path, b"import os\r\nasync def test_it(event_loop):\n    event_loop.time()\r\n"
    )
    assert new == (
        b"import asyncio\r\nimport os\r\nasync def test_it():\n"
        b"    event_loop = asyncio.get_running_loop()\r\n    event_loop.time()\r\n"
    )


MIXED = {
    "what another call takes over": (
        b"import httpx\nclient = httpx.AsyncClient(app=(\r\n    app\r\n))\n",
        (
            b"import httpx\nclient = httpx.AsyncClient(transport=httpx.ASGITransport(app=(\r\n"
            b"    app\r\n)))\n"
        ),
    ),
    "a name in brackets of its own line": (
        b"from httpx import (\n    Client,\r\n    Response,\r\n)\nClient(app=app)\n",
        (
            b"from httpx import (\n    Client,\r\n    Response,\r\n    WSGITransport,\r\n)\n"
            b"Client(transport=WSGITransport(app=app))\n"
        ),
    ),
    "imports that are sorted anew": (
        (
            b"import ast\nimport os\r\nimport re\n\n\nasync def test_it(event_loop):\n"
            b"    event_loop.time()\n"
        ),
        (
            b"import ast\nimport asyncio\nimport os\r\nimport re\n\n\nasync def test_it():\n"
            b"    event_loop = asyncio.get_running_loop()\n    event_loop.time()\n"
        ),
    ),
    "a carriage return alone": (
        b"import os\rasync def test_it(event_loop):\r\n    event_loop.time()\n",
        (
            b"import asyncio\rimport os\rasync def test_it():\r\n"
            b"    event_loop = asyncio.get_running_loop()\r    event_loop.time()\n"
        ),
    ),
}


@pytest.mark.parametrize(("before", "after"), MIXED.values(), ids=MIXED)
def test_lines_that_stay_end_as_they_did(before: bytes, after: bytes, tmp_path: Path) -> None:
    assert rewrite(tmp_path, before)[0] == after


def test_an_encoding_is_kept_and_columns_are_right_behind_its_characters(tmp_path: Path) -> None:
    text = "# coding: latin-1\nS = 'äöü'; N = 1\nasync def test_ä(ü, event_loop, ß): 'é'\n"
    new, _ = rewrite(tmp_path, text.encode("latin-1"))
    assert new.decode("latin-1") == text.replace("event_loop, ", "")


def test_a_null_byte_or_newer_syntax_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_bytes(b"async def test_it(event_loop): pass\n\nx = = 1\n")
    (tmp_path / "test_b.py").write_bytes(b"async def test_it(event_loop): pass\x00\n")
    plan = make_plan(tmp_path, Desired(), CODE, EVERYTHING)
    assert [(file, line) for file, line, _ in plan.unreadable] == [
        ("test_a.py", 3),
        ("test_b.py", 1),
    ]
    assert plan.after == {}


def test_an_override_that_is_conditional_or_double_is_not_deleted_for_sure(tmp_path: Path) -> None:
    override = (
        "    @pytest.fixture\n    def event_loop():\n        loop = asyncio.new_event_loop()\n"
        "        yield loop\n        loop.close()\n"
    )
    text = f"import asyncio, sys\nimport pytest\n\nif sys.platform:\n{override}else:\n{override}"
    (tmp_path / "conftest.py").write_text(text)
    plan = make_plan(tmp_path, Desired(), CODE, frozenset())
    assert {finding.tier for finding in plan.left} == {Tier.UNSAFE}
    new, _ = rewrite(tmp_path, text.encode(), "conftest.py")
    assert new.decode() == "import sys\n\nif sys.platform:\n    pass\nelse:\n    pass\n"


def test_an_override_in_a_plugin_module_is_deleted_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["plugin"]\n')
    (tmp_path / "test_it.py").write_text("async def test_it():\n    pass\n")
    new, plan = rewrite(tmp_path, f"{OVERRIDE}\n\nX = 1\n".encode(), "plugin.py")
    assert new == b"X = 1\n"
    assert b"asyncio_default_test_loop_scope = module" in plan.after["pytest.ini"]
    assert sorted(plan.after) == ["plugin.py", "pytest.ini"]


def test_the_bridge_goes_where_all_that_ask_can_see_it(tmp_path: Path) -> None:
    sync = b"def test_it(event_loop):\n    event_loop.run_until_complete(1)\n"
    for file in ("tests/a/test_a.py", "tests/b/test_b.py"):
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).write_bytes(sync)
    plan = make_plan(tmp_path, Desired(), CODE, EVERYTHING)
    assert list(plan.after) == ["tests/conftest.py"]
    assert plan.after["tests/conftest.py"].decode() == (
        "import asyncio\n\nimport pytest_asyncio\n\n\n@pytest_asyncio.fixture\n"
        "async def event_loop():\n"
        '    """Return the running loop to code that still asks for the old fixture."""\n'
        "    return asyncio.get_running_loop()\n"
    )
    assert plan.left == []


def test_a_bridge_for_old_versions_too_is_made_only_if_those_stay(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("pytest-asyncio==0.26.0\n")
    (tmp_path / "test_it.py").write_text(
        "def test_it(event_loop):\n    event_loop.run_until_complete(1)\n"
    )
    safe = make_plan(tmp_path, Desired(), CODE, frozenset({Tier.SAFE}))
    bridge = safe.after["test_it.py"].decode()
    assert 'if not hasattr(pytest_asyncio.plugin, "event_loop"):\n\n    @pytest_' in bridge
    assert safe.left == []
    with_unsafe = make_plan(tmp_path, Desired(), CODE, EVERYTHING)
    assert "hasattr" not in with_unsafe.after["test_it.py"].decode()


def test_a_safe_bridge_is_for_those_that_ask_for_it(tmp_path: Path) -> None:
    (tmp_path / "test_package.py").write_text(
        "import asyncio\n\n\nclass Queue:\n    def __init__(self):\n"
        "        self.loop = asyncio.get_event_loop()\n"
    )
    (tmp_path / "test_it.py").write_text("def test_it(event_loop):\n    event_loop.time()\n")
    safe = make_plan(tmp_path, Desired(), CODE, frozenset({Tier.SAFE}))
    assert b"@pytest_asyncio.fixture\n" in safe.after["test_it.py"]
    with_unsafe = make_plan(tmp_path, Desired(), CODE, EVERYTHING)
    assert b"autouse=True" in with_unsafe.after["test_it.py"]


@pytest.mark.parametrize("more", ["", "\n\nasync def test_first():\n    pass\n"])
def test_no_safe_fix_lets_the_first_async_test_run_where_another_needs_a_current_loop(
    more: str, tmp_path: Path
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n")
    (tmp_path / "test_it.py").write_text(
        "import asyncio\nimport pytest\n\n\n@pytest.fixture\ndef one(event_loop):\n"
        "    return event_loop.run_until_complete(asyncio.sleep(0, 1))\n\n\n"
        "async def test_it(one):\n    pass\n\n\n"
        "def test_other():\n    asyncio.get_event_loop()\n" + more
    )
    plan = make_plan(tmp_path, Desired(), [load("AT502")], frozenset({Tier.SAFE}))
    assert bool(plan.after) is bool(more)


def test_a_fixture_that_tests_call_by_their_parameter_is_not_called(tmp_path: Path) -> None:
    text = (
        "import pytest_asyncio\n\n\n@pytest_asyncio.fixture\nasync def make(event_loop):\n"
        "    return event_loop.create_task\n\n\n"
        "async def test_it(make):\n    await make(work())\n"
    )
    new, plan = rewrite(tmp_path, text.encode())
    assert b"async def make():\n    event_loop = asyncio.get_running_loop()\n" in new
    assert plan.left == []
    assert [finding.tier for finding in plan.fixed] == [Tier.SAFE]


def test_the_bridge_goes_where_a_file_sees_it_that_imports_a_fixture(tmp_path: Path) -> None:
    (tmp_path / "tests/a").mkdir(parents=True)
    (tmp_path / "tests/a/test_a.py").write_text(
        "import pytest\n\n\n@pytest.fixture\ndef server(event_loop):\n"
        "    return event_loop.run_until_complete(1)\n"
    )
    (tmp_path / "tests/test_b.py").write_text(
        "from tests.a.test_a import server\n\n\nasync def test_it(server):\n    pass\n"
    )
    plan = make_plan(tmp_path, Desired(), CODE, EVERYTHING)
    assert list(plan.after) == ["tests/conftest.py"]
    assert plan.left == []


def test_asynctests_base_class_of_other_files_keeps_its_loop(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/__init__.py").touch()
    (tmp_path / "tests/base.py").write_text(
        "import asynctest\n\n\nclass Base(asynctest.TestCase):\n"
        "    async def setUp(self):\n        self.task = self.loop.create_task(work())\n"
    )
    (tmp_path / "tests/test_it.py").write_text(
        "from .base import Base\n\n\nclass TestIt(Base):\n"
        "    async def setUp(self):\n        await super().setUp()\n\n"
        "    def test_it(self):\n        self.loop.run_until_complete(self.task)\n"
    )
    plan = make_plan(tmp_path, Desired(), CODE, EVERYTHING)
    assert plan.left == []
    base, test = (plan.after[f"tests/{name}.py"].decode() for name in ("base", "test_it"))
    assert "    @property\n    def loop(self):\n" in base
    assert "    async def asyncSetUp(self):\n        self.task = self.loop." in base
    assert "    async def asyncSetUp(self):\n        await super().asyncSetUp()\n" in test


@pytest.mark.parametrize(
    ("body", "for_all"),
    [
        ("class Queue:\n    def __init__(self):\n        self.loop = {}\n", True),
        ("class Queue:\n    async def start(self):\n        self.loop = {}\n", False),
        ("def event_loop():\n    return {}\n", False),
        (
            (
                "import pytest\n\n\ndef start():\n    return {}\n\n\n@pytest.mark.anyio\n"
                "async def test_it(anyio_backend): pass\n"
            ),
            False,
        ),
    ],
)
def test_each_test_gets_the_bridge_where_sync_code_takes_the_current_loop(
    body: str, tmp_path: Path, *, for_all: bool
) -> None:
    text = f"import asyncio\n\n\n{body.format('asyncio.get_event_loop()')}"
    (tmp_path / "test_package.py").write_text(text)
    new, _ = rewrite(tmp_path, b"def test_it(event_loop):\n    event_loop.time()\n")
    assert ("@pytest_asyncio.fixture(autouse=True)" in new.decode()) is for_all


@pytest.mark.parametrize(
    ("made", "is_default"),
    [
        ("asyncio.new_event_loop()", True),
        ("asyncio.get_event_loop_policy().new_event_loop()", True),
        ("uvloop.new_event_loop()", False),
        ("Loop()", False),
    ],
)
def test_an_override_that_tears_down_by_hand_is_replaced_and_its_kind_of_loop_kept(
    made: str, tmp_path: Path, *, is_default: bool
) -> None:
    override = (
        "import asyncio\nimport gc\n\nimport pytest\nimport uvloop\nfrom uvloop import Loop\n\n\n"
        f"@pytest.fixture\ndef event_loop():\n    loop = {made}\n"
        "    yield loop\n    for task in asyncio.all_tasks(loop):\n        task.cancel()\n"
        "    loop.call_soon(loop.stop)\n    loop.run_forever()\n    loop.close()\n"
        "    gc.collect()\n\n\n@pytest.fixture\ndef loop(event_loop):\n    return event_loop\n"
    )
    new, plan = rewrite(tmp_path, override.encode(), "conftest.py")
    assert "async def event_loop():" in new.decode()
    assert ("def pytest_asyncio_loop_factories(" not in new.decode()) is is_default
    assert plan.left == []


@pytest.mark.parametrize(
    ("files", "is_ignored"),
    [
        ({"pytest.ini": "[pytest]\nfilterwarnings =\n    error\n"}, True),
        ({"pytest.ini": "[pytest]\naddopts = -W error\n"}, False),
        ({"pytest.ini": "[pytest]\nfilterwarnings =\n    error\naddopts = -Werror\n"}, False),
        ({"pytest.ini": "[pytest]\nfilterwarnings =\n    default\n"}, False),
    ],
)
def test_a_safe_fix_ignores_the_unset_scope_where_the_setting_stops_an_older_plugin(
    files: dict[str, str], tmp_path: Path, *, is_ignored: bool
) -> None:
    for name, text in {**files, "requirements.txt": "pytest-asyncio>=0.21\n"}.items():
        (tmp_path / name).write_text(text)
    test = b"import pytest\n\n\n@pytest.mark.asyncio\nasync def test_it():\n    pass\n"
    (tmp_path / "test_it.py").write_bytes(test)
    settings = {}
    for tiers in ({Tier.SAFE}, {Tier.SAFE, Tier.UNSAFE}):
        plan = make_plan(tmp_path, Desired(), [load("AT103")], frozenset(tiers))
        settings[len(tiers)] = plan.after.get("pytest.ini", b"")
    assert (b"ignore:.*asyncio_default_fixture_loop_scope" in settings[1]) is is_ignored
    assert b"asyncio_default_fixture_loop_scope = fixture-scope" not in settings[1]
    assert b"asyncio_default_fixture_loop_scope = fixture-scope" in settings[2]


@pytest.mark.parametrize("made", ["asyncio.new_event_loop()", "uvloop.new_event_loop()"])
@pytest.mark.parametrize(
    "setting", ["loop.set_debug(True)", "loop.slow_callback_duration = 0.5", "strict(loop)"]
)
def test_what_an_override_sets_on_its_loop_is_set_on_the_running_loop(
    made: str, setting: str, tmp_path: Path
) -> None:
    override = (
        "import asyncio\n\nimport pytest\nimport uvloop\n\nfrom app import strict\n\n\n"
        f'@pytest.fixture(scope="session")\ndef event_loop():\n    loop = {made}\n'
        f"    {setting}\n    yield loop\n    loop.close()\n"
    )
    new, plan = rewrite(tmp_path, override.encode(), "conftest.py")
    assert f"    loop = running_loop\n    {setting}\n    yield loop\n" in new.decode()
    assert '@pytest.fixture(autouse=True, scope="session")' in new.decode()
    assert plan.left == []


def test_a_plugins_fixture_that_builds_on_the_lost_one_is_not_hidden(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("pytest-aiohttp\n")
    (tmp_path / "plugin.py").write_text(
        "import pytest\n\n\n@pytest.fixture\ndef loop(loop):\n    loop.set_debug(True)\n"
        "    return loop\n"
    )
    test = b"def test_it(loop):\n    loop.run_until_complete(1)\n"
    new, plan = rewrite(tmp_path, test, "test_it.py")
    assert new == test
    assert plan.after == {}
    assert [(finding.file, finding.line) for finding in plan.left] == [("plugin.py", 5)]


OVERRIDE = (
    "import asyncio\n\nimport pytest\n\n\n@pytest.fixture(scope='module')\ndef event_loop():\n"
    "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n"
)


def test_an_override_that_becomes_a_bridge_gets_no_second_one(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\ndependencies = ['pytest-asyncio>=1.2']\n")
    (tmp_path / "conftest.py").write_text(
        f"{OVERRIDE}\n\n@pytest.fixture(scope='module')\ndef res(event_loop):\n"
        "    return event_loop.run_until_complete(asyncio.sleep(0, 3))\n"
    )
    (tmp_path / "test_it.py").write_text(
        "async def test_n(res, event_loop):\n"
        "    try:\n        assert event_loop\n    finally:\n        del event_loop\n"
    )
    plan = make_plan(tmp_path, Desired(), CODE, EVERYTHING)
    conftest = plan.after["conftest.py"].decode()
    assert conftest.count("def event_loop(") == 1
    assert '@pytest_asyncio.fixture(scope="module", loop_scope="module")' in conftest
    assert "test_it.py" not in plan.after
    assert plan.left == []


def test_no_bridge_takes_the_name_of_what_is_there(tmp_path: Path) -> None:
    before = "def event_loop():\n    return 1\n"
    text = f"{before}\ndef test_it(event_loop):\n    event_loop.run_until_complete(1)\n"
    new, plan = rewrite(tmp_path, text.encode())
    assert new.decode() == text
    assert "test_it.py already defines the name event_loop" in plan.left[0].hint


def test_nothing_is_fixed_while_a_file_may_hide_who_asks(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\ndependencies = ['pytest-asyncio>=1.2']\n")
    (tmp_path / "conftest.py").write_text(OVERRIDE)
    (tmp_path / "test_it.py").write_text(
        "import pytest\n\n@pytest.mark.usefixtures('event_loop')\n"
        "async def test_it(event_loop): pass\n"
    )
    hidden = tmp_path / "test_sync.py"
    hidden.write_text("def test_it(event_loop): event_loop.run_until_complete(1)\n")
    codes = ["AT501", "AT503", "AT504"]
    rules = tuple(map(load, [*codes, "AT502"]))
    assert len(make_plan(tmp_path, Desired(), rules, EVERYTHING).after) > 1
    hidden.write_text("def test_it(event_loop):\n    x = = 1\n")
    plan = make_plan(tmp_path, Desired(), rules, EVERYTHING)
    assert plan.after == {}
    assert sorted(finding.code for finding in plan.left) == codes
    assert {finding.tier for finding in plan.left} == {Tier.REPORT}
    assert all("test_sync.py:2 cannot be parsed" in finding.hint for finding in plan.left)


def test_imports_that_lead_in_circles_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("from two import app\n")
    (tmp_path / "two.py").write_text("from one import app\n")
    text = b"from httpx import ASGITransport\nfrom one import app\n\nASGITransport(app=app)\n"
    new, plan = rewrite(tmp_path, text)
    assert new == text
    assert plan.left == []


def test_a_module_that_cannot_be_parsed_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("app = = FastAPI()\n")
    text = b"from httpx import ASGITransport\nfrom app import app\n\nASGITransport(app=app)\n"
    new, plan = rewrite(tmp_path, text)
    assert new == text
    assert plan.left == []


def test_a_comment_on_the_line_silences_a_report_on_code(tmp_path: Path) -> None:
    text = (
        b"from starlette.routing import Router\n\n"
        b"ROUTER = Router(on_startup=[])  # att: ignore[AT822] - an old Starlette\n"
    )
    _, plan = rewrite(tmp_path, text, "app.py")
    assert plan.left == []
    assert [silenced.finding.code for silenced in plan.silenced] == ["AT822"]


SYNC = {
    "AT608": [
        "import pytest\n\n@pytest.fixture(\n    name='a',\n)\n@pytest.mark.slow\ndef it(): ...\n",
        "import pytest\n\n@pytest.mark.slow(\n    1,\n)\n# why\n@pytest.fixture\ndef it(): ...\n",
        "from pytest import fixture as f, mark as m\n\n@m.slow\n@f\ndef it(): ...\n",
    ],
    "AT705": [
        "import pytest\n\n@pytest.fixture('module')\ndef it(): ...\n",
        "import pytest\n\n@pytest.fixture(  # wide\n    'module'\n)\ndef it(): ...\n",
    ],
    "AT706": [
        (
            "import pytest\n\nclass TestIt:\n    @pytest.fixture(params=(1, 2), scope='class')\n"
            "    def it(self): ...\n"
        )
    ],
    "AT911": [
        "import pytest\n\n@pytest.mark.parametrize('a', [(1, 'x)')], True)\ndef test_it(a): ...\n",
        "import pytest\n\n@pytest.mark.parametrize('a', A, None, ['x'])\ndef test_it(a): ...\n",
        (
            "import pytest\n\n@pytest.mark.parametrize(\n    ('a', 'b'),\n    [  # 1)\n"
            "        ({}, []),\n    ],\n    False,\n)\ndef test_it(a, b): ...\n"
        ),
        "import pytest\n\nBOTH = pytest.mark.parametrize('a', (1, 2), False, *IDS)\n",
    ],
    "AT912": [
        "import pytest\n\ndef test_it():\n    pytest.skip(msg = str(1))\n",
        "from pytest import fail as f\n\ndef test_it():\n    f(pytrace=bool(1), msg='x')\n",
    ],
    "AT915": [
        "import pytest\n\n@pytest.mark.parametrize('a', (n for n in [1]))\ndef test_it(a): ...\n",
        (
            "import pytest\n\n@pytest.mark.parametrize(\n    'a',\n    #\n    map(str, [1]),\n)\n"
            "def test_it(a): ...\n"
        ),
        (
            "import pytest\n\n@pytest.mark.parametrize(argnames='a', argvalues=zip([1], [2]))\n"
            "def test_it(a): ...\n"
        ),
    ],
}


@pytest.mark.parametrize(
    ("code", "text"), [(code, text) for code, texts in SYNC.items() for text in texts]
)
def test_a_file_without_anything_async_is_read_as_well(
    code: str, text: str, tmp_path: Path
) -> None:
    (tmp_path / "test_it.py").write_text(text)
    plan = make_plan(tmp_path, Desired(), CODE, frozenset())
    assert [finding.code for finding in plan.left] == [code]
