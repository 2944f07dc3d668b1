"""Which files among the tests count as data of them: nothing loads them, and they hold no test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from async_test_template.desired import Desired
from async_test_template.rules import load
from made_rules import make_plan

if TYPE_CHECKING:
    from pathlib import Path

OLD = "import asyncio\n\n\n@asyncio.coroutine\ndef fetch():\n    yield\n"
LIKE_TESTS = (
    "\n\nimport pytest\n\n\n@pytest.fixture\ndef one():\n    return 1\n\n\n"
    "def test_it(one):\n    pass\n"
)
LOADED = {
    "imported": {"tests/test_it.py": "from tests.data.old import fetch\n"},
    "imported from its folder": {"tests/test_it.py": "from tests.data import fetch, old\n"},
    "imported over lines": {
        "tests/test_it.py": "from tests.data import (\n    new,\n    old,\n)\n"
    },
    "named as a plugin": {"tests/conftest.py": 'pytest_plugins = ["tests.data.old"]\n'},
    "loaded with -p": {"pytest.ini": "[pytest]\naddopts = -p tests.data.old\n"},
    "an entry point": {
        "pyproject.toml": '[project]\nname = "demo"\n\n[project.entry-points.pytest11]\n'
        'demo = "tests.data.old"\n'
    },
    "found in a folder": {
        "tests/conftest.py": "from glob import glob\n\n"
        'pytest_plugins = [name[:-3].replace("/", ".") for name in glob("tests/data/*.py")]\n'
    },
    "run as a program": {"tests/test_it.py": 'run([sys.executable, "tests/data/old.py"])\n'},
    "imported by a call": {"tests/test_it.py": 'old = importlib.import_module("old")\n'},
    "a script": {"tests/data/old.py": f'{OLD}\n\nif __name__ == "__main__":\n    fetch()\n'},
    "a file with tests": {"tests/data/old.py": f"{OLD}\n\nclass It(TestCase):\n    pass\n"},
    "a file that looks like tests": {"tests/data/old.py": f"{OLD}{LIKE_TESTS}"},
    "a test file": {"tests/data/old.py": "", "tests/test_old.py": OLD},
}
DATA = {
    "nothing mentions it": {"tests/test_it.py": "def test_it():\n    pass\n"},
    "a test reads it": {"tests/test_it.py": 'def test_it():\n    assert formatted("old")\n'},
    "a word in a line": {"tests/test_it.py": "old = 1\nprint(old, 2)\n"},
    "it looks like tests, whose folder a test reads": {
        "tests/data/old.py": f"{OLD}{LIKE_TESTS}",
        "tests/test_it.py": 'def test_it():\n    assert [*Path("tests", "data").iterdir()]\n',
    },
}


def _finds(root: Path, files: dict[str, str]) -> bool:
    for name, text in {"tests/data/old.py": OLD, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return bool(make_plan(root, Desired(), (load("AT921"),), frozenset()).left)


@pytest.mark.parametrize("files", LOADED.values(), ids=LOADED)
def test_a_file_that_something_loads_is_looked_at(files: dict[str, str], tmp_path: Path) -> None:
    assert _finds(tmp_path, files)


@pytest.mark.parametrize("files", DATA.values(), ids=DATA)
def test_a_file_that_nothing_loads_is_data(files: dict[str, str], tmp_path: Path) -> None:
    assert not _finds(tmp_path, files)
