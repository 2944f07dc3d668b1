"""Edits that owners make in a generated project, the same ones for every release."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import tomllib

if TYPE_CHECKING:
    from pathlib import Path

#: The name of the package before and after; no other word of the files is either.
BEFORE, AFTER = "acme_before", "acme_after"

FIXTURE = '''@pytest.fixture
def {name}() -> str:
    """Return a name of our own."""
    return "{name}"
'''
TEST = """def test_own_fixtures(own_middle: str, own_last: str) -> None:
    assert (own_middle, own_last) == ("own_middle", "own_last")
"""


def edit(project: Path) -> None:
    """Make all the edits that this project has files for."""
    if (project / "pyproject.toml").exists():
        edit_settings(project / "pyproject.toml")
        next(project.glob("tests/**/test_mock.py")).unlink()
        rename_package(project)
    add_fixtures(project / "tests" / "conftest.py")
    (project / "tests" / "test_own.py").write_text(TEST)


def edit_settings(file: Path) -> None:
    """Add a dependency and an option of pytest, and change the timeout."""
    text = file.read_text()
    for pattern, own in {
        r"^dependencies = \[(\]?)": r'dependencies = [\n    "packaging>=24",\1',
        r"^minversion = .*": r'\g<0>\njunit_suite_name = "own"  # ours',
        r"^timeout = \d+": "timeout = 45",
    }.items():
        text, count = re.subn(pattern, own, text, flags=re.MULTILINE)
        assert count == 1, pattern
    file.write_text(text)
    tomllib.loads(text)


def add_fixtures(file: Path) -> None:
    """Add a fixture at the end, and one before the last of the template if it has any."""
    text = file.read_text()
    before, last, after = text.rpartition("\n\n@pytest.fixture")
    middle, end = (f"\n\n{FIXTURE.format(name=name)}" for name in ("own_middle", "own_last"))
    if not last and "import pytest\n" not in text:
        text += "import pytest\n"
    file.write_text(f"{before}{middle}{last}{after}{end}" if last else f"{text}{middle}{end}")


def rename_package(project: Path) -> None:
    """Rename the package."""
    (project / "src" / BEFORE).rename(project / "src" / AFTER)
    for file in (*project.rglob("*.py"), project / "pyproject.toml"):
        file.write_text(file.read_text().replace(BEFORE, AFTER))
