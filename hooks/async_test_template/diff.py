"""The changes of a plan, as a unified diff that `git apply` and `patch -p1` accept."""

from __future__ import annotations

import difflib
import os
import re
from typing import TYPE_CHECKING

from async_test_template.config import files
from async_test_template.shown import shown_diff

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_COLOURS = {"+": "\033[32m", "-": "\033[31m", "@": "\033[36m"}
#: Characters for which git quotes a name, and how it writes such a byte.
_QUOTED = re.compile(rb'[\x00-\x1f\x7f"\\]')
_LETTERS = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 34: '"', 92: "\\"}


def for_people(changes: Mapping[str, tuple[bytes, bytes]], *, colour: bool) -> str:
    """Return the diff of old and new contents by file, safe to look at on a terminal.

    Colours only repeat the signs. Text that a terminal would obey is printed as escapes.
    """
    lines = [
        shown_diff(line)
        for file in sorted(changes)
        for line in _of_file(file, *(files.decode(data).text for data in changes[file]))
    ]
    return "".join(map(_coloured, lines) if colour else lines)


def for_programs(changes: Mapping[str, tuple[bytes, bytes]]) -> bytes:
    """Return the diff byte by byte, for a program that makes the change."""
    return "".join(
        line
        for file in sorted(changes)
        for line in _of_file(
            file, *(data.decode("utf-8", "surrogateescape") for data in changes[file])
        )
    ).encode("utf-8", "surrogateescape")


def _of_file(file: str, old: str, new: str) -> Iterator[str]:
    names = (_name(f"a/{file}"), _name(f"b/{file}"))
    for line in difflib.unified_diff(_lines(old), _lines(new), *names):
        if line.endswith("\n"):
            yield line
        else:
            yield f"{line}\n\\ No newline at end of file\n"


def _name(name: str) -> str:
    """Return a name as git writes it: in quotes, with C's escapes, if it could be misread."""
    data = os.fsencode(name)
    if not _QUOTED.search(data):
        return name
    escaped = _QUOTED.sub(lambda match: _escape(match[0][0]).encode(), data)
    return f'"{os.fsdecode(escaped)}"'


def _escape(byte: int) -> str:
    return f"\\{_LETTERS[byte]}" if byte in _LETTERS else f"\\{byte:03o}"


def _lines(text: str) -> list[str]:
    # Not splitlines: patch separates lines by newlines only.
    parts = text.split("\n")
    lines = [f"{part}\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines


def _coloured(line: str) -> str:
    colour = _COLOURS.get(line[:1], "")
    return f"{colour}{line[:-1]}\033[0m\n" if colour else line
