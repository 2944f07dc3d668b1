"""The plugin is found by its entry point, or loaded by a conftest.py from a copy of its folder."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_async_guard

if TYPE_CHECKING:
    from runs import Runner

LEAK = """
import asyncio

async def test_leak():
    asyncio.create_task(asyncio.sleep(60))
"""
SOURCE = Path(pytest_async_guard.__file__).parent


def copy_into(folder: Path) -> None:
    shutil.copytree(SOURCE, folder / "pytest_async_guard", ignore=lambda *_: ["__pycache__"])


def test_installed_is_all_that_is_needed(run: Runner) -> None:
    assert "left tasks running" in run(LEAK, plugins=())["test_leak"].text


def test_a_run_without_it_is_possible(run: Runner) -> None:
    assert run(LEAK, "-p", "no:async_guard", plugins=())["test_leak"].passed


@pytest.mark.parametrize(
    ("where", "dot"),
    [(".", ""), ("tests", ""), ("tests", "."), ("packages/one/tests", ".")],
)
def test_a_copy_is_loaded_by_a_conftest(where: str, dot: str, run: Runner) -> None:
    """Below the root, too, where pytest takes no `pytest_plugins`."""
    folder = run.folder / where
    folder.mkdir(parents=True, exist_ok=True)
    copy_into(folder)
    if dot:
        (folder / "__init__.py").touch()
    (folder / "conftest.py").write_text(
        "import sys\n"
        f"from {dot}pytest_async_guard import pytest_async_guard\n"
        "def pytest_configure(config):\n"
        "    file = sys.modules[pytest_async_guard.__module__].__file__\n"
        "    assert file.startswith(__file__.removesuffix('conftest.py'))\n"
    )
    (folder / "test_copy.py").write_text(LEAK)
    # Strict settings and marks know those of the copy.
    done = run(
        "import pytest\n"
        "@pytest.mark.async_guard(grace=0)\n"
        "def test_mark(pytestconfig):\n    assert pytestconfig.getini('async_guard') is True\n",
        *("--strict-config", "--strict-markers", where, "test_it.py"),
        settings="async_guard_grace = 0.1",
        plugins=("pytest_asyncio.plugin", "pytest_timeout"),
    )
    found = {name: outcome for (_, name), outcome in done.tests.items()}
    assert "left tasks running" in found["test_leak"].text, done.output
    assert found["test_mark"].passed, done.output


def test_a_copy_beside_the_installed_one_is_not_loaded_twice(run: Runner) -> None:
    copy_into(run.folder)
    (run.folder / "conftest.py").write_text(
        "from pytest_async_guard import pytest_async_guard\n"
        "from pytest_async_guard import pytest_async_guard as once_more\n"
    )
    done = run(LEAK, plugins=())
    assert done["test_leak"].text.count("left tasks running") == 1, done.output


def test_what_is_no_function_is_left_alone(run: Runner) -> None:
    (run.folder / "conftest.py").write_text(
        """
import pytest

class Item(pytest.Item):
    def runtest(self):
        pass

def pytest_collect_file(parent, file_path):
    if file_path.suffix == ".ini":
        return File.from_parent(parent, path=file_path)

class File(pytest.File):
    def collect(self):
        yield Item.from_parent(self, name="it")
"""
    )
    assert run("").status == pytest.ExitCode.OK


def test_it_leaves_pytest_alone_without_pytest_timeout(run: Runner) -> None:
    done = run(LEAK, "-p", "no:timeout", plugins=())
    assert "left tasks running" in done["test_leak"].text, done.output
