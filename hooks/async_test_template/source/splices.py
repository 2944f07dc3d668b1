"""Carry out splices on the bytes of a Python file, and make sure that nothing else changes."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left, bisect_right
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

from async_test_template.errors import EditError, ParseError
from async_test_template.source.changes import remove_import, remove_whole
from async_test_template.source.source import Source, Unreadable
from async_test_template.source.text import decode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

#: Start, end, and what stands there instead.
Splice: TypeAlias = "tuple[int, int, bytes]"

_BLANK_LINES = re.compile(rb"(?:[ \t]*(?:\r\n|\r|\n))*")
_WORDS = re.compile(r"[\w.\[\], |]+")


def splice(file: str, data: bytes, splices: Iterable[Splice]) -> tuple[Source, bytes]:
    """Give the file's new code and its bytes, without imports that the splices leave unused.

    The result must parse, and every statement that no splice touches must stand in it with the
    same text, kind and nesting.

    Args:
        file: its path, for messages.
        data: its bytes, in whatever encoding it has.
        splices: what changes; places count in the text as UTF-8 (see `Source`).

    Raises:
        EditError: two splices overlap, or the result would not be as meant.

    """
    encoded = decode(data)
    old = _parse(file, encoded.text)
    new = _spliced(old, sorted(set(splices)))
    unused = sorted(_unused_imports(old, new))
    if unused:
        new = _spliced(new, unused)
    try:
        return new, encoded.encode(new.data.decode())
    except ParseError as error:
        raise EditError(error.message) from error


def _spliced(old: Source, splices: Sequence[Splice]) -> Source:
    parts = []
    position = 0
    for start, end, text in splices:
        if start < position:
            raise EditError("two changes overlap")
        parts += [old.data[position:start], text]
        position = end
    new = _parse(old.file, b"".join([*parts, old.data[position:]]).decode())
    _compare(old, new, splices)
    return new


def _parse(file: str, text: str) -> Source:
    source = Source(file, text)
    try:
        source.tree  # noqa: B018 - parsed when it is asked for
    except Unreadable as error:
        raise EditError(f"the result does not parse: {error.message}") from error
    return source


def _compare(old: Source, new: Source, splices: Sequence[Splice]) -> None:
    """Require that each untouched statement stands where the splices have moved it."""
    starts = [start for start, _, _ in splices]
    ends = [end for _, end, _ in splices]
    moved = [0]
    for start, end, text in splices:
        moved.append(moved[-1] + len(text) - (end - start))
    found = set(_statements(new))
    for start, end, kind, depth in _statements(old):
        before = bisect_right(ends, start)
        if before < len(splices) and bisect_left(starts, end) > before:
            continue
        shift = moved[before]
        if (start + shift, end + shift, kind, depth) not in found:
            line = old.data.count(b"\n", 0, start) + 1
            raise EditError(f"the change would touch line {line} too")


def _statements(source: Source) -> Iterator[tuple[int, int, type[ast.AST], int]]:
    waiting: list[tuple[ast.AST, int]] = [(source.tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                start = source.start(child)
                for decorator in getattr(child, "decorator_list", ()):
                    start = min(start, source.start(decorator))
                yield start, source.end(child), type(child), depth
                waiting.append((child, depth + 1))
            elif isinstance(child, (ast.excepthandler, ast.match_case)):
                waiting.append((child, depth))


def _unused_imports(old: Source, new: Source) -> Iterator[Splice]:
    """Yield the splices that remove top-level imports which only the old text used."""
    bound = {
        (alias.asname or alias.name.partition(".")[0], node, alias)
        for node in new.tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
        if alias.name not in {"*", alias.asname}
    }
    if not bound:
        return
    used = _used_names(new)
    gone = {item for item in bound if item[0] not in used}
    if not gone:
        return
    used_before = _used_names(old)
    by_statement: dict[ast.Import | ast.ImportFrom, list[ast.alias]] = {}
    for name, node, alias in gone:
        line = new.data[new.offset(node.lineno) : new.line_end(new.end(node))]
        if name in used_before and b"noqa" not in line and _module(node) != "__future__":
            by_statement.setdefault(node, []).append(alias)
    spans = []
    for node, aliases in by_statement.items():
        # An import too many is better than no fix at all.
        with suppress(EditError):
            if len(aliases) == len(node.names):
                spans.append(remove_whole(new, node))
            elif len(aliases) == 1:
                # Of several in one statement none goes: the brackets would change under way.
                spans.append(remove_import(new, node, aliases[0]))
    for start, end in _joined(spans):
        blank = _BLANK_LINES.match(new.data, end) if start == 0 else None
        yield start, blank.end() if blank else end, b""


def _module(node: ast.Import | ast.ImportFrom) -> str | None:
    return node.module if isinstance(node, ast.ImportFrom) else None


def _joined(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Join spans that share blank lines."""
    start = end = -1
    for begin, stop in sorted(spans):
        if begin > end:
            if end >= 0:
                yield start, end
            start = begin
        end = max(end, stop)
    if end >= 0:
        yield start, end


def _used_names(source: Source) -> set[str]:
    used = {node.id for node in source.nodes.of(ast.Name)}
    for node in source.nodes.of(ast.Constant):
        # `__all__` and annotations in quotes name things too.
        if isinstance(node.value, str) and _WORDS.fullmatch(node.value):
            used.update(re.findall(r"\w+", node.value))
    return used
