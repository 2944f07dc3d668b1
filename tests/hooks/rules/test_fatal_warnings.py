"""When AT103 says that the warning of pytest-asyncio is an error: pytest 9.2 decided each case."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from async_test_template.desired import Desired
from async_test_template.rules import load
from made_rules import make_plan

if TYPE_CHECKING:
    from pathlib import Path

FATAL = (
    ["error"],
    ["error", "ignore:foo:DeprecationWarning"],
    ["ignore::UserWarning", "error"],
    ["error::pytest.PytestDeprecationWarning"],
    ["error::DeprecationWarning", "ignore::ResourceWarning"],
)
HARMLESS = (
    ["error", "ignore::UserWarning"],
    ["error", "ignore::DeprecationWarning"],
    ["error", "ignore::pytest.PytestDeprecationWarning"],
    ["error", "default:The configuration option"],
    ["error::ResourceWarning"],
    ["error::DeprecationWarning:package"],
)


@pytest.mark.parametrize(
    ("filters", "is_fatal"),
    [*((filters, True) for filters in FATAL), *((filters, False) for filters in HARMLESS)],
    ids=str,
)
def test_the_last_filter_that_fits_decides(
    filters: list[str], *, is_fatal: bool, tmp_path: Path
) -> None:
    (tmp_path / "pyproject.toml").write_text(
        f"dependency-groups.test = ['pytest', 'pytest-asyncio>=1.5']\n"
        f"[tool.pytest.ini_options]\nfilterwarnings = {json.dumps(filters)}\n"
    )
    (found,) = make_plan(tmp_path, Desired(), (load("AT103"),), frozenset()).left
    assert ("warnings are errors" in found.message) is is_fatal
