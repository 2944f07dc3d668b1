"""Edit TOML files: one value at a time, every other byte as it was.

A parser decides what a document means, tomlkit how a value is written, our scanner (`spans`)
where it is; the edit itself is a splice into the text (`layout`). That keeps what tomlkit
alone (0.15.2) would change: a byte order mark, Windows and mixed line ends, a comment block that
belongs to the next table, the kind of quotes, the spaces of an inline table. Afterwards the result
is parsed. If anything except the one value differs, the result is an EditError.
"""

from __future__ import annotations

import re
from bisect import bisect
from copy import deepcopy
from math import isnan
from typing import TYPE_CHECKING, Any

from async_test_template.config.text import position, splice_all
from async_test_template.config.toml import layout
from async_test_template.config.toml.read import parse, parse_shared
from async_test_template.config.toml.spans import Member, Path, Table, Value, scan
from async_test_template.errors import EditError, ParseError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "Path",
    "add_keys",
    "append_string",
    "delete",
    "delete_all",
    "has",
    "is_string",
    "locate",
    "parse",
    "rename",
    "replace_strings",
    "set_value",
]

_NAME = re.compile(r"[\w.-]*")


def locate(text: str, path: Path) -> tuple[int, int]:
    """Return line and column, from 1, of a key, an array element or a table's header.

    For a table without a header of its own, it is the first place of its name.

    Raises:
        KeyError: there is nothing at `path`.

    """
    _at(parse_shared(text), path)
    document = scan(text)
    if member := document.members.get(path):
        return position(text, member.keys[-1].start if member.keys else member.start)
    for table in document.tables:
        if table.path == path:
            return position(text, table.start)
    return position(text, min(layout.key_spans(text, path))[0])


def set_value(text: str, path: Path, value: object) -> str:
    """Set `path` in its place; add a missing key or table.

    A string keeps its kind of quotes, an array its layout and its comments. A new key goes after
    the last one of its table, a new table to the end.

    Raises:
        ParseError: `text` is not TOML.
        EditError: a table is at `path`, or no place for it can be found.

    """
    expected = parse(text)
    if _assign(expected, path, value):
        return text
    member = scan(text).members.get(path)
    if member is None:
        result = layout.add_key(text, path, value)
    elif member.value.kind == "array" and isinstance(value, list):
        result = layout.change_elements(text, path, _lookup(text, path), value)
    else:
        result = layout.replace_value(text, member.value, value)
    return _verified(result, expected)


def has(text: str, path: Path) -> bool:
    """Tell whether there is something at `path`."""
    try:
        _at(parse_shared(text), path)
    except KeyError:
        return False
    return True


def is_string(text: str, path: Path) -> bool:
    """Tell whether a string is at `path`."""
    return has(text, path) and isinstance(_at(parse_shared(text), path), str)


def replace_strings(text: str, values: Mapping[Path, tuple[str | None, str]]) -> str:
    """Replace strings, also inside arrays; each keeps its kind of quotes where it can.

    `values` has the old string, or None for any, and the new one. The result is read once.

    Raises:
        KeyError: there is nothing at one of the places.
        EditError: one of the values is not the old string.

    """
    expected = parse(text)
    members = scan(text).members
    edits = []
    for path, (old, value) in values.items():
        found = _at(expected, path)
        if not isinstance(found, str) or old not in {None, found}:
            what = "a string" if old is None else old
            raise EditError(f"{_dotted(path)} is not {what}", line=locate(text, path)[0])
        if not _assign(expected, path, value):
            span = members[path].value
            edits.append((span.start, span.stop, layout.string_like(text, span, value)))
    return _verified(splice_all(text, edits), expected)


def add_keys(text: str, table: Path, values: Mapping[str, object]) -> str:
    """Add several keys to a table that does not have them yet, as `set_value` does."""
    for key, value in values.items():
        # The table either has a header from the first key on, or takes all keys at once.
        if not layout.has_lines(text, table):
            text = set_value(text, (*table, key), value)
            continue
        expected = parse(text)
        added = {k: v for k, v in values.items() if not _assign(expected, (*table, k), v)}
        return _verified(layout.add_lines(text, table, added), expected)
    return text


def delete_all(text: str, paths: Iterable[Path]) -> str:
    """Remove several keys of tables and elements of arrays as `delete` does.

    The result is read once; anything that is neither is removed one by one.

    Raises:
        KeyError: one of them is not there.
        EditError: one of them cannot be removed alone.

    """
    document = scan(text)
    expected = parse(text)
    lines: list[Member] = []
    elements: dict[Path, set[int]] = {}
    alone: list[Path] = []
    for path in paths:
        _at(expected, path)
        member = document.members.get(path)
        if member is not None and isinstance(member.owner, Table):
            lines.append(member)
        elif (
            member is not None and isinstance(member.owner, Value) and member.owner.kind == "array"
        ):
            elements.setdefault(path[:-1], set()).add(int(path[-1]))
        else:
            alone.append(path)
    for member in lines:
        _remove(expected, member.path, document.declared)
    for path, gone in elements.items():
        array = _at(expected, path)
        array[:] = [element for index, element in enumerate(array) if index not in gone]
    edits = [layout.line_of(text, member) for member in lines]
    for path, gone in elements.items():
        edits += layout.without_elements(text, document.members[path].value, gone)
    text = _verified(layout.without_lines(text, edits), expected)
    # Of an array of tables the last goes first: the others keep their numbers.
    for path in sorted(alone, key=_number, reverse=True):
        text = delete(text, path)
    return text


def _number(path: Path) -> int:
    """Return the number of an element in its array, -1 for a key."""
    return path[-1] if isinstance(path[-1], int) else -1


def append_string(text: str, path: Path, value: str, *, keep_sorted: bool = False) -> str:
    """Add a string to an array, in the array's own layout.

    With `keep_sorted` it goes to its place in an array that is sorted and has no comment lines;
    use this only if the order has no meaning (dependencies, never warning filters).

    Raises:
        KeyError: there is nothing at `path`.
        EditError: it is not an array of values.

    """
    elements = _lookup(text, path)
    if not isinstance(elements, list) or path not in scan(text).members:
        raise EditError(f"{_dotted(path)} is not an array", line=locate(text, path)[0])
    index = len(elements)
    if keep_sorted and not layout.has_comment_line(text, path):
        index = _sorted_place(elements, value)
    elements.insert(index, value)
    expected = parse(text)
    _assign(expected, path, elements)
    return _verified(layout.insert_element(text, path, index, value), expected)


def delete(text: str, path: Path) -> str:
    """Remove a key, an array element, or a table with everything that is in it.

    A comment on the line goes with it; comments on lines of their own stay.

    Raises:
        KeyError: there is nothing at `path`.
        EditError: it cannot be removed alone.

    """
    _at(parse_shared(text), path)
    document = scan(text)
    member = document.members.get(path)
    expected = parse(text)
    _remove(expected, path, document.declared)
    if member is not None:
        return _verified(layout.remove_member(text, member), expected)
    return _verified(layout.remove_table(text, path), expected)


def rename(text: str, path: Path, new_key: str) -> str:
    """Rename the last part of a key or a table in its place.

    Raises:
        KeyError: there is nothing at `path`.
        EditError: the new name is taken.

    """
    expected = parse(text)
    table = _at(expected, path[:-1])
    if new_key in table:
        raise EditError(f"{_dotted((*path[:-1], new_key))} already exists")
    table[new_key] = _at(table, path[-1:])
    del table[path[-1]]
    return _verified(layout.rename_key(text, path, new_key), expected)


def _lookup(text: str, path: Path) -> Any:  # noqa: ANN401 - any TOML value
    return _at(parse(text), path)


def _at(value: Any, path: Path) -> Any:  # noqa: ANN401 - any TOML value
    for key in path:
        if not _has(value, key):
            raise KeyError(path)
        value = value[key]
    return value


def _has(container: object, key: str | int) -> bool:
    if isinstance(container, list):
        return key in range(len(container))
    return isinstance(container, dict) and key in container


def _dotted(path: Path) -> str:
    return ".".join(str(key) for key in path)


def _assign(document: dict[str, Any], path: Path, value: object) -> bool:
    """Put `value` into plain data; tell whether there was one already."""
    container: Any = document
    for number, key in enumerate(path, 1):
        if not _has(container, key):
            if not isinstance(container, dict):
                raise EditError(f"there is no place for {_dotted(path)}")
            container[key] = {} if number < len(path) else deepcopy(value)
        elif number == len(path):
            if _same(container[key], value):
                return True
            container[key] = deepcopy(value)
        container = container[key]
    return False


def _remove(data: dict[str, Any], path: Path, declared: frozenset[Path]) -> None:
    """Delete from plain data; a parent without its own header or value is deleted when empty."""
    del _at(data, path[:-1])[path[-1]]
    for depth in range(len(path) - 1, 0, -1):
        parent = path[:depth]
        if _at(data, parent) or parent in declared:
            return
        del _at(data, parent[:-1])[parent[-1]]


def _same(one: object, other: object) -> bool:
    """Compare values strictly: 1, 1.0 and true are three values, nan is equal to itself."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (isnan(one) and isnan(other))
    return type(one) is type(other) and one == other


def _verified(text: str, expected: dict[str, Any]) -> str:
    try:
        found = parse_shared(text)
    except ParseError as error:
        raise EditError(f"the edit would not be valid TOML: {error.message}") from error
    if not _same(found, expected):
        raise EditError("the edit would change more than it should")
    return text


def _sorted_place(elements: list[Any], value: str) -> int:
    """Return the index that keeps `elements` sorted, by name or by letters; else the end."""
    if not all(isinstance(element, str) for element in elements):
        return len(elements)
    for key in (_name, str.casefold):
        keys = [key(element) for element in elements]
        if len(keys) > 1 and keys == sorted(keys):
            return bisect(keys, key(value))
    return len(elements)


def _name(requirement: str) -> str:
    """Return what a requirement is sorted by: `pytest` comes before `pytest-asyncio`."""
    match = _NAME.match(requirement)
    return match.group().casefold() if match else ""
