"""One way in which a message is worded: a text with gaps, such as `fixture '{fixture}' not found`.

It is no regular expression, so that everybody can read it, and so that the time to find it grows
with the length of the text alone, whatever the text is.
"""

from __future__ import annotations

from typing import NamedTuple

#: How a line of pytest's summary ends where the terminal was not wide enough.
CUT = "..."
#: So many fixed characters of a message have to be left in such a line.
LEAST = 14
#: What precedes an error: in pytest's tracebacks, in its summary, in a group of errors.
_IN_FRONT = ("E", "-", "|")


class Match(NamedTuple):
    """Where a wording is in a line.

    Attributes:
        start: the offset of its first character.
        end: the offset after its last one.
        gaps: what is in its gaps, by their names.

    """

    start: int
    end: int
    gaps: dict[str, str]


class Wording:
    """A text with gaps, and who says it.

    Attributes:
        text: the text; `{name}` is a gap, and stands for any characters. It neither begins nor
            ends with one. A text without blanks is the name of an error, and counts only where an
            error is told: not in code that catches or raises it.
        said_by: the library and its versions, for people.
        names: the names of its gaps.

    """

    def __init__(self, text: str, said_by: str) -> None:
        """Take the text and who says it."""
        self.text = text
        self.said_by = said_by
        self._first, *parts = text.split("{")
        pairs = [part.partition("}") for part in parts]
        self.names = tuple(name for name, _, _ in pairs)
        self._others = tuple(after for _, _, after in pairs)

    @property
    def key(self) -> str:
        """The longest part without gaps: where it does not stand, the wording does not either."""
        return max(self._first, *self._others, key=len) if self._others else self._first

    @property
    def weight(self) -> int:
        """How many characters are fixed: of two wordings at one place, the heavier one counts."""
        return len(self._first) + sum(map(len, self._others))

    @property
    def is_name(self) -> bool:
        """Tell whether it is only the name of an error."""
        return " " not in self.text

    def find(self, text: str, start: int, end: int) -> Match | None:
        """Find the wording in a part of a text."""
        begin = text.find(self._first, start, end)
        if begin < 0:
            return None
        after = begin + len(self._first)
        gaps: dict[str, str] = {}
        for name, piece in zip(self.names, self._others, strict=True):
            place = text.find(piece, after, end)
            if place < 0:
                return None
            if not gaps:
                # The last beginning in front of it, so that the gap is no longer than it has to be.
                begin = text.rfind(self._first, begin, place)
                after = begin + len(self._first)
            gaps[name] = text[after:place]
            after = place + len(piece)
        if self.is_name and not _is_told(text, begin, after):
            return None
        return Match(begin, after, gaps)

    def is_begun_in(self, reason: str) -> bool:
        """Tell whether the reason for a failure in pytest's summary has the wording, cut or not."""
        if self.find(reason, 0, len(reason)) is not None:
            return True
        cut = self.cut(reason.removesuffix(CUT)) if reason.endswith(CUT) else None
        return cut is not None and cut[0] >= LEAST

    def cut(self, text: str) -> tuple[int, Match] | None:
        """Find the wording at the end of a text that was cut in the middle of a fixed part.

        Returns:
            How many fixed characters are left, and the match; what a gap had behind the cut is
            `...`. None where the text may end with anything else as well, as it does in a gap.

        """
        gaps = dict.fromkeys(self.names, "...")
        begin = after = fixed = 0
        for name, piece in zip(("", *self.names), (self._first, *self._others), strict=True):
            place = text.find(piece, after)
            is_whole = place >= 0
            kept = len(piece) if is_whole else _kept(piece, text[after:])
            place = place if is_whole else len(text) - kept
            if not kept:
                return None
            if name:
                gaps[name] = text[after:place]
            else:
                begin = place
            after = place + kept
            fixed += kept
            if not is_whole:
                return fixed, Match(begin, after, gaps)
        return None


def _is_told(text: str, begin: int, end: int) -> bool:
    """Tell whether the name of an error is where an error is told."""
    words = text[text.rfind("\n", 0, begin) + 1 : begin].split()
    return (not words or words[-1] in _IN_FRONT) and not text[end : end + 1].strip(": \r\n")


def _kept(piece: str, text: str) -> int:
    """Return how long a beginning of a piece the text ends with."""
    return next((size for size in range(len(piece) - 1, 0, -1) if text.endswith(piece[:size])), 0)
