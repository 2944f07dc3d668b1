"""The rules are right: a suite that fails or lies under real pytest works after the fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from proofs import (
    FAILED,
    INTERNAL,
    INTERRUPTED,
    NEWEST,
    OK,
    USAGE,
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

MARKED = "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_it():\n    pass\n"
UNMARKED = "async def test_it():\n    pass\n"
SYNC = "def test_it():\n    pass\n"
#: Passes only where the fixture and the test share a loop.
ONE_LOOP = """\
import asyncio

import pytest
import pytest_asyncio


@pytest_asyncio.fixture{arguments}
async def loop_of_fixture():
    yield asyncio.get_running_loop()


@pytest.mark.asyncio
async def test_it(loop_of_fixture):
    assert loop_of_fixture is asyncio.get_running_loop()
"""
WIDE = ONE_LOOP.format(arguments='(scope="module")').replace(
    "    assert loop_of_fixture is asyncio.get_running_loop()", "    assert loop_of_fixture"
)
ANYIO = """\
import asyncio

import pytest


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
async def loop_of_fixture(anyio_backend):
    yield asyncio.get_running_loop()


@pytest.mark.anyio
async def test_it(loop_of_fixture):
    assert loop_of_fixture is asyncio.get_running_loop()
"""
SAME_IDS = (
    "import pytest\n\n\n@pytest.mark.parametrize('x', [1, 1], ids=['a', 'a'])\n"
    "def test_it(x):\n    pass\n"
)
#: coverage takes the lines after the first await for those of another function.
GREENLETS = """\
import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine


async def query(engine):
    async with engine.connect() as connection:
        return await connection.scalar(text("SELECT 1"))


@pytest.mark.asyncio
async def test_it(tmp_path):
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/it.db")
    assert await asyncio.gather(query(engine), query(engine), query(engine)) == [1, 1, 1]
    await engine.dispose()
"""
DECLARED = '[dependency-groups]\ntest = ["pytest>=9", "pytest-asyncio>=1.5", "pytest-timeout"]\n\n'


CASES = [
    Case(
        "AT101", {"pytest.ini": "[pytest]\nasyncio_mode = legacy\n", "test_it.py": UNMARKED}, USAGE
    ),
    Case(
        "AT102",
        {"pytest.ini": "[pytest]\naddopts = --asyncio-mode=legacy\n", "test_it.py": UNMARKED},
        USAGE,
    ),
    Case(
        "AT103",
        {
            "pyproject.toml": DECLARED + '[tool.pytest.ini_options]\nfilterwarnings = ["error"]\n',
            "test_it.py": WIDE,
        },
        INTERNAL,
    ),
    # A project on old Pythons cannot ask for a version that knows the setting.
    Case(
        "AT103",
        {
            "pyproject.toml": (
                '[project]\nrequires-python = ">=3.8"\n\n[dependency-groups]\n'
                'test = ["pytest", "pytest-asyncio~=0.21.1"]\n\n'
                '[tool.pytest.ini_options]\nfilterwarnings = ["error"]\n'
            ),
            "test_it.py": WIDE,
        },
        INTERNAL,
    ),
    Case(
        "AT104",
        {
            "pyproject.toml": DECLARED,
            "pytest.ini": "[pytest]\nasyncio_default_fixture_loop_scope = function\n",
            "test_it.py": WIDE,
        },
        FAILED,
    ),
    Case(
        "AT105",
        {
            "pyproject.toml": DECLARED,
            "pytest.ini": "[pytest]\nasyncio_default_fixture_loop_scope = session\n",
            "test_it.py": ONE_LOOP.format(arguments=""),
        },
        FAILED,
    ),
    Case(
        "AT105",
        {
            "pyproject.toml": DECLARED,
            "pytest.ini": "[pytest]\nasyncio_default_fixture_loop_scope = fixture-scope\n",
            "test_it.py": ONE_LOOP.format(arguments='(scope="session")'),
        },
        FAILED,
    ),
    Case(
        "AT106",
        {
            "pytest.ini": "[pytest]\nasyncio_default_fixture_loop_scope = Session\n",
            "test_it.py": MARKED,
        },
        USAGE,
    ),
    Case(
        "AT107",
        {"pytest.ini": "[pytest]\nasyncio_mode = auto  # all\n", "test_it.py": UNMARKED},
        USAGE,
    ),
    Case("AT107", {"pytest.ini": "[pytest]\ntimeout = 30 # s\n", "test_it.py": SYNC}, INTERNAL),
    Case("AT110", {"pytest.ini": "[pytest]\nasyncio_mod = auto\n", "test_it.py": UNMARKED}, FAILED),
    Case("AT113", {"pytest.ini": "[pytest]\nasyncio_mode = auto\n", "test_it.py": ANYIO}, FAILED),
    Case(
        "AT118", {"pytest.ini": "[pytest]\naddopts = --aiohttp-fast\n", "test_it.py": SYNC}, USAGE
    ),
    Case("AT202", {"setup.cfg": "[pytest]\naddopts = -q\n", "test_it.py": SYNC}, FAILED),
    Case(
        "AT203",
        {"pytest.ini": "[tool:pytest]\nasyncio_mode = auto\n", "test_it.py": UNMARKED},
        FAILED,
    ),
    Case(
        "AT221",
        {
            "pyproject.toml": '[tool.pytest-asyncio]\nasyncio_mode = "auto"\n',
            "test_it.py": UNMARKED,
        },
        FAILED,
    ),
    Case(
        "AT205",
        {
            "pyproject.toml": (
                '[tool.pytest]\nasyncio_mode = "auto"\n\n'
                '[tool.pytest.ini_options]\naddopts = "-q"\n'
            ),
            "test_it.py": UNMARKED,
        },
        USAGE,
    ),
    Case("AT206", {"pytest.toml": '[pytest]\naddopts = "-q"\n', "test_it.py": SYNC}, USAGE),
    Case("AT207", {"pytest.toml": "[pytest]\ntimeout = 30\n", "test_it.py": SYNC}, USAGE),
    Case("AT208", {"pytest.toml": 'asyncio_mode = "auto"\n', "test_it.py": UNMARKED}, USAGE),
    Case(
        "AT211",
        {
            "pytest.ini": (
                "[pytest]\nfilterwarnings =\n    error::pytest.PytestUnhandledCoroutineWarning\n"
                "    ignore:nothing\n"
            ),
            "test_it.py": SYNC,
        },
        USAGE,
    ),
    Case("AT212", {"pytest.ini": "[pytest]\naddopts = --strict\n", "test_it.py": SAME_IDS}, 2),
    Case(
        "AT217",
        {
            "tests/async_guard.py": (
                "import sys\n\nimport pytest\n\n\n"
                '@pytest.hookimpl(specname="pytest_configure")\n'
                "def pytest_async_guard(config):\n"
                "    if not config.pluginmanager.is_registered(sys.modules[__name__]):\n"
                "        config.pluginmanager.register(sys.modules[__name__])\n\n\n"
                "def pytest_terminal_summary(terminalreporter):\n"
                '    terminalreporter.write_line("the guard is here")\n\n\n'
                "@pytest.hookimpl(optionalhook=True)\n"
                "def pytest_timeout_set_timer(settings):\n    pass\n"
            ),
            "tests/conftest.py": "import pytest\n\n\n@pytest.fixture\ndef one():\n    return 1\n",
            "tests/test_it.py": "def test_it(one):\n    pass\n",
        },
        OK,
        says="the guard is here",
    ),
    Case(
        "AT218",
        {
            "pytest.ini": "[pytest]\nasyncio_mode = auto\ntestpaths = shop\naddopts = -v\n",
            "shop/test_it.py": SYNC,
            "tests/test_event_loop.py": (
                f'"""The contract of the pytest configuration."""\n\n{UNMARKED}'
            ),
        },
        OK,
        says="tests/test_event_loop.py::",
    ),
    Case("AT302", {"pytest.ini": "[pytest]\ntimeout = 30s\n", "test_it.py": SYNC}, INTERNAL),
    Case(
        # Here the lie is that it passes.
        "AT216",
        {
            "pytest.ini": (
                "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
            ),
            "test_it.py": (
                "async def fetch():\n    return 1\n\n\nasync def test_it():\n    fetch()\n"
            ),
        },
        OK,
        FAILED,
    ),
    Case(
        "AT112",
        {"pytest.ini": "[pytest]\n", "test_it.py": UNMARKED},
        FAILED,
        flags=("--mode", "auto"),
    ),
    Case(
        "AT115",
        {
            "pytest.ini": "[pytest]\nanyio_mode = Auto\n",
            "test_it.py": UNMARKED,
        },
        FAILED,
    ),
    Case(
        "AT120",
        {
            "pytest.ini": (
                "[pytest]\nstrict_markers = true\nmarkers =\n    asyncio: async tests\n"
                "    ours: fast\n"
            ),
            "test_it.py": MARKED + "\n\n@pytest.mark.ours\ndef test_b():\n    pass\n",
        },
        OK,
    ),
    Case(
        "AT122",
        {"pytest.ini": "[pytest]\nasyncio_mode = strict\n", "test_it.py": UNMARKED},
        FAILED,
        flags=("--mode", "auto"),
    ),
    Case(
        "AT123",
        {
            "pytest.ini": "[pytest]\naddopts = -q\n",
            ".copier-answers.yml": "backend: anyio\nloop_scope: function\nmode: auto\n",
            "test_it.py": UNMARKED,
        },
        FAILED,
    ),
    Case(
        "AT209",
        {
            "pyproject.toml": '[tool.pytest.ini_options]\nasyncio_mode = ["auto"]\n',
            "test_it.py": UNMARKED,
        },
        USAGE,
    ),
    Case(
        # 9.0.0 collects the test and passes it: options in addopts come too late.
        "AT213",
        {
            "requirements.txt": "pytest>=9.0\n",
            "pytest.ini": "[pytest]\naddopts = --strict-config\nno_such_setting = 1\n",
            "test_it.py": SYNC,
        },
        OK,
        USAGE,
        declared=True,
    ),
    Case(
        "AT406",
        {
            "requirements.txt": "pytest>=9.0\n",
            "tests/async_guard.py": (
                "from pytest_timeout import is_debugging\n\n\n"
                "def pytest_fixture_setup(fixturedef):\n    pass\n\n\n"
                "def pytest_timeout_set_timer(settings):\n    pass\n"
            ),
            "tests/conftest.py": 'pytest_plugins = ["async_guard"]\n',
            "tests/test_it.py": SYNC,
        },
        FAILED,
        declared=True,
    ),
    Case(
        "AT222",
        {
            "requirements.txt": "pytest-asyncio>=1\n",
            "pytest.ini": "[pytest]\nasyncio_mode = auto\nusefixtures = event_loop\n",
            "test_it.py": UNMARKED,
        },
        FAILED,
    ),
    Case(
        "AT222",
        {
            "requirements.txt": "pytest-asyncio\n",
            "pytest.ini": "[pytest]\nasyncio_mode = auto\nusefixtures = event_loop\n",
            "test_it.py": UNMARKED,
        },
        FAILED,
        unsafe=True,
    ),
    Case(
        "AT301",
        {
            "pytest.ini": "[pytest]\naddopts = --timeout=9 --timeout_method=signal\n",
            "test_it.py": SYNC,
        },
        OK,
    ),
    Case(
        "AT303",
        {
            "pytest.ini": "[pytest]\ntimeout = 1\ntimeout_method = thread\n",
            "test_it.py": (
                "import time\n\n\ndef test_a():\n    time.sleep(9)\n\n\ndef test_b():\n    pass\n"
            ),
        },
        FAILED,
        FAILED,
        says="1 failed, 1 passed",
    ),
    Case(
        # 2.4 takes it for no timeout, and 2.5 was withdrawn for such things.
        "AT305",
        {
            "requirements.txt": "pytest>=9.2\npytest-timeout==2.5.0\n",
            "pytest.ini": "[pytest]\ntimeout =\n",
            "test_it.py": SYNC,
        },
        USAGE,
        declared=True,
    ),
    Case(
        # It would wait for ever.
        "AT306",
        {
            "requirements.txt": "pytest-asyncio\npytest-timeout\n",
            "pytest.ini": "[pytest]\nasyncio_mode = auto\n",
            "test_it.py": "import asyncio\n\n\nasync def test_it():\n    await asyncio.sleep(3)\n",
        },
        OK,
        FAILED,
        flags=("--timeout", "1"),
    ),
    # These change what a repository declares: the oldest versions that it allows run the tests.
    Case(
        "AT407",
        {
            "requirements.txt": "pytest>=9.2\ntornado==6.3.3\n",
            "test_it.py": (
                "from tornado.testing import AsyncTestCase, gen_test\n\n\n"
                "class TestIt(AsyncTestCase):\n    @gen_test\n"
                "    async def test_it(self):\n        pass\n"
            ),
        },
        INTERRUPTED,
        declared=True,
    ),
    Case(
        "AT108",
        {
            "requirements.txt": "pytest-asyncio>=1.2\n",
            "pytest.ini": "[pytest]\nasyncio_default_fixture_loop_scope = fixture-scope\n",
            "test_it.py": WIDE,
        },
        USAGE,
        declared=True,
    ),
    Case(
        "AT109",
        {
            "requirements.txt": "pytest-asyncio>=0.25.3\n",
            "pytest.ini": (
                "[pytest]\nasyncio_default_fixture_loop_scope = session\n"
                "asyncio_default_test_loop_scope = session\n"
            ),
            "test_it.py": ONE_LOOP.format(arguments=""),
        },
        FAILED,
        declared=True,
    ),
    Case(
        "AT121",
        {
            "requirements.txt": "pytest>=9.2\n",
            "pytest.ini": "[pytest]\nasyncio_mode = auto\n",
            "test_it.py": UNMARKED,
        },
        FAILED,
        declared=True,
    ),
    Case(
        "AT219",
        {
            "requirements.txt": (
                "aiosqlite==0.21.*\npytest==9.2.*\npytest-asyncio==1.5.*\npytest-cov==7.1.*\n"
                "sqlalchemy[asyncio]==2.0.*\n"
            ),
            "pytest.ini": "[pytest]\naddopts = --cov=. --cov-fail-under=100\n",
            # What Python 3.14 takes for another reason, such as contexts.
            ".coveragerc": "[run]\ncore = ctrace\n",
            "test_it.py": GREENLETS,
        },
        FAILED,
        declared=True,
    ),
    Case(
        "AT401",
        {
            "requirements.txt": "pytest>=8.4\npytest-asyncio==0.23.8\n",
            "test_it.py": ONE_LOOP.format(arguments='(scope="module")').replace(
                "mark.asyncio", 'mark.asyncio(loop_scope="module")'
            ),
        },
        FAILED,
        declared=True,
    ),
    Case(
        # Before, the test is only skipped.
        "AT402",
        {
            "requirements.txt": "pytest>=8.2,<8.4\npytest-asyncio>=0.26\n",
            "test_it.py": UNMARKED,
        },
        OK,
        FAILED,
        declared=True,
    ),
    Case(
        "AT403",
        {"requirements.txt": "pytest>=9.2\n", "test_it.py": MARKED},
        FAILED,
        declared=True,
    ),
    Case(
        "AT223",
        {
            "requirements.txt": "pytest>=9.2\npytest-html==3.1.1\n",
            "test_it.py": "def test_it():\n    pass\n",
        },
        INTERNAL,
        declared=True,
    ),
    Case(
        "AT231",
        {
            "requirements.txt": (
                "aiosqlite>=0.22\npytest>=9.2\npytest-asyncio>=1.5\nsqlalchemy>=2.1\n"
            ),
            "test_it.py": (
                "import pytest\nfrom sqlalchemy.ext.asyncio import create_async_engine\n\n\n"
                "@pytest.mark.asyncio\nasync def test_it():\n"
                "    engine = create_async_engine('sqlite+aiosqlite://')\n"
                "    async with engine.connect():\n        pass\n    await engine.dispose()\n"
            ),
        },
        declared=True,
    ),
    Case(
        "AT408",
        {
            "requirements.txt": "aresponses==2.1.4\npytest>=9.2\npytest-asyncio>=1.5\n",
            "test_it.py": (
                "import aiohttp\nimport pytest\n\n\n@pytest.mark.asyncio\n"
                "async def test_it(aresponses):\n"
                "    aresponses.add('it.example', '/', 'GET', aresponses.Response(text='it'))\n"
                "    async with aiohttp.ClientSession() as session:\n"
                "        async with session.get('http://it.example/') as response:\n"
                "            assert await response.text() == 'it'\n"
            ),
        },
        FAILED,
        declared=True,
    ),
]


@pytest.mark.parametrize("case", parameters(CASES))
def test_what_a_rule_says_is_what_pytest_does(
    case: Case, environment_of: Callable[..., Environment], tmp_path: Path
) -> None:
    prove(case, tmp_path, environment_of)


@pytest.mark.full
def test_warnings_as_errors_stop_neither_version_after_the_safe_fix(
    tmp_path: Path, environment_of: Callable[..., Environment]
) -> None:
    suite = {
        "requirements.txt": "pytest-asyncio\n",
        "pytest.ini": "[pytest]\nfilterwarnings =\n    error\n",
        "test_it.py": MARKED,
    }
    lay_out(tmp_path, suite)
    newest = environment_of(*NEWEST)
    old = environment_of("pytest-asyncio==0.21.2", "pytest==8.1.*")
    statuses = [environment.pytest(tmp_path).returncode for environment in (newest, old)]
    assert statuses == [INTERNAL, OK]
    migrate(tmp_path, "AT103", unsafe=False)
    statuses = [environment.pytest(tmp_path).returncode for environment in (newest, old)]
    assert statuses == [OK, OK]
