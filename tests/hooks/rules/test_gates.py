"""Fixes that need a version: they are offered from it on, help there, and not below it."""

from __future__ import annotations

import ast
import inspect
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from async_test_template.findings import Tier
from async_test_template.rules import CODES, load
from proofs import FAILED, INTERNAL, INTERRUPTED, OK, REQUIREMENTS, USAGE, finds, lay_out, migrate
from test_against_pytest import ONE_LOOP, SYNC, WIDE
from test_code_against_pytest import APP, AUTO, IS_UVLOOP, OVERRIDE, SAME_LOOP, STRICT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from environments import Environment

FUNCTION = "asyncio_default_fixture_loop_scope = function\n"
#: Two tests of a module in one loop: what a version that ignores the scope does not do.
ONE_LOOP_A_MODULE = """\
import asyncio

import pytest

loops = set()
pytestmark = pytest.mark.asyncio({})


async def test_a():
    loops.add(asyncio.get_running_loop())


async def test_b():
    loops.add(asyncio.get_running_loop())
    assert len(loops) == 1
"""
TESTCASE = """\
from aiohttp import web
from aiohttp.test_utils import AioHTTPTestCase, unittest_run_loop


class TestIt(AioHTTPTestCase):
    async def get_application(self):
        return web.Application()

{}    @unittest_run_loop
    async def test_it(self):
        assert {}
"""
STARLETTE = """\
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.routing import Route
from starlette.testclient import TestClient


async def echo(request):
    return PlainTextResponse(await request.body())


async def old(request):
    return RedirectResponse("/")


ROUTES = [Route("/", echo, methods=["GET", "POST"]), Route("/old", old)]
client = TestClient(Starlette(routes=ROUTES))


def test_it():
    assert client.{}
"""


@dataclass(frozen=True)
class Gate:
    """A version of a package that a fix of a rule needs.

    Attributes:
        code: the rule's.
        package: what the fix needs.
        version: the first version that it works with.
        last: the last version that it does not work with, empty where none is known.
        files: a suite with something to fix, without its requirements.
        below: pytest's exit status after the fix with the last version.
        says: a part of what pytest prints then.
        unsafe: whether the fix is an unsafe one.
        others: what runs beside the package.
        flags: for `migrate`.

    """

    code: str
    package: str
    version: str
    last: str
    files: Mapping[str, str]
    below: int = FAILED
    says: str = ""
    unsafe: bool = False
    others: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


GATES = [
    Gate(
        "AT103",
        "pytest-asyncio",
        "1.5",
        "1.4.0",
        {"pytest.ini": "[pytest]\n", "test_it.py": WIDE},
        USAGE,
        "'fixture-scope' is not a valid asyncio_default_fixture_loop_scope",
    ),
    Gate(
        # The value that fits where no fixture is wider than a function.
        "AT103",
        "pytest-asyncio",
        "0.24",
        "0.23.8",
        {"pytest.ini": "[pytest]\n", "test_it.py": ONE_LOOP.format(arguments="")},
        OK,
        "Unknown config option: asyncio_default_fixture_loop_scope",
    ),
    Gate(
        "AT103",
        "pytest-asyncio",
        "0.26",
        "0.25.3",
        {"pytest.ini": "[pytest]\n", "test_it.py": ONE_LOOP.format(arguments='(scope="module")')},
        says="Unknown config option: asyncio_default_test_loop_scope",
        flags=("--loop-scope", "module"),
    ),
    Gate(
        "AT104",
        "pytest-asyncio",
        "1.5",
        "1.4.0",
        {
            "pytest.ini": f"[pytest]\n{FUNCTION}",
            "test_it.py": (
                "import pytest_asyncio\n\n\n@pytest_asyncio.fixture(scope='module')\n"
                "async def one():\n    yield 1\n\n\ndef test_it(one):\n    assert one == 1\n"
            ),
        },
        USAGE,
        "'fixture-scope' is not a valid asyncio_default_fixture_loop_scope",
        unsafe=True,
    ),
    Gate(
        "AT105",
        "pytest-asyncio",
        "0.26",
        "0.25.3",
        {
            "pytest.ini": "[pytest]\nasyncio_default_fixture_loop_scope = session\n",
            "test_it.py": ONE_LOOP.format(arguments=""),
        },
        says="Unknown config option: asyncio_default_test_loop_scope",
        unsafe=True,
    ),
    Gate(
        # Before, the table that is merged was ignored.
        "AT205",
        "pytest",
        "9",
        "8.4.2",
        {
            "pyproject.toml": (
                '[tool.pytest]\nxfail_strict = true\n\n[tool.pytest.ini_options]\naddopts = "-q"\n'
            ),
            "test_it.py": SYNC,
        },
        OK,
        unsafe=True,
    ),
    Gate(
        "AT208",
        "pytest",
        "9.2",
        "9.1.1",
        {"pytest.toml": 'addopts = ["-q"]\n', "test_it.py": SYNC},
        OK,
    ),
    Gate(
        "AT213",
        "pytest",
        "9",
        "8.4.2",
        {"pytest.ini": "[pytest]\naddopts = --strict-markers\n", "test_it.py": SYNC},
        OK,
        "Unknown config option: strict_markers",
    ),
    Gate(
        # A fixture wider than function scope gets a bridge with a loop scope.
        "AT502",
        "pytest-asyncio",
        "0.24",
        "0.23.8",
        {
            "pytest.ini": AUTO,
            "test_it.py": (
                "import asyncio\nimport pytest\n\n\n@pytest.fixture(scope='module')\n"
                "def one(event_loop):\n"
                "    return event_loop.run_until_complete(asyncio.sleep(0, 1))\n\n\n"
                "def test_it(one):\n    assert one == 1\n"
            ),
        },
        INTERRUPTED,
        "unexpected keyword argument 'loop_scope'",
        unsafe=True,
    ),
    Gate(
        "AT504",
        "pytest-asyncio",
        "0.26",
        "0.25.3",
        {"pytest.ini": AUTO, "conftest.py": OVERRIDE, "test_it.py": SAME_LOOP},
        says="Unknown config option: asyncio_default_test_loop_scope",
    ),
    Gate(
        "AT505",
        "pytest-asyncio",
        "1.4",
        "1.3.0",
        {
            "pytest.ini": AUTO + FUNCTION,
            "conftest.py": (
                "import pytest\nimport uvloop\n\n\n@pytest.fixture\ndef event_loop():\n"
                "    loop = uvloop.new_event_loop()\n    yield loop\n    loop.close()\n"
            ),
            "test_it.py": "import asyncio\n" + IS_UVLOOP,
        },
        INTERNAL,
        "unknown hook 'pytest_asyncio_loop_factories'",
        unsafe=True,
        others=("uvloop>=0.22",),
    ),
    Gate(
        "AT506",
        "pytest-asyncio",
        "1.4",
        "1.3.0",
        {
            "pytest.ini": AUTO + FUNCTION,
            "conftest.py": (
                'import asyncio\nimport pytest\n\n\n@pytest.fixture(scope="session")\n'
                "def event_loop_policy():\n    return asyncio.DefaultEventLoopPolicy()\n"
            ),
            "test_it.py": "async def test_it():\n    pass\n",
        },
        INTERNAL,
        "unknown hook 'pytest_asyncio_loop_factories'",
    ),
    Gate(
        "AT507",
        "pytest-asyncio",
        "1.4",
        "1.3.0",
        {
            "pytest.ini": AUTO + FUNCTION,
            "conftest.py": "import uvloop\n\nuvloop.install()\n",
            "test_it.py": "import asyncio\n" + IS_UVLOOP,
        },
        INTERNAL,
        "unknown hook 'pytest_asyncio_loop_factories'",
        unsafe=True,
        others=("uvloop>=0.22",),
    ),
    Gate(
        # No setting is there: each test has its own loop.
        "AT601",
        "pytest-asyncio",
        "0.24",
        "0.23.8",
        {"pytest.ini": STRICT, "test_it.py": ONE_LOOP_A_MODULE.format('scope="module"')},
        says="1 failed, 1 passed",
    ),
    Gate(
        "AT603",
        "pytest-asyncio",
        "0.24",
        "0.23.8",
        {"pytest.ini": STRICT, "test_it.py": ONE_LOOP_A_MODULE.format('"module"')},
        says="1 failed, 1 passed",
    ),
    Gate(
        "AT701",
        "pytest-asyncio",
        "0.17",
        "0.16.0",
        {
            "pytest.ini": STRICT,
            "test_it.py": (
                "import pytest\n\n\n@pytest.fixture\nasync def one():\n    yield 1\n\n\n"
                "@pytest.mark.asyncio\nasync def test_it(one):\n    assert one == 1\n"
            ),
        },
        INTERRUPTED,
        "has no attribute 'fixture'",
        others=("pytest==7.4.*",),
    ),
    Gate(
        "AT702",
        "pytest-asyncio",
        "0.24",
        "0.23.8",
        {
            "pytest.ini": AUTO + FUNCTION,
            # In auto mode a test that is not async gets the fixture as well.
            "test_it.py": (
                "import pytest_asyncio\n\n\n@pytest_asyncio.fixture(scope='module')\n"
                "async def one():\n    yield 1\n\n\ndef test_it(one):\n    assert one == 1\n"
            ),
        },
        INTERRUPTED,
        "unexpected keyword argument 'loop_scope'",
    ),
    Gate(
        "AT605",
        "pytest-asyncio",
        "0.24",
        "0.23.8",
        {
            "pytest.ini": STRICT,
            "test_it.py": ONE_LOOP_A_MODULE.replace("asyncio({})", "asyncio_event_loop"),
        },
        says="1 failed, 1 passed",
        unsafe=True,
    ),
    Gate(
        "AT811",
        "httpx",
        "0.13.3",
        "0.12.1",
        {
            "test_it.py": APP + "\n\ndef test_it():\n    import asyncio, httpx\n\n"
            "    async def get():\n"
            '        async with httpx.AsyncClient(app=app, base_url="http://test") as client:\n'
            '            return await client.get("/")\n\n'
            '    assert asyncio.run(get()).text == "hello"\n'
        },
        says="has no attribute 'ASGITransport'",
        others=("pytest==8.4.2",),
    ),
    Gate(
        # Before, no application is none: requests go to the network.
        "AT811",
        "httpx",
        "0.28",
        "0.27.2",
        {
            "test_it.py": (
                "import httpx\n\n\ndef make(app=None):\n    return httpx.AsyncClient(app=app)\n\n\n"
                "def test_it():\n    real = type(make()._transport) is httpx.AsyncHTTPTransport\n"
                '    assert real or httpx.__version__ >= "0.28"\n'
            )
        },
        says="assert (False or",
        others=("pytest==8.4.2",),
    ),
    Gate(
        "AT812",
        "httpx",
        "0.26",
        "0.25.2",
        {
            "test_it.py": (
                "import httpx\n\n\ndef test_it():\n"
                '    httpx.Client(proxies="http://proxy:1").close()\n'
            )
        },
        says="unexpected keyword argument 'proxy'",
        others=("pytest==8.4.2",),
    ),
    Gate(
        "AT823",
        "httpx",
        "0.20",
        "0.19.0",
        {
            "test_it.py": (
                "import httpx\n\n\ndef test_it():\n"
                "    answer = httpx.MockTransport(lambda request: httpx.Response(200))\n"
                "    with httpx.Client(transport=answer) as client:\n"
                '        client.get("http://test/", allow_redirects=False)\n'
            )
        },
        says="unexpected keyword argument 'follow_redirects'",
        others=("pytest==8.4.2", "anyio<4"),
    ),
    Gate(
        # Before this version nothing is broken, or the old argument is ignored.
        "AT824",
        "pytest-httpx",
        "0.18",
        "0.13.0",
        {
            "test_it.py": (
                "import httpx\n\n\ndef test_it(httpx_mock):\n"
                "    httpx_mock.add_response(data=b'abc')\n"
                "    assert httpx.get('http://test/').content == b'abc'\n"
            )
        },
        says="unexpected keyword argument 'content'",
        others=("pytest==6.2.5", "anyio<4"),
    ),
    Gate(
        "AT818",
        "starlette",
        "0.21",
        "0.20.4",
        {"test_it.py": STARLETTE.format('get("/old", allow_redirects=False).status_code == 307')},
        says="unexpected keyword argument 'follow_redirects'",
        unsafe=True,
        others=("pytest==8.4.2", "requests", "httpx==0.23.3", "anyio<4"),
    ),
    Gate(
        "AT819",
        "starlette",
        "0.21",
        "0.20.4",
        {"test_it.py": STARLETTE.format('post("/", data="text").text == "text"')},
        says="unexpected keyword argument 'content'",
        others=("pytest==8.4.2", "requests", "httpx==0.23.3", "anyio<4"),
    ),
    Gate(
        # Nothing fails: without the decorator nothing runs the test.
        "AT906",
        "aiohttp",
        "3.8",
        "3.7.4.post0",
        {"test_it.py": TESTCASE.format("", "self.client")},
        OK,
        "coroutine 'TestIt.test_it' was never awaited",
        others=("pytest==8.4.2",),
    ),
    Gate(
        "AT908",
        "aiohttp",
        "3.8",
        "3.7.4.post0",
        {
            "test_it.py": TESTCASE.format(
                "    async def setUpAsync(self):\n        await super().setUpAsync()\n"
                "        self.path = '/'\n\n",
                "self.path",
            )
        },
        says="'TestIt' object has no attribute 'path'",
        unsafe=True,
        others=("pytest==8.4.2",),
    ),
    Gate(
        "AT934",
        "aiohttp",
        "3.8",
        "3.7.4.post0",
        {
            "test_it.py": TESTCASE.format(
                "    def setUp(self):\n        super().setUp()\n"
                "        self.path = str(self.client)\n\n",
                "self.path",
            )
        },
        says="'TestIt' object has no attribute 'path'",
        unsafe=True,
        others=("pytest==8.4.2",),
    ),
    Gate(
        "AT919",
        "pytest",
        "7.0",
        "6.2.5",
        {
            "conftest.py": "def pytest_ignore_collect(path):\n    assert str(path)\n",
            "test_it.py": "def test_it():\n    pass\n",
        },
        FAILED,
        "declared in the hookimpl but can not be found in the hookspec",
    ),
    Gate(
        "AT912",
        "pytest",
        "7",
        "6.2.5",
        {
            "test_it.py": (
                "import pytest\n\n\ndef test_it():\n"
                '    pytest.skip(allow_module_level=False, msg="later")\n\n\n'
                "X = pytest.mark.asyncio\n"
            )
        },
        says="unexpected keyword argument 'reason'",
    ),
]


EACH_GATE = pytest.mark.parametrize(
    "gate", GATES, ids=[f"{g.code}-{g.package}-{g.version}" for g in GATES]
)


def fix_at(root: Path, gate: Gate, version: str) -> dict[str, str]:
    """Make the fix with a version as the oldest declared one, and return the result."""
    lay_out(root, {**gate.files, REQUIREMENTS: f"{gate.package}>={version}\n"})
    migrate(root, gate.code, *gate.flags, unsafe=gate.unsafe)
    return {name: (root / name).read_text() for name in gate.files}


@EACH_GATE
def test_a_fix_is_offered_from_its_version_on_and_not_before(gate: Gate, tmp_path: Path) -> None:
    assert fix_at(tmp_path / "at_gate", gate, gate.version) != gate.files
    if gate.last:
        below = tmp_path / "below"
        if fix_at(below, gate, gate.last) == gate.files:
            assert finds(below, gate.code)
        else:
            # A fix that is unsafe anyway may exclude the older versions.
            raised = (below / REQUIREMENTS).read_text()
            assert gate.unsafe
            assert raised == f"{gate.package}>={gate.version}\n"


# The behaviour of an old release does not change.
@pytest.mark.full
@pytest.mark.slow
@EACH_GATE
def test_a_fix_helps_from_its_version_on_and_not_before(
    gate: Gate, environment_of: Callable[..., Environment], tmp_path: Path
) -> None:
    fix_at(tmp_path, gate, gate.version)
    oldest = (f"{gate.package}>={gate.version}", *gate.others)
    done = environment_of("--resolution", "lowest-direct", *oldest).pytest(tmp_path)
    assert done.returncode == OK, done.stdout
    if not gate.last:
        return
    done = environment_of(f"{gate.package}=={gate.last}", *gate.others).pytest(tmp_path)
    assert done.returncode == gate.below, done.stdout
    assert gate.says in done.stdout


def gates_in_code() -> Iterator[tuple[str, str, str]]:
    """Yield code, package and version of every comparison in the file of a rule with a fix."""
    for rule in map(load, CODES):
        if rule.tier is Tier.REPORT:
            continue
        yield from ((rule.code, *least) for least in rule.needs)
        module = sys.modules[(rule.check or rule.visit).__module__]
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if not isinstance(node, ast.Call):
                continue
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            # One of a table is no version that the fix needs, but one that took something away.
            is_plain = all(isinstance(a, (ast.Name, ast.Constant)) for a in node.args[-2:])
            if name in {"needs", "at_least", "may_be_below", "allows_below"} and is_plain:
                package, version = (
                    vars(module)[a.id] if isinstance(a, ast.Name) else ast.literal_eval(a)
                    for a in node.args[-2:]
                )
                yield rule.code, package, version


def test_every_gate_is_shown() -> None:
    shown = {(gate.code, gate.package, gate.version) for gate in GATES if gate.last}
    # Some are in files that rules share.
    missing = set(gates_in_code()) - shown
    assert not missing, "add a Gate to GATES for each of these, with the `last` version before it"
