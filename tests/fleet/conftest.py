"""Fixtures for the tests of the fleet scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fleets import Prototypes, environment

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def prototypes(tmp_path_factory: pytest.TempPathFactory) -> Prototypes:
    """Make, once a worker, the template's releases and a checkout for each outcome."""
    return Prototypes.make(tmp_path_factory.mktemp("prototypes") / "all")


@pytest.fixture
def variables(shared_folder: Path) -> dict[str, str]:
    """Return the environment of the scripts."""
    return environment(shared_folder / "bytecode")
