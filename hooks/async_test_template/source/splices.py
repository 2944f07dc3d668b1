"""Carry out splices on the bytes of a Python file, and make sure that nothing else changes."""

from __future__ import annotations

import ast
import re
import warnings
from bisect import bisect_left, bisect_right
from contextlib import suppress
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from async_test_template.errors import EditError, ParseError
from async_test_template.source.changes import remove_import, remove_whole, with_blank_lines
from async_test_template.source.imports import in_order
from async_test_template.source.source import Source, Unreadable
from async_test_template.source.statements import statements_of
from async_test_template.source.text import decode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from async_test_template.source.imports import ImportStyle
    from async_test_template.source.statements import Statements

#: Start, end, and the new text.
Splice: TypeAlias = "tuple[int, int, bytes]"

_WORDS = re.compile(r"[\w.\[\], |]+")


def splice(
    file: str,
    data: bytes,
    splices: Iterable[Splice],
    styles: Sequence[ImportStyle] = (),
    statements: Statements | None = None,
) -> tuple[Source, bytes]:
    """Return the file's new code and its bytes, without imports that the splices leave unused.

    Imports that are in order stay so.

    The result must parse, and compile if the file did, and every statement that no splice touches
    must be in it with the same text, kind and nesting.

    Args:
        file: its path, for messages.
        data: its bytes, in any encoding it has.
        splices: what changes; places count in the text as UTF-8 (see `Source`).
        styles: how its imports may be sorted, the likeliest first.
        statements: where its statements are, if that is known.

    Raises:
        EditError: two splices overlap, or the result would not be as meant.

    """
    encoded = decode(data)
    spans = sorted(set(splices), key=_order)
    text = encoded.text.encode()
    if statements is None:
        statements = statements_of(_parse(file, encoded.text))
    new = _spliced(file, text, statements, spans)
    removed = b" ".join(text[start:end] for start, end, _ in spans)
    unused = sorted(_unused_imports(file, text, removed, new))
    if unused:
        new = _spliced(file, new.data, statements_of(new), unused)
    order = in_order(partial(_parse, file, encoded.text), new, styles)
    if order:
        ordered = _spliced(file, new.data, statements_of(new), order)
        if _imported(ordered) != _imported(new):
            raise EditError("the imports cannot be sorted")
        new = ordered
    if (why := _why_not_compiled(new.data)) and not _why_not_compiled(text):
        raise EditError(f"the result does not compile: {why}")
    try:
        return new, encoded.encode(new.data.decode())
    except ParseError as error:
        raise EditError(error.message) from error


def _order(one: Splice) -> tuple[int, int, bool, bytes]:
    """Return what splices are sorted by: at the same place, imports come before what needs them."""
    start, end, text = one
    return start, end, not text.lstrip().startswith((b"import ", b"from ")), text


def _spliced(file: str, old: bytes, statements: Statements, splices: Sequence[Splice]) -> Source:
    parts = []
    position = 0
    for start, end, text in splices:
        if start < position:
            raise EditError("two changes overlap")
        parts += [old[position:start], text]
        position = end
    new = _parse(file, b"".join([*parts, old[position:]]).decode())
    _compare(old, statements, statements_of(new), splices)
    return new


def _parse(file: str, text: str) -> Source:
    source = Source(file, text)
    try:
        source.tree  # noqa: B018 - parsed when it is asked for
    except Unreadable as error:
        raise EditError(f"the result does not parse: {error.message}") from error
    return source


def _why_not_compiled(text: bytes) -> str:
    """Say what Python has against a file that parses, such as an argument that is given twice."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Decoded: in bytes it would look for a cookie.
            compile(text.decode(), "", "exec", dont_inherit=True)
    except SyntaxError as error:
        return error.msg
    except (ValueError, RecursionError, MemoryError) as error:
        return str(error) or "too deeply nested"
    return ""


def _compare(
    old: bytes, statements: Statements, after: Statements, splices: Sequence[Splice]
) -> None:
    """Require that each untouched statement is where the splices have moved it."""
    starts = [start for start, _, _ in splices]
    ends = [end for _, end, _ in splices]
    moved = [0]
    for start, end, text in splices:
        moved.append(moved[-1] + len(text) - (end - start))
    found = set(_in_fours(after))
    for start, end, kind, depth in _in_fours(statements):
        before = bisect_right(ends, start)
        if before < len(splices) and bisect_left(starts, end) > before:
            continue
        shift = moved[before]
        if (start + shift, end + shift, kind, depth) not in found:
            line = old.count(b"\n", 0, start) + 1
            raise EditError(f"the change would touch line {line} too")


def _in_fours(statements: Statements) -> Iterator[tuple[int, int, int, int]]:
    numbers = iter(statements)
    return zip(numbers, numbers, numbers, numbers, strict=True)


def _unused_imports(file: str, old: bytes, removed: bytes, new: Source) -> Iterator[Splice]:
    """Yield the splices that remove top-level imports whose last use was in what was removed."""
    # Behind a dot is an attribute.
    words = set(re.findall(r"(?<![\w.])\w+", removed.decode(errors="replace")))
    gone = {
        (node, alias)
        for node in new.tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
        if alias.name not in {"*", alias.asname}
        and (bound := alias.asname or alias.name.partition(".")[0]) in words
        and not _is_used(new, bound)
        and not _is_requested(new, bound)
    }
    if not gone:
        return
    # Parameters, keywords and comments are words too: what only they name is a fixture or an
    # import for what it does.
    before = _parse(file, old.decode())
    by_statement: dict[ast.Import | ast.ImportFrom, list[ast.alias]] = {}
    for node, alias in gone:
        if not _is_used(before, alias.asname or alias.name.partition(".")[0]):
            continue
        line = new.data[new.offset(node.lineno) : new.line_end(new.end(node))]
        if b"noqa" not in line and _module(node) != "__future__":
            by_statement.setdefault(node, []).append(alias)
    spans = []
    for node, aliases in by_statement.items():
        # An import too many is better than no fix at all.
        with suppress(EditError):
            if len(aliases) == len(node.names):
                spans.append(remove_whole(new, node))
            elif len(aliases) == 1:
                spans.append(remove_import(new, node, aliases[0]))
            elif b"#" not in line and "(" not in new.text(node):
                # In brackets none of several is removed: the lines would change.
                spans += _several(new, node, aliases)
    for start, end in _joined(spans):
        is_whole = start == new.line_start(start) and end == new.line_start(end)
        # Each alone may leave a gap before the first and another one behind the last.
        yield *(with_blank_lines(new, start, end) if is_whole else (start, end)), b""


def _several(
    new: Source, node: ast.Import | ast.ImportFrom, aliases: Collection[ast.alias]
) -> Iterator[tuple[int, int]]:
    """Yield the spans to cut, so that some of the names that a statement imports are removed."""
    last = max(index for index, alias in enumerate(node.names) if alias not in aliases)
    for alias, following in pairwise(node.names[: last + 1]):
        if alias in aliases:
            yield new.start(alias), new.start(following)
    if last + 1 < len(node.names):
        yield new.end(node.names[last]), new.end(node.names[-1])


def _imported(source: Source) -> set[tuple[str, int, str, str | None]]:
    """Return what all imports of a file bring, by module, level, name and name here."""
    nodes: list[ast.Import | ast.ImportFrom] = [*source.nodes.of(ast.Import)]
    nodes += source.nodes.of(ast.ImportFrom)
    return {
        (_module(node) or "", getattr(node, "level", 0), alias.name, alias.asname)
        for node in nodes
        for alias in node.names
    }


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


def _is_requested(source: Source, name: str) -> bool:
    """Tell whether a parameter has the name, because it may ask for an imported fixture."""
    return any(argument.arg == name for argument in source.nodes.of(ast.arg))


def _is_used(source: Source, name: str) -> bool:
    if any(isinstance(node, ast.Name) for node in source.mentions.get(name, ())):
        return True
    # `__all__` and annotations in quotes name things too.
    return any(
        isinstance(node.value, str)
        and name in node.value
        and _WORDS.fullmatch(node.value)
        and name in re.findall(r"\w+", node.value)
        for node in source.nodes.of(ast.Constant)
    )
