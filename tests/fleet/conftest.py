"""Fixtures for the tests of the fleet scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fleets import environment

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def variables(shared_folder: Path) -> dict[str, str]:
    """Return the environment of the scripts."""
    return environment(shared_folder / "bytecode")
