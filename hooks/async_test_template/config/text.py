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


def line_start(text: str, offset: int) -> int:
    """Give the offset where the line of `offset` begins, behind a byte order mark."""
    return text.rfind("\n", 0, offset) + 1 or len(text) - len(text.removeprefix(BYTE_ORDER_MARK))


def next_line(text: str, offset: int) -> int:
    """Give the offset where the line behind that of `offset` begins, or the end of the text."""
    return text.find("\n", offset) + 1 or len(text)


def insert_line(text: str, offset: int, line: str) -> str:
    """Insert a line at `offset`, where a line begins or a text without a last line end stops.

    A text without a last line end has none afterwards.
    """
    end = line_end(text, offset)
    if text[:offset].endswith(("\n", "\r", BYTE_ORDER_MARK)) or offset == 0:
        return splice(text, offset, offset, line + end)
    return splice(text, offset, offset, end + line)


def remove_lines(text: str, start: int, end: int) -> str:
    """Remove the whole lines from `start` to `end`.

    A text without a last line end has none afterwards.
    """
    if end == len(text) and not text.endswith(("\n", "\r")):
        start = len(text[:start].removesuffix("\n").removesuffix("\r"))
    return splice(text, start, end, "")
