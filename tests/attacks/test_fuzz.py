"""Generated repositories: no traceback, nothing broken, and a second run changes nothing.

FUZZ_ROUNDS says how many are tried, FUZZ_SEED which, and FUZZ_SEEDS names folders of repositories
to build them from, in addition to the rules' own examples.
"""

from __future__ import annotations

import os
import random
from functools import cache
from typing import TYPE_CHECKING

import pytest
from fuzzing import Files, answers, broken, folders_of_more, repository, seeds
from real_code import in_real_code

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

#: How many are tried at each run of the tests.
ROUNDS = int(os.environ.get("FUZZ_ROUNDS", "240"))
SEED = os.environ.get("FUZZ_SEED", "1")
#: So that several processes share the work.
PARTS = 8


@cache
def known() -> list[Files]:
    return seeds(folders_of_more())


@pytest.mark.one_in(9)
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.timeout(max(900, ROUNDS * 2))
def test_a_second_run_changes_nothing_and_nothing_breaks(part: int, tmp_path: Path) -> None:
    for number in range(part, ROUNDS, PARTS):
        choose = random.Random(f"{SEED}:{number}")  # noqa: S311 - not for secrets
        files = repository(choose, known())
        found = list(broken(tmp_path / "it", files, answers(choose)))
        assert not found, (number, files, [(one.arguments, one.what) for one in found])


@pytest.mark.one_in(9)
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.timeout(max(900, ROUNDS * 2))
def test_findings_in_real_code_end_in_no_fault(part: int, tmp_path: Path) -> None:
    for number in range(part, ROUNDS // 4, PARTS):
        choose = random.Random(f"{SEED}:{number}")  # noqa: S311 - not for secrets
        files = in_real_code(choose, known())
        found = list(broken(tmp_path / "it", files, answers(choose)))
        assert not found, (number, [(one.arguments, one.what[-3000:]) for one in found])


WIDE = (
    b'import pytest_asyncio\n\n\n@pytest_asyncio.fixture(scope="session")\n'
    b"async def it():\n    yield\n"
)
ON_ANYIO = (
    b"import pytest\n\n\n@pytest.fixture\nasync def client():\n    yield 1\n\n\n"
    b"@pytest.mark.anyio\nasync def test_it(client):\n    assert client\n"
)
ADDED = (
    b"import pytest\n\n\ndef pytest_collection_modifyitems(items):\n    for item in items:\n"
    b'        item.add_marker(pytest.mark.asyncio(loop_scope="session"))\n'
)
GUARD = WIDE + b"\n\ndef pytest_timeout_set_timer(): ...\n"
FOUND: dict[str, tuple[Files, tuple[str, ...]]] = {
    "a shadowed file of pytest's own without its section": (
        {"pytest.ini": b"[pytest]\n", ".pytest.ini": b"", "tox.ini": b"[tox]\n"},
        (),
    ),
    "a shadowed TOML file of pytest's own without its table": (
        {"pytest.toml": b"[pytest]\n", ".pytest.toml": b"", "setup.cfg": b"[tool:pytest]\n"},
        (),
    ),
    "a conftest.py for a fixture that no Python can parse": (
        {"conftest.py": b"    return 1\n", "test_it.py": ON_ANYIO, "requirements.txt": b"anyio\n"},
        (),
    ),
    "a file that asks for the current loop and that no Python can parse": (
        {
            "app.py": b"\tloop = asyncio.get_event_loop()\n",
            "test_it.py": (
                b"import pytest\nfrom aiohttp import web\n\n\n@pytest.mark.asyncio\n"
                b"async def test_other():\n    pass\n\n\ndef test_it(loop):\n    loop.time()\n"
            ),
        },
        (),
    ),
    "a conftest.py beside the guard that no Python can parse": (
        {"tests/async_guard.py": GUARD, "tests/conftest.py": b"    x = (\n"},
        (),
    ),
    "a conftest.py beside the guard that is no text, and not about async": (
        {"tests/async_guard.py": GUARD, "tests/conftest.py": b"X = '\xff'\n"},
        (),
    ),
    "a line of requirements that ends the file and goes on": (
        {
            "requirements-test.txt": b"pytest\npytest-asyncio>=1.2  # loops \\\n",
            "test_it.py": b"from fastapi.testclient import TestClient\n",
        },
        (),
    ),
    "a byte order mark that ends a file in which an option is added": (
        {"pytest.ini": b"[pytest]\nasyncio_default_it = auto\xef\xbb\xbf"},
        (),
    ),
    "names that no file can have": (
        {
            "pytest.ini": b"[pytest]\ntestpaths = %s /*.x **x a**\n" % (b"9" * 5000),
            "pyproject.toml": b"[tool.isort]\nsrc_paths = ['%s']\n" % (b"9" * 5000),
            "requirements.txt": b"-r %s\npytest\n" % (b"9" * 5000),
            "tox.ini": b"[testenv]\ncommands = pytest -c %s x\n" % (b"9" * 5000),
            "tests/test_event_loop.py": b'"""The contract of the pytest configuration: it."""\n',
            "tests/test_it.py": (
                b"import asyncio\nimport %s\n\n\nasync def test_it(event_loop):\n"
                b"    event_loop.time()\n" % (b"a" * 300)
            ),
        },
        (),
    ),
    "names of files with a NUL": (
        {
            "pytest.toml": b'[pytest]\ntestpaths = ["a\\u0000", "b\\u0000*", "c"]\n',
            "tests/test_event_loop.py": b'"""The contract of the pytest configuration: it."""\n',
        },
        (),
    ),
    "a package to add before one to raise": (
        {
            "pyproject.toml": (
                b'[project]\nrequires-python = ">=3.9"\n\n[dependency-groups]\n'
                b'test = ["pytest", "pytest-asyncio ~=0.21"]\n'
            ),
            "pytest.ini": b"[pytest]\nanyio_mode = auto\n",
            "conftest.py": b"from fastapi.testclient import TestClient\n",
        },
        (),
    ),
    "a function that is a fixture twice, once with a loop": (
        {
            "conftest.py": WIDE.replace(
                b"async", b'@pytest_asyncio.fixture(scope="session", loop_scope="session")\nasync'
            ),
            "requirements.txt": b"pytest-asyncio>=1.2\n",
            "pytest.ini": (
                b"[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
            ),
        },
        (),
    ),
    "auto mode asked for, and strict mode better for AnyIO's tests": (
        {"test_it.py": ON_ANYIO, "pytest.ini": b"[pytest]\nasyncio_mode = strict\n"},
        ("--mode", "auto"),
    ),
    "strict mode asked for, and a hook that needs auto mode": (
        {"conftest.py": ADDED},
        ("--mode", "strict"),
    ),
    "a loop asked for that is narrower than a fixture": (
        {"conftest.py": WIDE, "pytest.ini": b"[pytest]\n"},
        ("--loop-scope", "class"),
    ),
    "a loop asked for that is narrower than a fixture, and a test in a narrower one": (
        {
            "test_it.py": WIDE + b"\n\nasync def test_it(it):\n    pass\n",
            "pytest.ini": (
                b"[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
            ),
        },
        ("--loop-scope", "class"),
    ),
    "a loop asked for, and no file that holds pytest's configuration": (
        {
            "test_it.py": WIDE + b"\n\n@pytest.mark.asyncio\nasync def test_it(it):\n    pass\n",
            "pyproject.toml": b'[dependency-groups]\ntest = ["pytest-asyncio>=1.3"]\n',
        },
        ("--loop-scope", "class"),
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_was_found_stays_mended(name: str, tmp_path: Path) -> None:
    files, given = FOUND[name]
    assert not list(broken(tmp_path / "it", files, given))
