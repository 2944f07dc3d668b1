"""The rules without a fix are right: real pytest shows the problem, and a solution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from async_test_template.cli import main
from helpers import assert_done
from proofs import declared, finds, lay_out

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from environments import Environment

pytestmark = pytest.mark.slow

AUTO = {"pytest.ini": "[pytest]\nasyncio_mode = auto\n"}
SLEEP = """\
import asyncio
import time


async def test_it():
    done = []
    asyncio.get_running_loop().call_later(0.01, done.append, 1)
    {}.sleep(0.1)
    assert done == [1]
"""
APP = """\
from contextlib import asynccontextmanager

from fastapi import FastAPI

started = []


@asynccontextmanager
async def lifespan(app):
    started.append(app)
    yield


app = FastAPI({})


@app.get("/")
def count():
    return len(started)
"""
WITH_ASGI = """\
import httpx
from app import app


async def test_it():
    transport = httpx.ASGITransport(app=app)
    async with {}httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        assert (await client.get("/")).json() == 1
"""
WITH_CLIENT = """\
import {0}
import pytest
from fastapi.testclient import TestClient

from app import app


def test_it():
    response = TestClient(app).get("/", auth={0}.BasicAuth("a", "b"))
    assert isinstance(response, {0}.Response)
    with pytest.raises({0}.HTTPStatusError):
        TestClient(app).get("/nothing").raise_for_status()
"""
MOCKED = """\
import {0}


def test_it(httpx_mock):
    httpx_mock.add_response(url="http://127.0.0.1:9/")
    assert {0}.get("http://127.0.0.1:9/").status_code == 200
"""
RESPX = """\
import httpx
import respx
from {0} import AsyncClient


@respx.mock
async def test_it():
    respx.get("http://127.0.0.1:9/").mock(return_value=httpx.Response(200))
    async with AsyncClient() as client:
        assert (await client.get("http://127.0.0.1:9/")).status_code == 200
"""
STARLETTE = """\
from starlette.applications import Starlette


async def test_it():
    Starlette({}=[])
"""
AIOHTTP = """\
from aiohttp import web


def make():
    return web.Application()


async def test_it(aiohttp_client):
    client = await aiohttp_client({})
    assert (await client.get("/")).status == 404
"""
ON_EVENT = """\
from fastapi import FastAPI


def test_it():
    app = FastAPI()
    {}
"""


@dataclass(frozen=True)
class Case:
    """A suite that fails as a rule says, and the one that a person makes of it.

    Attributes:
        code: the rule's, which finds something in the one and nothing in the other.
        bad: the files that fail.
        says: what pytest prints of it.
        good: the files that pass.
        arguments: of pytest, for both.

    """

    code: str
    bad: dict[str, str]
    says: str
    good: dict[str, str]
    arguments: tuple[str, ...] = ()


SCOPE = """\
import anyio
import pytest


@pytest.fixture
async def number():
    with anyio.fail_after(5):
        await anyio.sleep(0)
    {}yield 1


async def test_it(number):
    assert number == 1
"""
CONSTRUCTED = """\
class TestIt:
    def {}(self):
        self.answer = 42

    async def test_it(self):
        assert self.answer == 42
"""
CASES = [
    Case(
        "AT724",
        {**AUTO, "test_it.py": CONSTRUCTED.format("__init__")},
        "cannot collect test class 'TestIt'",
        {**AUTO, "test_it.py": CONSTRUCTED.format("setup_method")},
    ),
    Case(
        "AT716",
        {**AUTO, "test_it.py": SCOPE.format("    ")},
        "Attempted to exit cancel scope in a different task",
        {**AUTO, "test_it.py": SCOPE.format("")},
    ),
    Case(
        "AT514",
        {**AUTO, "test_it.py": SLEEP.format("time")},
        "assert [] == [1]",
        {**AUTO, "test_it.py": SLEEP.format("await asyncio")},
    ),
    Case(
        "AT814",
        {
            "requirements.txt": "pytest\nstarlette\nhttpx\nhttpx2\n",
            "app.py": APP.format(""),
            "test_it.py": WITH_CLIENT.format("httpx"),
        },
        'Invalid "auth" argument',
        {
            "requirements.txt": "pytest\nstarlette\nhttpx\nhttpx2\n",
            "app.py": APP.format(""),
            "test_it.py": WITH_CLIENT.format("httpx2"),
        },
    ),
    Case(
        "AT815",
        {"test_it.py": MOCKED.format("httpx2")},
        "Connection refused",
        {"test_it.py": MOCKED.format("httpx")},
    ),
    Case(
        "AT815",
        {**AUTO, "test_it.py": RESPX.format("httpx2")},
        "All connection attempts failed",
        {**AUTO, "test_it.py": RESPX.format("httpx")},
    ),
    Case(
        "AT817",
        {
            "requirements.txt": "pytest\npytest-httpx\n",
            "conftest.py": "import httpx2\n\nhttpx2.alias_httpx()\n",
            "test_it.py": "import httpx2\n\n\ndef test_it():\n    import httpx\n\n"
            "    assert httpx is httpx2\n",
        },
        "httpx was already imported",
        {
            "requirements.txt": "pytest\n",
            "pytest.ini": "[pytest]\naddopts = -p no:pytest_httpx -p no:respx\n",
            "conftest.py": "import httpx2\n\nhttpx2.alias_httpx()\n",
            "test_it.py": "import httpx2\n\n\ndef test_it():\n    import httpx\n\n"
            "    assert httpx is httpx2\n",
        },
    ),
    Case(
        "AT821",
        {**AUTO, "app.py": APP.format("lifespan=lifespan"), "test_it.py": WITH_ASGI.format("")},
        "assert 0 == 1",
        {
            **AUTO,
            "app.py": APP.format("lifespan=lifespan"),
            "test_it.py": WITH_ASGI.format("app.router.lifespan_context(app), "),
        },
    ),
    Case(
        "AT822",
        {**AUTO, "test_it.py": STARLETTE.format("on_startup")},
        "unexpected keyword argument 'on_startup'",
        {**AUTO, "test_it.py": STARLETTE.format("routes")},
    ),
    Case(
        "AT822",
        {"test_it.py": ON_EVENT.format('app.on_event("startup")(print)') + "# testclient\n"},
        "on_event is deprecated",
        {"test_it.py": ON_EVENT.format("assert app") + "# testclient\n"},
        ("-W", "error::DeprecationWarning:test_it"),
    ),
    Case(
        "AT903",
        {**AUTO, "test_it.py": AIOHTTP.format("make")},
        "Unknown argument type",
        {**AUTO, "test_it.py": AIOHTTP.format("make()")},
    ),
    Case(
        "AT819",
        {
            "test_it.py": "from app import app\nfrom fastapi.testclient import TestClient\n\n\n"
            'def test_it():\n    TestClient(app).get("/", cookies={"a": "b"})\n',
            "app.py": APP.format(""),
        },
        "Setting per-request cookies",
        {
            "test_it.py": "from app import app\nfrom fastapi.testclient import TestClient\n\n\n"
            'def test_it():\n    client = TestClient(app)\n    client.cookies.set("a", "b")\n'
            '    client.get("/")\n',
            "app.py": APP.format(""),
        },
        ("-W", "error:Setting per-request cookies:DeprecationWarning"),
    ),
]


#: The plugins, both clients, and what catches their requests.
PACKAGES = (
    "fastapi>=0.165",
    "httpx2==2.*",
    "httpx==0.28.*",
    "pytest-aiohttp==1.1.*",
    "pytest-asyncio==1.5.*",
    "pytest-httpx==0.36.*",
    "pytest==9.2.*",
    "respx==0.23.*",
)


@pytest.fixture
def both_clients(environment_of: Callable[..., Environment]) -> Environment:
    """Return an environment with all that the suites need."""
    return environment_of(*PACKAGES)


@pytest.mark.one_in(12)
@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{case.code}-{n}") for n, case in enumerate(CASES)]
)
def test_a_suite_fails_as_the_rule_says_and_is_well_as_the_hint_says(
    case: Case, both_clients: Environment, tmp_path: Path
) -> None:
    bad, good = tmp_path / "bad", tmp_path / "good"
    lay_out(bad, case.bad)
    lay_out(good, case.good)
    done = both_clients.pytest(bad, *case.arguments)
    assert done.returncode != 0, done.stdout
    assert case.says in done.stdout
    assert finds(bad, case.code)
    assert_done(both_clients.pytest(good, *case.arguments))
    assert not finds(good, case.code)


# The page of AT816 has the same example.
@pytest.mark.full
def test_tests_on_httpx_move_to_httpx2_as_a_whole(
    both_clients: Environment, tmp_path: Path
) -> None:
    (tmp_path / "requirements.txt").write_text("pytest\nstarlette\nhttpx\nhttpx2\n")
    (tmp_path / "app.py").write_text(APP.format(""))
    test = tmp_path / "test_it.py"
    test.write_text(WITH_CLIENT.format("httpx"))
    assert both_clients.pytest(tmp_path).returncode == 1
    assert main(["migrate", str(tmp_path), "--unsafe", "--select", "AT816"]) == 0
    assert test.read_text() == WITH_CLIENT.format("httpx2")
    assert_done(both_clients.pytest(tmp_path))


# The case of AT813 shows how it warns, and an example on its page what the fix adds.
@pytest.mark.full
def test_the_added_httpx2_ends_the_warning_at_the_import(
    environment_of: Callable[..., Environment], tmp_path: Path
) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "it"\nversion = "1"\nrequires-python = ">=3.11"\n'
        'dependencies = ["starlette"]\n\n[dependency-groups]\ntest = ["pytest==9.2.*", "httpx"]\n'
    )
    (tmp_path / "test_it.py").write_text(
        "from starlette.applications import Starlette\n"
        "from starlette.testclient import TestClient\n\n\ndef test_it():\n"
        '    assert TestClient(Starlette()).get("/").status_code == 404\n'
    )

    def run_it() -> subprocess.CompletedProcess[str]:
        newest = environment_of(*declared(tmp_path))
        return newest.pytest(tmp_path, "-W", "error", "test_it.py")

    done = run_it()
    assert done.returncode != 0
    assert "install `httpx2` instead" in done.stdout
    assert main(["migrate", str(tmp_path), "--unsafe", "--select", "AT813"]) == 0
    assert_done(run_it())
