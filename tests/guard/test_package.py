"""The guard as a package: its wheel, installed beside the newest plugins, passes its own tests."""

from __future__ import annotations

import shutil
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest
from environments import Environment
from helpers import ROOT, assert_done, interpreter, run

if TYPE_CHECKING:
    from pathlib import Path

GUARD = ROOT / "guard"
# Eager tasks came with 3.12; on the newest Python, generated suites run with the guard.
PYTHONS = [
    ("3.12", "not full"),
    *(
        pytest.param(version, "full or not full", marks=pytest.mark.full)
        for version in ("3.10", "3.11", "3.12", "3.13", "3.14", "3.15")
    ),
]


@pytest.mark.slow
def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
        (entry_points,) = (n for n in archive.namelist() if n.endswith("entry_points.txt"))
        text = archive.read(entry_points).decode()
    source = GUARD / "src"
    files = (*source.rglob("*.py"), *source.rglob("py.typed"))
    assert held == {file.relative_to(source).as_posix() for file in files}
    assert text.split() == ["[pytest11]", "async_guard", "=", "pytest_async_guard.plugin"]


@pytest.mark.slow
@pytest.mark.parametrize(("version", "chosen"), PYTHONS)
def test_its_own_tests_pass(version: str, chosen: str, wheel: Path, tmp_path: Path) -> None:
    environment = Environment.build(
        tmp_path / "venv",
        interpreter(version),
        str(wheel),
        *("--group", f"{GUARD / 'pyproject.toml'}:dev"),
    )
    shutil.copytree(
        GUARD / "tests", tmp_path / "tests", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(GUARD / "pyproject.toml", tmp_path)
    command = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", chosen)
    done = run(environment.python, *command, cwd=tmp_path)
    assert_done(done)
    assert " passed" in done.stdout


@pytest.mark.slow
def test_an_async_fixture_serves_two_tests_beside_an_older_anyio(
    wheel: Path, tmp_path: Path
) -> None:
    """AnyIO up to 4.6.0 left its own function in the place of an async fixture."""
    environment = Environment.build(tmp_path / "venv", sys.executable, str(wheel), "anyio==4.6.0")
    (tmp_path / "pytest.ini").write_text("[pytest]\ntimeout = 20\n")
    (tmp_path / "test_it.py").write_text(
        "import pytest\n\npytestmark = pytest.mark.anyio\n\n\n"
        '@pytest.fixture\ndef anyio_backend():\n    return "asyncio"\n\n\n'
        "@pytest.fixture\nasync def one():\n    yield 1\n\n\n"
        "async def test_first(one): ...\n\n\nasync def test_second(one): ...\n"
    )
    done = run(environment.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=tmp_path)
    assert_done(done)
    assert "2 passed" in done.stdout
