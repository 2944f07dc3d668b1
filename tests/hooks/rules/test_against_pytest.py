"""The rules tell the truth: a suite that fails or lies under real pytest is well after the fix."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from async_test_template.cli import main

if TYPE_CHECKING:
    from pathlib import Path

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
DECLARED = '[dependency-groups]\ntest = ["pytest>=9", "pytest-asyncio>=1.5", "pytest-timeout"]\n\n'
OK, FAILED, INTERRUPTED, INTERNAL, USAGE = range(5)


@dataclass(frozen=True)
class Case:
    """A suite, and pytest's exit status before and after."""

    code: str
    files: dict[str, str]
    before: int
    after: int = OK


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
]


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build an environment with the plugins as they are today."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
    python = folder / "bin" / "python"
    plugins = ["pytest==9.2.*", "pytest-asyncio==1.5.*", "pytest-timeout==2.4.*", "anyio>=4.12"]
    subprocess.run(
        ["uv", "pip", "install", "--quiet", "--python", str(python), *plugins], check=True
    )
    return python


def run_pytest(python: Path, root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(python), "-m", "pytest", "-p", "no:cacheprovider"],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("case", CASES, ids=[f"{case.code}-{n}" for n, case in enumerate(CASES)])
def test_what_a_rule_says_is_what_pytest_does(case: Case, python: Path, tmp_path: Path) -> None:
    for name, text in case.files.items():
        (tmp_path / name).write_text(text)
    first = run_pytest(python, tmp_path)
    assert first.returncode == case.before, first.stdout + first.stderr
    main(["migrate", str(tmp_path), "--unsafe", "--select", case.code])
    second = run_pytest(python, tmp_path)
    assert second.returncode == case.after, second.stdout + second.stderr
    assert main(["check", str(tmp_path), "--select", case.code]) == 0
