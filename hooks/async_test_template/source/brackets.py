"""What is between two brackets, item by item, and how to take one item out."""

from __future__ import annotations

import io
import re
import tokenize
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.errors import EditError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.source.source import Source

_OPENING = frozenset("([{")
_CLOSING = frozenset(")]}")
_LAYOUT = frozenset(
    {tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT}
)


class Item(NamedTuple):
    """One of the things between commas.

    Attributes:
        start: offset of its first byte.
        end: offset after its last byte.
        comma: offset of the comma after it, None after the last.

    """

    start: int
    end: int
    comma: int | None


class Brackets(NamedTuple):
    """A pair of brackets with its items.

    Attributes:
        open: offset after the opening bracket.
        close: offset of the closing one.
        items: the things between them.
        has_comment: there is a comment between them.

    """

    open: int
    close: int
    items: tuple[Item, ...]
    has_comment: bool

    def index_at(self, position: int) -> int:
        """Return the number of the item that `position` is in.

        Raises:
            EditError: it is in none.

        """
        for index, item in enumerate(self.items):
            if item.start <= position < item.end:
                return index
        raise EditError("the item is not between the brackets")


def brackets_from(source: Source, position: int, bracket: str = "(") -> Brackets:
    """Read the first pair of such brackets at or after `position`, skipping other kinds.

    Raises:
        EditError: Python's tokenizer finds none.

    """
    tokens = _tokens(source, position)
    opened = _open(tokens, bracket)
    reader = _ItemReader()
    for kind, text, begin, end in tokens:
        if kind in _LAYOUT:
            reader.has_comment |= kind == tokenize.COMMENT
        elif reader.depth == 0 and text in _CLOSING:
            reader.finish(None)
            return Brackets(opened, begin, tuple(reader.items), reader.has_comment)
        else:
            reader.read(text, begin, end)
    raise EditError("the brackets are not clear")


def _open(tokens: Iterator[tuple[int, str, int, int]], bracket: str) -> int:
    """Read up to the first bracket of that kind and give the offset after it."""
    depth = 0
    for _, text, _, end in tokens:
        if depth == 0 and text == bracket:
            return end
        # The closing ones may be those around the name that is called.
        depth = max(depth + (text in _OPENING) - (text in _CLOSING), 0)
    raise EditError("the brackets are not clear")


class _ItemReader:
    """Splits tokens into items; those in inner brackets or before a lambda's colon do not count."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.has_comment = False
        self.depth = 0
        self._lambdas = 0
        self._start: int | None = None
        self._end = 0

    def read(self, text: str, begin: int, end: int) -> None:
        if self.depth == 0 and text == "," and not self._lambdas:
            self.finish(begin)
            return
        if self.depth == 0 and text == "lambda":
            self._lambdas += 1
        elif self.depth == 0 and text == ":" and self._lambdas:
            self._lambdas -= 1
        self.depth += (text in _OPENING) - (text in _CLOSING)
        self._start = begin if self._start is None else self._start
        self._end = end

    def finish(self, comma: int | None) -> None:
        if self._start is not None:
            self.items.append(Item(self._start, self._end, comma))
        self._start = None


def without(source: Source, brackets: Brackets, index: int) -> tuple[int, int]:
    """Return the span to cut, so that one item, its comma and its lines are removed.

    Raises:
        EditError: a comment would be lost that may belong to something else.

    """
    item = brackets.items[index]
    if len(brackets.items) == 1:
        if brackets.has_comment:
            raise EditError("there is a comment between the brackets")
        return brackets.open, brackets.close
    end = item.end if item.comma is None else item.comma + 1
    lines = source.line_start(item.start), source.line_end(end)
    before = source.data[lines[0] : item.start]
    behind = source.data[end : lines[1]].strip()
    if not before.strip() and (not behind or behind.startswith(b"#")):
        return lines
    if index + 1 < len(brackets.items):
        following = brackets.items[index + 1].start
        if b"#" not in source.data[end:following] and lines[1] > following:
            return item.start, following
        return item.start, end
    comma = brackets.items[index - 1].comma
    if comma is None or b"#" in source.data[comma : item.start]:
        raise EditError("there is a comment before the last item")
    return (comma, item.end) if item.comma is None else (comma, item.comma)


def _tokens(source: Source, position: int) -> Iterator[tuple[int, str, int, int]]:
    """Yield kind, text, start and end of the tokens from `position` on."""
    text = source.data[position:].decode()
    if re.search(r"\r(?!\n)", text):
        # `tokenize` does not count them as `ast` does.
        raise EditError("the file has lone carriage returns")
    starts = [position]
    stream = io.StringIO(text, newline="")

    def readline() -> str:
        line = stream.readline()
        starts.append(starts[-1] + len(line.encode()))
        rows.append(line)
        return line

    rows: list[str] = []
    try:
        for token in tokenize.generate_tokens(readline):
            (row, column), (end_row, end_column) = token.start, token.end
            if end_row > len(rows):
                return
            begin = starts[row - 1] + len(rows[row - 1][:column].encode())
            end = starts[end_row - 1] + len(rows[end_row - 1][:end_column].encode())
            yield token.type, token.string, begin, end
    except (tokenize.TokenError, SyntaxError) as error:
        raise EditError("Python's tokenizer does not understand the statement") from error
