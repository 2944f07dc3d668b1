"""Edit requirements files: find every entry, change the specifier of one, add one.

The grammar is pip's (26.1, `_internal/req/req_file.py`): a backslash at the end of a line
continues it, unless the line is a comment; ` #` begins a comment; options are alone on a line
(`-r FILE`) or after a requirement (`--hash=...`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from async_test_template.config import requirement as pep508
from async_test_template.config.text import BYTE_ORDER_MARK, insert_line, position, splice_all
from async_test_template.errors import EditError, ParseError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from async_test_template.config.requirement import Parts

Kind = Literal["requirement", "include", "constraint", "editable", "option", "other"]

_COMMENT = re.compile(r"(?:^|(?<=\s))#.*")
_CONTINUATION = re.compile(r"\\(?:\r\n|\r|\n)")
# An option after a requirement, or the next line of a continued one.
_BEHIND = re.compile(rf"(?<=\s)-|{_CONTINUATION.pattern}")
_TARGETS: tuple[tuple[Kind, str, str], ...] = (
    ("include", "-r", "--requirement"),
    ("constraint", "-c", "--constraint"),
    ("editable", "-e", "--editable"),
)


class Entry(NamedTuple):
    """One logical line that is neither blank nor a comment.

    Attributes:
        kind: `include` is `-r`, `constraint` is `-c`, `editable` is `-e`; `option` is every other
            option line; `other` is a path, a bare URL or whatever else
            is not a requirement on one line.
        text: the entry without its comment and without the options after a requirement.
        start: offset of `text` in the file.
        end: offset after it.
        line: 1-based line where the entry begins.
        requirement: its parts, of kind `requirement` only.
        target: the argument of `-r`, `-c` and `-e`, else None.
        hashed: a `--hash` follows, so a new version needs new hashes.

    """

    kind: Kind
    text: str
    start: int
    end: int
    line: int
    requirement: Parts | None = None
    target: str | None = None
    hashed: bool = False


def parse(text: str) -> list[Entry]:
    """Return the entries of a requirements file in their order."""
    entries = []
    number = 1
    for start, end in _logical_lines(text):
        logical = text[start:end]
        content = _COMMENT.split(logical, maxsplit=1)[0]
        stripped = content.strip()
        if stripped:
            at = content.index(stripped)
            line = number + position(content, at)[0] - 1
            entries.append(_entry(start + at, stripped, line))
        number += position(logical, len(logical))[0] - 1
    return entries


def replace_specifiers(text: str, specifiers: Iterable[tuple[Entry, str]]) -> str:
    """Replace the version specifiers of entries of `parse(text)`.

    Raises:
        EditError: an entry is not a requirement, is pinned by hashes, or points to a URL.

    """
    edits = []
    for entry, specifier in specifiers:
        if entry.requirement is None:
            raise EditError(f"{entry.text!r} has no version to change", line=entry.line)
        if entry.hashed:
            raise EditError(f"{entry.text!r} is pinned by hashes", line=entry.line)
        new = pep508.replace_specifier(entry.text, specifier)
        edits.append((entry.start, entry.end, new))
    return splice_all(text, edits)


def append(text: str, requirement: str) -> str:
    """Add a requirement on a line of its own, after the last one there is, else at the end.

    Raises:
        ParseError: `requirement` is not one.

    """
    pep508.check(requirement)
    last = max((entry.start for entry in parse(text) if entry.kind == "requirement"), default=None)
    lines = list(_logical_lines(text))
    end = next((end for _, end in lines if last is not None and last < end), len(text))
    start = lines[-1][0] if lines else end
    if end == len(text) and _is_continued(text[start:]):
        # A backslash at the end of the file would take the new line for its own.
        end = start
    return insert_line(text, end, requirement)


def _logical_lines(text: str) -> Iterator[tuple[int, int]]:
    """Return the span of each line with those that continue it, line ends included."""
    start = end = len(BYTE_ORDER_MARK) if text.startswith(BYTE_ORDER_MARK) else 0
    for raw in text[start:].splitlines(keepends=True):
        end += len(raw)
        if not _is_continued(raw):
            yield start, end
            start = end
    if start < end:
        yield start, end


def _is_continued(line: str) -> bool:
    return line.rstrip("\r\n").endswith("\\") and not line.lstrip().startswith("#")


def _entry(start: int, content: str, line: int) -> Entry:
    if content.startswith("-"):
        kind, target = _option(content)
        return Entry(kind, content, start, start + len(content), line, target=target)
    alone = _BEHIND.split(content, maxsplit=1)[0].rstrip()
    rest = _CONTINUATION.sub(" ", content[len(alone) :]).strip()
    try:
        parsed = pep508.parse(alone)
    except ParseError:
        parsed = None
    if parsed is None or (rest and not rest.startswith("-")):
        return Entry("other", content, start, start + len(content), line)
    end = start + len(alone)
    return Entry("requirement", alone, start, end, line, parsed, hashed="--hash" in rest)


def _option(content: str) -> tuple[Kind, str | None]:
    for kind, short, long in _TARGETS:
        if match := re.match(rf"{long}(?:\s|=)|{short}", content):
            target = content[match.end() :].lstrip()
            return (kind, target) if target and "\n" not in target else ("option", None)
    return "option", None
