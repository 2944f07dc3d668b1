"""Places and line ends in a text: what the editors of every format share."""

from __future__ import annotations

import re

BYTE_ORDER_MARK = "\ufeff"

_LINE_END = re.compile(r"\r\n|\n|\r")


def position(text: str, offset: int) -> tuple[int, int]:
    """Give the 1-based line and column of `offset`, as an editor counts them.

    A byte order mark has no column.
    """
    before = text[:offset].removeprefix(BYTE_ORDER_MARK)
    ends = [end.end() for end in _LINE_END.finditer(before)]
    return len(ends) + 1, len(before) - (ends[-1] if ends else 0) + 1


def line_end(text: str, offset: int) -> str:
    """Give the line end to use for a new line at `offset`: that of the closest line above.

    Without a line above it is the first one of the text, and a newline where there is none.
    """
    above = _LINE_END.findall(text, 0, offset)
    if above:
        return str(above[-1])
    below = _LINE_END.search(text)
    return below.group() if below else "\n"


def splice(text: str, start: int, end: int, new: str) -> str:
    """Replace what is between the two offsets."""
    return text[:start] + new + text[end:]
