"""Imports that ruff finds in order are in order after every fix."""

from __future__ import annotations

import random
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from async_test_template.desired import Desired
from async_test_template.findings import Tier
from async_test_template.rules import CODES, load, page_of
from async_test_template.rules.pages import read_page
from made_rules import make_plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from async_test_template.rules.pages import Example

pytestmark = pytest.mark.slow

ALL = tuple(map(load, CODES))
EVERYTHING = frozenset(Tier)
STRICT = "[pytest]\nasyncio_mode = strict\nasyncio_default_fixture_loop_scope = function\n"
LAZY = sys.version_info >= (3, 15)
REQUIREMENTS = "pytest>=9\npytest-asyncio>=1.5\npytest-timeout>=2.4\n"


def out_of_order(folder: Path, *options: str) -> set[str]:
    """Return the files below a folder that ruff would sort, as paths from there."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "ruff", "check", "--no-cache", "--quiet", "--select", "I"),
            *("--output-format", "concise", *options, "."),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
    return {line.partition(":")[0] for line in done.stdout.splitlines() if "I001" in line}


def write(folder: Path, files: Iterable[tuple[str, str | bytes]]) -> None:
    for name, content in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content if isinstance(content, bytes) else content.encode()
        path.write_bytes(data)


def migrate(folder: Path) -> set[str]:
    """Make all fixes, and return the Python files that change."""
    plan = make_plan(folder, Desired(), ALL, EVERYTHING)
    assert not plan.faults
    write(folder, plan.after.items())
    return {name for name in plan.after if name.endswith(".py")}


def examples() -> Iterator[tuple[str, Example]]:
    for rule in ALL:
        for number, example in enumerate(read_page(page_of(rule.code)).invalid):
            if any(name.endswith(".py") for name in example.after):
                yield f"{rule.code}_{number}", example


def test_what_the_examples_bring_in_order_stays_in_order(tmp_path: Path) -> None:
    for name, example in examples():
        write(tmp_path / name, example.before.items())
    unsorted = {name.partition("/")[0] for name in out_of_order(tmp_path, "--isolated")}
    assert len(unsorted) < 20
    for name, example in examples():
        write(tmp_path / name, example.after.items())
    after = {name.partition("/")[0] for name in out_of_order(tmp_path, "--isolated")}
    assert after <= unsorted


#: Each adds or removes an import: pytest becomes pytest_asyncio, asyncio is added, mock renamed ...
BODIES = [
    "@pytest.fixture\nasync def one():\n    return 1\n",
    "@pytest.fixture\nasync def one(x=pytest):\n    return 1\n",
    "@pytest.mark.asyncio\nasync def test_it(event_loop):\n    event_loop.call_soon(print)\n",
    "def test_it():\n    assert not asyncio.iscoroutinefunction(len)\n",
    "@pytest.fixture\ndef event_loop():\n    loop = asyncio.new_event_loop()\n    yield loop\n",
    "async def get(app):\n    async with httpx.AsyncClient(app=app) as it:\n        return it\n",
    "@pytest.mark.asyncio\nasync def test_it():\n    async with timeout(1):\n        pass\n",
    "class TestIt(TestCase):\n    async def test_it(self):\n        pass\n",
]
NEEDS = {
    "pytest": "import pytest",
    "asyncio": "import asyncio",
    "httpx": "import httpx",
    "timeout": "from async_timeout import timeout",
    "TestCase": "from unittest import TestCase",
}
OTHERS = [
    "from __future__ import annotations",
    "import re",
    "import os as system",
    "import PIL",
    "import anyio  # noqa: F401",
    "import pkg",
    "from unittest.mock import AsyncMock, patch",
    "from unittest.mock import patch as p",
    "from collections.abc import (\n    Callable,\n    Iterator,\n)",
    "from pytest_httpx import HTTPXMock",
    "from pkg import module10, module2",
    "from pkg.app import A, CONSTANT, b",
    "from tests.helpers import a",
    "from . import helpers",
    "from .helpers import a as b",
    "# what it is for\nfrom zope import interface",
    "try:\n    import ujson\nexcept ImportError:\n    ujson = None",
    "if TYPE_CHECKING:\n    from pkg import C",
    "import sys\n\nsys.path.insert(0, '.')",
]
HEADS = ["", '"""It."""\n\n', "#!/usr/bin/env python\n# Copyright.\n"]
TAILS = ["", "LIMIT = 1\n\n\n", "# What follows.\n", "pytestmark = []\n\n\n"]


def layouts(seed: int, number: int) -> Iterator[tuple[str, str]]:
    """Yield test files with all kinds of imports."""
    choice = random.Random(seed)  # noqa: S311 - no secret
    for index in range(number):
        body = choice.choice(BODIES)
        needed = [line for name, line in NEEDS.items() if name in body]
        others = choice.sample(OTHERS, choice.randint(0, 5))
        tail = choice.choice(TAILS)
        text = "\n".join(_lazy(line, choice) for line in (*needed, *others))
        yield f"tests/test_{index}.py", f"{choice.choice(HEADS)}{text}\n\n\n{tail}{body}"


def _lazy(line: str, choice: random.Random) -> str:
    """Make every other import a lazy one, where this Python knows them."""
    may_be = line.startswith(("import ", "from ")) and "__future__" not in line
    return f"lazy {line}" if LAZY and may_be and choice.random() < 0.5 else line


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    "settings",
    [
        "",
        "[lint.isort]\nforce-sort-within-sections = true\n",
        "[lint.isort]\nforce-single-line = true\n",
        "[lint.isort]\nknown-first-party = ['pytest_*']\nlines-after-imports = 2\n",
        "[lint.isort]\ncombine-as-imports = true\norder-by-type = false\n",
        "[lint.isort]\nno-sections = true\nfrom-first = true\n",
        "line-length = 50\n[lint.isort]\ncase-sensitive = true\n",
    ],
    ids=["defaults", "mixed", "single", "known", "as", "no sections", "short"],
)
def test_files_that_ruff_has_sorted_stay_sorted(settings: str, tmp_path: Path) -> None:
    if LAZY:
        settings = f'target-version = "py315"\n{settings}'
    write(tmp_path, [("ruff.toml", settings), ("pytest.ini", STRICT)])
    write(tmp_path, [("requirements.txt", REQUIREMENTS), ("tests/__init__.py", "")])
    write(tmp_path, [("pkg/__init__.py", ""), ("pkg/app.py", ""), ("tests/helpers.py", "")])
    write(tmp_path, layouts(len(settings), 150))
    fix = ("--fix", "--select", "I")
    out_of_order(tmp_path, *fix)
    assert out_of_order(tmp_path) == set()
    assert len(migrate(tmp_path)) > 60
    assert out_of_order(tmp_path) == set()
    assert migrate(tmp_path) == set()
