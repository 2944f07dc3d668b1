"""An error names its place as editors and terminals know it."""

from __future__ import annotations

from pathlib import Path

import pytest
from async_test_template.errors import UserError


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (UserError("no"), "no"),
        (UserError("no", path=Path("a.ini")), "a.ini: no"),
        (UserError("no", path=Path("a.ini"), line=3), "a.ini:3: no"),
        (UserError("no", path=Path("a.ini"), line=3, column=1), "a.ini:3:1: no"),
    ],
)
def test_as_much_of_the_place_as_is_known_is_shown(error: UserError, shown: str) -> None:
    assert str(error) == shown
    assert error.message == "no"
