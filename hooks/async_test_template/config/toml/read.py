"""Read TOML into plain values; a separate module, because most runs only read."""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from async_test_template.config.text import BYTE_ORDER_MARK, position
from async_test_template.errors import ParseError

_PLACE = r" \(?at (?:line (?P<line>\d+),? col(?:umn)? (?P<column>\d+)|end of document)\)?$"

#: No real key has so many parts.
_PARTS = 200
_PIECE = r"""[\w-]+|"[^"]*"|'[^']*'|[ \t]+|."""
_NAME = r"""[\w"'-]"""
_LONG_NUMBER = r"(?<![0-9A-Za-z_])0[box][0-9A-Fa-f_]{1000}"


def parse(text: str) -> dict[str, Any]:
    """Read a document into plain values; a byte order mark is passed over.

    It is read with tomllib, as pytest does, which is tomli on Python 3.10.

    Raises:
        ParseError: it is not TOML.

    """
    try:
        copied: dict[str, Any] = _copy(parse_shared(text))
    except RecursionError as error:
        raise ParseError("nested too deeply") from error
    return copied


def _copy(value: Any) -> Any:  # noqa: ANN401 - a value of TOML
    """Copy tables and arrays; no other value can change. `copy` takes 1 ms to import."""
    if isinstance(value, dict):
        return {key: _copy(held) for key, held in value.items()}
    return [_copy(held) for held in value] if isinstance(value, list) else value


@lru_cache(maxsize=32)  # the check after one edit is the start of the next
def parse_shared(text: str) -> dict[str, Any]:
    """Read a document once and return the same values to all callers, who must not change them."""
    source = text.removeprefix(BYTE_ORDER_MARK)
    _refuse_long_keys(source)
    try:
        document = tomllib.loads(source)
        # The plain texts first: hardly a document has them, and compiling a pattern takes time.
        if any(base in source for base in ("0b", "0o", "0x")) and re.search(_LONG_NUMBER, source):
            # Python reads numbers of any length in other bases, but does not print them in decimal.
            repr(document)
    except ValueError as error:
        message = re.sub(_PLACE, "", str(error))
        if (place := re.search(_PLACE, str(error))) and place["line"]:
            line, column = int(place["line"]), int(place["column"])
        else:
            line, column = position(source, len(source))
        raise ParseError(message, line=line, column=column) from error
    return document


def _refuse_long_keys(source: str) -> None:
    """Refuse a key with hundreds of parts: tomllib takes quadratic time for it.

    Raises:
        ParseError: there is one.

    """
    for number, line in enumerate(source.split("\n"), 1):
        if line.count(".") < _PARTS:
            continue
        parts, before = 0, ""
        for word in re.findall(_PIECE, line):
            if word.isspace():
                continue
            if word == ".":
                parts = parts + 1 if before != "." else 0
            elif before != "." or not re.match(_NAME, word):
                parts = 0
            before = word
            if parts >= _PARTS:
                raise ParseError("nested too deeply", line=number)


def value_at(document: dict[str, Any], *keys: str) -> object:
    """Return the value after these keys, None where one is missing or holds no table."""
    value: object = document
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def table_at(document: dict[str, Any], *keys: str) -> dict[str, Any]:
    """Return the table after these keys, an empty one where there is something else or nothing."""
    found = value_at(document, *keys)
    return found if isinstance(found, dict) else {}
