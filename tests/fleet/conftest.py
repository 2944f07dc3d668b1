"""Fixtures for the tests of the fleet scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from filelock import FileLock
from fleets import Prototypes, environment

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def prototypes(shared_folder: Path) -> Prototypes:
    """Make, once a run, the template's releases and a checkout for each outcome."""
    folder = shared_folder / "prototypes"
    with FileLock(f"{folder}.lock"):
        return Prototypes(folder) if folder.exists() else Prototypes.make(folder)


@pytest.fixture
def variables(shared_folder: Path) -> dict[str, str]:
    """Return the environment of the scripts."""
    return environment(shared_folder / "bytecode")
