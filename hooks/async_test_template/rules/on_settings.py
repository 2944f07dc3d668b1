"""What several rules on settings, and the answers of `adopt`, ask of a value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.rules.which_loop import MODE

if TYPE_CHECKING:
    from async_test_template.settings import Settings

_COMMENT = r"\s[#;]"


def bare_value(settings: Settings, name: str) -> tuple[str, str] | None:
    """Return the bare value and the comment of a value that has something around it."""
    value = settings.text_of(name)
    if value is None:
        return None
    comment = ""
    bare = value
    if match := re.search(_COMMENT, value):
        before, behind = value[: match.start()].strip(), value[match.end() :].strip()
        if "\n" not in before and "\n" not in behind:
            bare, comment = before, behind
    bare = bare.strip()
    if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "\"'":
        bare = bare[1:-1].strip()
    if name == MODE:
        bare = bare.lower()
    return None if bare == value or not bare else (bare, comment)
