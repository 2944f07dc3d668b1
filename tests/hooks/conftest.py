"""Fixtures for the tests of the engine."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from helpers import ROOT, commit, git

if TYPE_CHECKING:
    from pathlib import Path

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
