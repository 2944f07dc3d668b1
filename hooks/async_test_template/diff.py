"""What a plan changes, as a unified diff that `git apply` and `patch -p1` take."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from async_test_template.config import files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_COLOURS = {"+": "\033[32m", "-": "\033[31m", "@": "\033[36m"}


def unified(changes: Mapping[str, tuple[bytes, bytes]], *, colour: bool = False) -> str:
    """Give the diff of old and new contents by file; colours only repeat the signs."""
    lines = [line for file in sorted(changes) for line in _of_file(file, *changes[file])]
    if colour:
        lines = [_coloured(line) for line in lines]
    return "".join(lines)


def _of_file(file: str, old: bytes, new: bytes) -> Iterator[str]:
    before, after = _lines(old), _lines(new)
    for line in difflib.unified_diff(before, after, f"a/{file}", f"b/{file}"):
        if line.endswith("\n"):
            yield line
        else:
            yield f"{line}\n\\ No newline at end of file\n"


def _lines(data: bytes) -> list[str]:
    # Not splitlines: patch knows a line by its newline alone.
    parts = files.decode(data).text.split("\n")
    lines = [f"{part}\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines


def _coloured(line: str) -> str:
    colour = _COLOURS.get(line[:1], "")
    return f"{colour}{line[:-1]}\033[0m\n" if colour else line
