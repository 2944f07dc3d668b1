"""Places and line ends in a text: what the editors of every format share."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

BYTE_ORDER_MARK = "\ufeff"

LineEnds = tuple[str, ...]
LINE_ENDS: LineEnds = ("\n", "\r")

_LINE_END = re.compile(r"\r\n|\n|\r")


def position(text: str, offset: int) -> tuple[int, int]:
    """Return the 1-based line and column of `offset`, as an editor counts them.

    A byte order mark has no column.
    """
    begins = _line_begins(text)
    line = bisect_right(begins, offset)
    return max(line, 1), offset - begins[line - 1] + 1 if line else 1


# Many places of one file are asked for.
@lru_cache(maxsize=4)
def _line_begins(text: str) -> list[int]:
    return [text.startswith(BYTE_ORDER_MARK), *(end.end() for end in _LINE_END.finditer(text))]


# Each finding and each declaration of a file asks for a line.
@lru_cache(maxsize=8)
def lines_of(text: str) -> tuple[str, ...]:
    """Return the lines of a text as `str.splitlines` does; the result is shared by all callers."""
    return tuple(text.splitlines())


def line_end(text: str, offset: int) -> str:
    """Return the line end to use for a new line at `offset`: that of the closest line above.

    Without a line above it is the first one of the text, or a newline if there is none.
    """
    above = _LINE_END.findall(text, 0, offset)
    below = _LINE_END.search(text)
    end = above[-1] if above else below.group() if below else "\n"
    # A lone carriage return would form one line end with the text after it.
    return "\n" if end == "\r" and text.startswith("\n", offset) else end


def splice(text: str, start: int, end: int, new: str) -> str:
    """Replace what is between the two offsets."""
    return text[:start] + new + text[end:]


def splice_all(text: str, edits: Iterable[tuple[int, int, str]]) -> str:
    """Replace several spans, none within another; all offsets are those in `text`."""
    pieces = []
    done = 0
    # If two insertions are at the same place, they keep their order.
    for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
        pieces += [text[done:start], new]
        done = end
    return "".join([*pieces, text[done:]])


def line_start(text: str, offset: int) -> int:
    """Return the offset where the line of `offset` begins, after a byte order mark."""
    return text.rfind("\n", 0, offset) + 1 or len(text) - len(text.removeprefix(BYTE_ORDER_MARK))


def next_line(text: str, offset: int) -> int:
    """Return the offset where the line after that of `offset` begins, or the end of the text."""
    return text.find("\n", offset) + 1 or len(text)


def insert_line(text: str, offset: int, line: str, ends: LineEnds = LINE_ENDS) -> str:
    """Insert a line at `offset`, where a line begins or a text without a last line end ends.

    Such a text has no last line end afterwards either. `ends` are the line ends of the format.
    """
    end = line_end(text, offset)
    if text[:offset] in {"", BYTE_ORDER_MARK} or text[:offset].endswith(ends):
        return splice(text, offset, offset, line + end)
    return splice(text, offset, offset, end + line)


def remove_lines(text: str, start: int, end: int, ends: LineEnds = LINE_ENDS) -> str:
    """Remove the whole lines from `start` to `end`.

    Such a text has no last line end afterwards either. `ends` are the line ends of the format.
    """
    result = splice(text, start, end, "")
    return result if text.endswith(ends) else without_last_end(result, ends)


def without_last_end(text: str, ends: LineEnds = LINE_ENDS) -> str:
    """Remove one line end from the end of a text that has one."""
    if text.endswith("\r\n"):
        return text[:-2]
    return text[:-1] if text.endswith(ends) else text


def append_block(text: str, block: str, ends: LineEnds = LINE_ENDS) -> str:
    """Add lines at the end, after one blank line."""
    end = line_end(text, len(text))
    if not text.removeprefix(BYTE_ORDER_MARK):
        return text + block + end
    if not text.endswith(ends):
        return text + end + end + block
    is_blank = without_last_end(text, ends).endswith(ends)
    return text + ("" if is_blank else end) + block + end
