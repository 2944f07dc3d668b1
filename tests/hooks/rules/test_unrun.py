"""Async tests that nothing runs are reported, and no others (AT112)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from async_test_template.desired import Desired
from async_test_template.rules import load
from made_rules import make_plan

if TYPE_CHECKING:
    from pathlib import Path

DECLARED = {"requirements.txt": "pytest\npytest-asyncio\n", "pytest.ini": "[pytest]\n"}
MARKED = "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_a(): ...\n\n\n"
UNMARKED = "async def test_b(): ...\n"
IN_CLASS = "class TestIt({}):\n    async def test_b(self): ...\n"

UNRUN = {
    "strict mode is set": {
        "pytest.ini": "[pytest]\nasyncio_mode = strict\n",
        "test_it.py": MARKED + UNMARKED,
    },
    "no plugin is declared": {"requirements.txt": "pytest\npytest-cov\n", "test_it.py": UNMARKED},
    "a base class without a mark, in another file": {
        "base.py": "class Base:\n    port = 1\n",
        "test_it.py": "from base import Base\n\n\n" + IN_CLASS.format("Base"),
    },
    "a test that is inherited from another file": {
        "base.py": "class Base:\n    async def test_b(self): ...\n",
        "test_it.py": "from base import Base\n\n\nclass TestIt(Base):\n    pass\n",
    },
    "a mark that is no runner is appended": {
        "test_it.py": (
            "import pytest\n\npytestmark = []\npytestmark.append(pytest.mark.slow)\n\n\n" + UNMARKED
        )
    },
    "another name for tests": {
        "pytest.ini": "[pytest]\npython_functions = it_*\npython_classes = Describe\n",
        "test_it.py": "class DescribeIt:\n    async def it_works(self): ...\n",
    },
    "a file that a command line names": {
        "tox.ini": "[testenv]\ncommands = pytest shop/checks.py\n",
        "shop/checks.py": "import pytest\n\n\n" + UNMARKED,
    },
    "a file that is nearly named like one": {"shop/tests.py": "import pytest\n\n\n" + UNMARKED},
    "a file of tests below a folder that only the command line names": {
        "pytest.ini": "[pytest]\ntestpaths = tests/unit\n",
        "Makefile": "all:\n\tpytest tests/live\n",
        "tests/live/test_it.py": UNMARKED,
    },
}

RUN = {
    "a mark is appended": {
        "test_it.py": (
            "import pytest\n\npytestmark = [pytest.mark.slow]\n"
            "pytestmark.append(pytest.mark.asyncio)\n\n\n" + UNMARKED
        )
    },
    "marks are extended": {
        "test_it.py": (
            "import pytest\n\npytestmark = []\npytestmark += [pytest.mark.asyncio]\n\n\n" + UNMARKED
        )
    },
    "marks come from elsewhere": {"test_it.py": "from marks import pytestmark\n\n\n" + UNMARKED},
    "one of the marks comes from elsewhere": {
        "test_it.py": "from marks import ALL\n\npytestmark = [*ALL]\n\n\n" + UNMARKED
    },
    "a marked base class in another file": {
        "test_it.py": "",
        "tests/base.py": (
            "import pytest\n\n\n@pytest.mark.asyncio\nclass Base: ...\n\n\nclass Next(Base): ...\n"
        ),
        "tests/test_it.py": "from .base import Next as Base\n\n\n" + IN_CLASS.format("Base"),
    },
    "a base class of a package": {
        "test_it.py": "from package import Base\n\n\n" + IN_CLASS.format("Base")
    },
    "a class that is made by a call": {"test_it.py": IN_CLASS.format("make()")},
    "an unknown decorator of the class": {
        "test_it.py": "from package import run\n\n\n@run\n" + IN_CLASS.format("object")
    },
    "AnyIO's backend, through a fixture": {
        "test_it.py": (
            "import pytest\n\n\n@pytest.fixture\ndef port(anyio_backend): ...\n\n\n"
            "async def test_b(port): ...\n"
        )
    },
    "AnyIO's backend for every test": {
        "conftest.py": (
            "import pytest\n\n\n@pytest.fixture(autouse=True)\ndef anyio_backend(): ...\n"
        )
    },
    "a checker of types reads it": {
        "test_it.py": (
            "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n\n    async def test_b(): ...\n"
        )
    },
    "another plugin": {"requirements.txt": "pytest\npytest-tornasync\n"},
    "an unknown plugin": {"requirements.txt": "pytest\nacme-pytest\n"},
    "a plugin that is named in conftest.py": {
        "requirements.txt": "pytest\n",
        "conftest.py": "pytest_plugins = ['acme']\n",
    },
    "nothing declared, and a library with tests of its own kind": {
        "requirements.txt": "",
        "test_it.py": "import tornado\n\n\n" + UNMARKED,
    },
    "a skipped test": {
        "test_it.py": "import pytest\n\n\n@pytest.mark.skip\nasync def test_b(): ...\n"
    },
    "__test__ of the class": {"test_it.py": IN_CLASS.format("object") + "    __test__ = False\n"},
    "__test__ of the file": {"test_it.py": "__test__ = False\n" + UNMARKED},
    "a class with a constructor": {
        "test_it.py": IN_CLASS.format("object") + "    def __init__(self): ...\n"
    },
    "another name for tests": {"pytest.ini": "[pytest]\npython_functions = it_*\n"},
    "a folder that is not recursed into": {
        "pytest.ini": "[pytest]\nnorecursedirs = old*\n",
        "old_ones/test_it.py": UNMARKED,
        "test_it.py": "",
    },
    "a folder outside of testpaths": {
        "pytest.ini": "[pytest]\ntestpaths = tests\n",
        "test_it.py": UNMARKED,
    },
    "--ignore": {"pytest.ini": "[pytest]\naddopts = --ignore=test_it.py\n"},
    "collect_ignore": {"conftest.py": "collect_ignore = ['test_it.py']\n"},
    "collect_ignore_glob": {"conftest.py": "collect_ignore_glob = ['test_*']\n"},
    "a module that others import their tests from": {
        "test_it.py": "",
        "tests/my_tests.py": "import pytest\n\n\n" + UNMARKED,
        "tests/test_it.py": (
            "import pytest\nfrom .my_tests import test_b\n\npytestmark = pytest.mark.asyncio\n"
        ),
    },
}


def told(root: Path, files: dict[str, str]) -> list[str]:
    for name, text in {**DECLARED, **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return [f.message for f in make_plan(root, Desired(), [load("AT112")], frozenset()).left]


@pytest.mark.parametrize("files", UNRUN.values(), ids=UNRUN)
def test_a_test_that_nothing_runs_is_told(files: dict[str, str], tmp_path: Path) -> None:
    (message,) = told(tmp_path, files)
    assert "test_b" in message or "it_works" in message


@pytest.mark.parametrize("files", RUN.values(), ids=RUN)
def test_a_test_that_something_may_run_is_not(files: dict[str, str], tmp_path: Path) -> None:
    assert told(tmp_path, {"test_it.py": UNMARKED, **files}) == []
