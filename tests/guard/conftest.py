"""The wheel of the guard."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from helpers import ROOT, assert_done, run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel, from a copy that nothing of this machine is in."""
    source = tmp_path_factory.mktemp("guard") / "guard"
    shutil.copytree(ROOT / "guard", source, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    assert_done(run("uv", "build", "--quiet", "--wheel", "--out-dir", source / "dist", cwd=source))
    (built,) = (source / "dist").glob("*.whl")
    return built
