"""Where everything is in a TOML document: tables, keys, values and array elements, by offset.

tomlkit knows what a document means but not where its parts are, so this is a scanner for documents
that tomlkit has accepted. It checks nothing: for invalid TOML its answer is worthless.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Literal

from async_test_template.config.text import BYTE_ORDER_MARK
from async_test_template.errors import EditError

Path = tuple[str | int, ...]
Kind = Literal["string", "array", "inline table", "scalar"]

_SPACES = re.compile(r"[ \t]*")
_BLANKS = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_KEY = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'|[^\s.=\]"\'#]+')
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\])*"'
    r"|'[^']*'",
    re.DOTALL,
)
# A date and a time may be separated by one space.
_SCALAR = re.compile(r"\d{4}-\d\d-\d\d \d\d:[^\s,#\]}]+|[^\s,#\]}]+")


@dataclass(frozen=True)
class Key:
    """One part of a dotted key or of a header."""

    name: str
    start: int
    stop: int


@dataclass(eq=False)
class Value:
    """A value at `start:stop`; arrays and inline tables have members."""

    kind: Kind
    start: int
    stop: int = 0
    members: list[Member] = field(default_factory=list)


@dataclass(eq=False)
class Member:
    """An assignment in a table, or an element of an array, which has no keys.

    Attributes:
        path: from the root of the document.
        keys: the parts of the key as written here; `path` ends in their names.
        value: what is assigned.
        owner: the table or value it is in.

    """

    path: Path
    keys: list[Key]
    value: Value
    owner: Table | Value

    @property
    def start(self) -> int:
        """Where the key, or the element, begins."""
        return self.keys[0].start if self.keys else self.value.start


@dataclass(eq=False)
class Table:
    """A header and the assignments below it; the root table has no keys and an empty header.

    Attributes:
        path: from the root; the elements of an array of tables are counted from 0.
        keys: the parts of the header.
        start: where the header's first bracket is.
        stop: after its last bracket.
        members: the assignments up to the next header.

    """

    path: Path
    keys: list[Key]
    start: int
    stop: int
    members: list[Member] = field(default_factory=list)


@dataclass
class Document:
    """All tables in the order of the text, and all members by path."""

    tables: list[Table]
    members: dict[Path, Member]

    @cached_property
    def declared(self) -> frozenset[Path]:
        """Everything with a header or a value of its own, empty or not."""
        return frozenset({table.path for table in self.tables}.union(self.members))


@lru_cache(maxsize=32)  # several places of one document are asked for in a row
def scan(text: str) -> Document:
    """Find everything in a valid document; the result is shared and must not be changed.

    Raises:
        EditError: it is nested too deeply.

    """
    try:
        return _Scanner(text).document()
    except RecursionError as error:
        raise EditError("arrays or tables nested too deeply to edit") from error


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = len(BYTE_ORDER_MARK) if text.startswith(BYTE_ORDER_MARK) else 0
        self.members: dict[Path, Member] = {}
        self.lengths: dict[Path, int] = {}  # of the arrays of tables met so far

    def document(self) -> Document:
        tables = [Table((), [], self.at, self.at)]
        self._skip(_BLANKS)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                tables.append(self._header())
            else:
                tables[-1].members.append(self._assignment(tables[-1].path, tables[-1]))
            self._skip(_BLANKS)
        return Document(tables, self.members)

    def _skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        assert match is not None, self.at  # noqa: S101 - valid TOML, or a defect of ours
        self.at = match.end()
        return match.group()

    def _keys(self) -> list[Key]:
        keys = []
        while True:
            self._skip(_SPACES)
            start = self.at
            written = self._skip(_KEY)
            keys.append(Key(_unquoted(written), start, self.at))
            self._skip(_SPACES)
            if self.text[self.at] != ".":
                return keys
            self.at += 1

    def _header(self) -> Table:
        start = self.at
        is_array = self.text.startswith("[[", start)
        brackets = 1 + is_array
        self.at += brackets
        keys = self._keys()
        self.at += brackets
        path: Path = ()
        for key in keys[:-1]:
            path = self._last_of(*path, key.name)
        if is_array:
            path = (*path, keys[-1].name)
            self.lengths[path] = self.lengths.get(path, 0) + 1
            path = self._last_of(*path)
        else:
            path = (*path, keys[-1].name)
        return Table(path, keys, start, self.at)

    def _last_of(self, *path: str | int) -> Path:
        """Return the path of the last element if this is an array of tables, else the path."""
        return (*path, self.lengths[path] - 1) if path in self.lengths else path

    def _assignment(self, base: Path, owner: Table | Value) -> Member:
        keys = self._keys()
        self.at += 1  # the equals sign
        self._skip(_SPACES)
        path = (*base, *(key.name for key in keys))
        return self._member(path, keys, owner)

    def _member(self, path: Path, keys: list[Key], owner: Table | Value) -> Member:
        member = Member(path, keys, Value("scalar", self.at), owner)
        self.members[path] = member
        self._fill(member.value, path)
        return member

    def _fill(self, value: Value, path: Path) -> None:
        first = self.text[self.at]
        if first == "[":
            value.kind = "array"
            self._fill_members(value, path, "]")
        elif first == "{":
            value.kind = "inline table"
            self._fill_members(value, path, "}")
        elif first in "\"'":
            value.kind = "string"
            self._skip(_STRING)
        else:
            self._skip(_SCALAR)
        value.stop = self.at

    def _fill_members(self, value: Value, path: Path, closing: str) -> None:
        self.at += 1
        self._skip(_BLANKS)
        while self.text[self.at] != closing:
            if value.kind == "array":
                member = self._member((*path, len(value.members)), [], value)
            else:
                member = self._assignment(path, value)
            value.members.append(member)
            self._skip(_BLANKS)
            if self.text[self.at] == ",":
                self.at += 1
                self._skip(_BLANKS)
        self.at += 1


def _unquoted(key: str) -> str:
    if key[0] == "'":
        return key[1:-1]
    if key[0] == '"':
        return _unescaped(key[1:-1])
    return key


def _unescaped(content: str) -> str:
    r"""Resolve the escapes of a quoted key; TOML 1.1 adds `\e` and `\x` to Python's own."""
    return re.sub(r"\\(?:[uUx][0-9A-Fa-f]+|.)", _character, content)


def _character(escape: re.Match[str]) -> str:
    written = escape.group()
    if written == r"\e":
        return "\x1b"
    return str(ast.literal_eval(f'"{written}"'))
