"""Fixtures for the tests of the engine."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from helpers import ROOT, commit, git

if TYPE_CHECKING:
    from pathlib import Path
    from typing import NoReturn

PARTS = ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """Return this repository as one that can be cloned: what is needed to build and to run it."""
    folder = tmp_path / "org" / "async-test-template"
    shutil.copytree(ROOT / "hooks", folder / "hooks", ignore=shutil.ignore_patterns("__pycache__"))
    for part in PARTS:
        shutil.copy(ROOT / part, folder)
    git(folder, "init", "--quiet")
    commit(folder, "1.0.0")
    return folder


@pytest.fixture(autouse=True)
def no_fault_goes_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an exception of a rule end the test, which else would only miss its findings."""

    def raise_it(error: Exception, **_known: object) -> NoReturn:
        raise error

    for module in ("cli", "look", "planner", "rules", "source.reading"):
        monkeypatch.setattr(f"async_test_template.{module}.fault_of", raise_it)
