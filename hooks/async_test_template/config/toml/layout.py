"""The layout of an edit of a TOML document: text in, text out.

Nothing here considers the meaning; `toml` checks that the result means what it should.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.config.text import (
    BYTE_ORDER_MARK,
    LINE_ENDS,
    append_block,
    insert_line,
    line_end,
    line_start,
    next_line,
    remove_lines,
    splice,
    splice_all,
    without_last_end,
)
from async_test_template.config.toml.spans import Path, Table, scan
from async_test_template.errors import EditError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from async_test_template.config.toml.spans import Document, Member, Value

_INDENT = "    "
Edit = tuple[int, int, str]
_BLANKS = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACES = re.compile(r"[ \t]*")
_REST_OF_LINE = re.compile(r"[ \t]*(?:#[^\n]*)?\r?\n")


def replace_value(text: str, value: Value, new: object) -> str:
    """Replace a value."""
    like = text[value.start : value.stop]
    return splice(text, value.start, value.stop, to_toml(new, like, line_end(text, value.start)))


def string_like(text: str, value: Value, new: str) -> str:
    """Write a string in the style of the one at `value`, which it replaces."""
    # The line end above is looked up only if it is needed, which takes long in a long file.
    end = line_end(text, value.start) if "\n" in new else "\n"
    return to_toml(new, text[value.start : value.stop], end)


def has_lines(text: str, path: Path) -> bool:
    """Tell whether assignments to a table are on lines of their own, below its header."""
    return any(table.path == path and (table.keys or table.members) for table in scan(text).tables)


def add_lines(text: str, path: Path, values: Mapping[str, object]) -> str:
    """Write missing keys below the last one of a table that `has_lines`."""
    table = next(t for t in scan(text).tables if t.path == path and (t.keys or t.members))
    last = table.members[-1] if table.members else None
    named = {key_to_toml(key): value for key, value in values.items()}
    return _add_assignments(text, table, last, named)


def add_key(text: str, path: Path, value: object) -> str:
    """Write a missing key in the notation of its table, which may be missing too."""
    document = scan(text)
    parent, key = path[:-1], path[-1]
    if not isinstance(key, str):
        raise EditError(f"there is no element {key} to replace")
    for table in document.tables:
        if table.path == parent and (table.keys or table.members):
            last = table.members[-1] if table.members else None
            return _add_assignments(text, table, last, {key_to_toml(key): value})
    for member in reversed(document.members.values()):
        depth = len(parent) - len(member.path) + len(member.keys)
        is_sibling = member.path[: len(parent)] == parent and 0 < depth < len(member.keys)
        if is_sibling and isinstance(member.owner, Table):
            prefix = text[member.start : member.keys[depth].start]
            named = {prefix + key_to_toml(key): value}
            return _add_assignments(text, member.owner, member, named)
    for depth in range(len(path) - 1, 0, -1):
        if around := document.members.get(path[:depth]):
            return _add_inline(text, around.value, path[depth:], value)
    return _add_table(text, document, parent, f"{key_to_toml(key)} = ", value)


def _add_assignments(
    text: str, table: Table, last: Member | None, named: Mapping[str, object]
) -> str:
    """Write assignments on the lines below `last`, or below the header if there is none."""
    start = last.start if last else table.start
    offset = next_line(text, last.value.stop if last else table.stop)
    indent = text[line_start(text, start) : start]
    equals = _equals(text, last) if last else " = "
    like, end = _quotes(text, table.members), line_end(text, offset)
    lines = [indent + name + equals + to_toml(value, like, end) for name, value in named.items()]
    return insert_line(text, offset, end.join(lines))


def _add_inline(text: str, table: Value, keys: Path, value: object) -> str:
    name = ".".join(key_to_toml(str(key)) for key in keys)
    if table.kind != "inline table":
        raise EditError(f"{name} cannot be written into a value that is not a table")
    if not table.members:
        return splice(text, table.start, table.stop, f"{{ {name} = {to_toml(value)} }}")
    last = table.members[-1]
    written = to_toml(value, _quotes(text, table.members))
    stop = last.value.stop
    return splice(text, stop, stop, f", {name}{_equals(text, last)}{written}")


def _add_table(text: str, document: Document, path: Path, assignment: str, value: object) -> str:
    """Write a table with its first key: above its sub-tables, else at the end."""
    if not all(isinstance(part, str) for part in path):
        raise EditError("an array of tables gets no new table")
    offset = len(text)
    for above, table in zip(document.tables, document.tables[1:], strict=False):
        if table.path[: len(path)] == path:
            offset = _comments_above(text, above, table)
            break
    end = line_end(text, offset)
    name = ".".join(key_to_toml(str(part)) for part in path)
    header = f"[{name}]{end}" if path else ""
    block = header + assignment + to_toml(value, line_break=end)
    if offset < len(text):
        return splice(text, offset, offset, block + end + end)
    return append_block(text, block)


def _comments_above(text: str, above: Table, table: Table) -> int:
    """Return the offset of the comment lines that are directly above a table's header."""
    floor = next_line(text, above.members[-1].value.stop if above.members else above.stop)
    offset = line_start(text, table.start)
    while offset > floor:
        start = line_start(text, offset - 1)
        if not text[start:offset].lstrip().startswith("#"):
            break
        offset = start
    return offset


def remove_member(text: str, member: Member) -> str:
    """Remove an assignment or an array element, with its comma or its line."""
    owner, start, stop = member.owner, member.start, member.value.stop
    if isinstance(owner, Table):
        return _remove_assignment(text, member)
    number = next(at for at, other in enumerate(owner.members) if other is member)
    before = owner.members[number - 1].value.stop if number else None
    behind = owner.members[number + 1].start if number + 1 < len(owner.members) else None
    if owner.kind == "array":
        return _remove_element(text, start, stop, before)
    if behind is not None:
        return splice(text, start, behind, "")
    if before is not None:
        return splice(text, before, stop, "")
    return splice(text, owner.start, owner.stop, "{}")


def without_elements(text: str, array: Value, indexes: Collection[int]) -> list[Edit]:
    """Return the edits that remove several elements of an array, the last one first.

    For each one, only the text between the elements that stay is read.
    """
    members = array.members
    edits: list[Edit] = []
    stop = array.stop
    rest = ""
    for index in reversed(range(len(members))):
        if index not in indexes:
            stop = members[index].start
            continue
        found = members[index]
        begin = members[index - 1].value.stop if index else array.start
        if index + 1 not in indexes:
            rest = text[found.value.stop : stop]
        gap = text[begin : found.start]
        piece = gap + text[found.start : found.value.stop] + rest
        size = len(piece) - len(rest)
        rest = _remove_element(piece, len(gap), size, 0 if index else None)
        if index - 1 not in indexes:
            edits.append((begin, stop, rest))
    return edits


def line_of(text: str, member: Member) -> Edit:
    """Return the edit that removes the lines of an assignment in a table."""
    return line_start(text, member.start), next_line(text, member.value.stop), ""


def without_lines(text: str, edits: list[Edit]) -> str:
    """Make edits that remove lines; a text without a last line end has none afterwards."""
    result = splice_all(text, edits)
    return result if text.endswith(LINE_ENDS) else without_last_end(result)


def _remove_element(text: str, start: int, stop: int, before: int | None) -> str:
    comma = _comma_behind(text, stop)
    behind = stop if comma is None else comma
    if _is_first_on_line(text, start) and _REST_OF_LINE.match(text, behind):
        return splice(text, line_start(text, start), next_line(text, behind), "")
    if comma is not None:
        return splice(text, start, _end(_SPACES, text, comma), "")
    if before is not None and text[before:start].strip(" \t") == ",":
        return splice(text, before, stop, "")
    return splice(text, start, stop, "")


def _remove_assignment(text: str, member: Member) -> str:
    return remove_lines(text, line_start(text, member.start), next_line(text, member.value.stop))


def remove_table(text: str, path: Path) -> str:
    """Remove a table with its sub-tables, however they are written; comment lines stay."""
    document = scan(text)
    depth = len(path)
    for table in reversed(document.tables):
        is_inside = table.path[:depth] == path
        for member in reversed(table.members):
            if is_inside or member.path[:depth] == path:
                text = _remove_assignment(text, member)
        if is_inside:
            text = _remove_header(text, table)
    return text


def _remove_header(text: str, table: Table) -> str:
    """Remove a header's line, and one of the two runs of blank lines that then meet."""
    start = line_start(text, table.start)
    last_end = line_end(text, start) if text.endswith("\n") else ""
    text = remove_lines(text, start, next_line(text, table.stop))
    above, below = text[:start], text[start:]
    if not below.strip("\r\n"):
        kept = above.rstrip("\r\n")
        return kept + last_end if kept.strip(BYTE_ORDER_MARK) else kept
    if above.endswith(("\n\n", "\n\r\n")) or not above.strip(BYTE_ORDER_MARK):
        return above + below.lstrip("\r\n")
    return text


def rename_key(text: str, path: Path, new: str) -> str:
    """Rename the last part of `path` wherever it is written."""
    for start, stop in sorted(key_spans(text, path), reverse=True):
        text = splice(text, start, stop, key_to_toml(new))
    return text


def key_spans(text: str, path: Path) -> list[tuple[int, int]]:
    """Find every place where the last part of `path` is written, in headers and keys."""
    document = scan(text)
    depth = len(path)
    spans = []
    for table in document.tables:
        if table.path[:depth] == path:
            key = table.keys[sum(isinstance(part, str) for part in path) - 1]
            spans.append((key.start, key.stop))
    for member in document.members.values():
        above = len(member.path) - len(member.keys)
        if member.path[:depth] == path and above < depth:
            key = member.keys[depth - above - 1]
            spans.append((key.start, key.stop))
    return spans


def change_elements(text: str, path: Path, old: Sequence[object], new: Sequence[object]) -> str:
    """Change an array from its old elements to the new ones, each in its place."""
    # Only an array that changes needs it.
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(None, [*map(repr, old)], [*map(repr, new)], autojunk=False)
    for tag, first, last, new_first, new_last in reversed(matcher.get_opcodes()):
        if tag == "equal":
            continue
        elements = new[new_first:new_last]
        common = min(last - first, len(elements))
        for index in reversed(range(first + common, last)):
            text = remove_member(text, scan(text).members[(*path, index)])
        for index, element in enumerate(elements[common:], first + common):
            text = insert_element(text, path, index, element)
        for index, element in enumerate(elements[:common], first):
            text = replace_value(text, scan(text).members[(*path, index)].value, element)
    return text


def insert_element(text: str, path: Path, index: int, element: object) -> str:
    """Put an element into an array, on a line of its own if the others have their own lines."""
    array = scan(text).members[path].value
    written = to_toml(element, _quotes(text, array.members))
    if not array.members:
        return _first_element(text, array, written)
    if index == 0:
        return _element_before(text, array.members[0].start, written)
    return _element_behind(text, array.members[index - 1].value, written)


def _first_element(text: str, array: Value, written: str) -> str:
    closing = array.stop - 1
    if "\n" not in text[array.start : closing]:
        return splice(text, array.start + 1, closing, written)
    line = line_start(text, closing)
    return insert_line(text, line, f"{text[line:closing]}{_INDENT}{written},")


def _element_before(text: str, start: int, written: str) -> str:
    if _is_first_on_line(text, start):
        line = line_start(text, start)
        return insert_line(text, line, f"{text[line:start]}{written},")
    return splice(text, start, start, f"{written}, ")


def _element_behind(text: str, value: Value, written: str) -> str:
    """Put an element after another one, or below it if that one starts its line."""
    start, stop = value.start, value.stop
    comma = _comma_behind(text, stop)
    behind = stop if comma is None else comma
    if not _is_first_on_line(text, start) or "\n" in text[stop:behind]:
        return splice(text, stop, stop, f", {written}")
    line = text[line_start(text, start) : start] + written
    if _REST_OF_LINE.match(text, behind):
        if comma is not None:
            return insert_line(text, next_line(text, behind), line + ",")
        return splice(insert_line(text, next_line(text, stop), line), stop, stop, ",")
    if text[_end(_BLANKS, text, behind)] == "]":
        return splice(text, stop, stop, "," + line_end(text, stop) + line)
    return splice(text, stop, stop, f", {written}")


def has_comment_line(text: str, path: Path) -> bool:
    """Tell whether a comment is on a line of its own between an array's elements."""
    array = scan(text).members[path].value
    ends = [array.start + 1, *(member.value.stop for member in array.members)]
    starts = [*(member.start for member in array.members), array.stop]
    gaps = (text[end:start] for end, start in zip(ends, starts, strict=True))
    return any(re.search(r"\n[ \t]*#", gap) for gap in gaps)


def _comma_behind(text: str, stop: int) -> int | None:
    """Return the offset after the comma that follows an element, or None where none does."""
    at = _end(_BLANKS, text, stop)
    return at + 1 if text[at] == "," else None


def _end(pattern: re.Pattern[str], text: str, offset: int) -> int:
    match = pattern.match(text, offset)
    return match.end() if match else offset


def _is_first_on_line(text: str, offset: int) -> bool:
    return not text[line_start(text, offset) : offset].strip(" \t")


def _equals(text: str, member: Member) -> str:
    """Return the equals sign as `member` has it; spaces that align it are not copied."""
    return "=" if text[member.keys[-1].stop : member.value.start] == "=" else " = "


def _quotes(text: str, members: list[Member]) -> str:
    """Return the last string among `members` as a model for a new one."""
    strings = [member.value for member in members if member.value.kind == "string"]
    return text[strings[-1].start : strings[-1].stop] if strings else ""


def to_toml(value: object, like: str = "", line_break: str = "\n") -> str:
    """Write a value as TOML; a string in the kind of quotes of `like`, where they can hold it.

    `line_break` separates the lines of a string of several lines.
    """
    # Imported late: reading does not need tomlkit, and importing it takes long.
    import tomlkit

    if isinstance(value, list):
        return "[" + ", ".join(to_toml(item, like) for item in value) + "]"
    if isinstance(value, dict):
        pairs = [f"{key_to_toml(key)} = {to_toml(item, like)}" for key, item in value.items()]
        return "{ " + ", ".join(pairs) + " }" if pairs else "{}"
    if not isinstance(value, str):
        return tomlkit.item(value).as_string()
    if like.startswith(('"""', "'''")) and "\n" in value:
        return _lines_to_toml(value, like, line_break)
    is_literal = like.startswith("'") and "'" not in value and value.isprintable()
    return tomlkit.string(value, literal=is_literal).as_string()


def _lines_to_toml(value: str, like: str, line_break: str) -> str:
    """Write a string of several lines; a first line break is not part of it."""
    import tomlkit

    quotes = like[:3]
    content = value
    printable = value.replace("\n", "").replace("\t", "").isprintable()
    if quotes == '"""' or "'''" in value or value.endswith("'") or not printable:
        quotes = '"""'
        content = tomlkit.string(value, multiline=True).as_string()[3:-3]
        content = content[1:] if value.startswith("\n") else content
    opening = "\n" if value.startswith("\n") or like[3:].startswith(("\n", "\r\n")) else ""
    return (quotes + opening + content + quotes).replace("\n", line_break)


def key_to_toml(name: str) -> str:
    """Write one part of a key, in quotes where it needs them."""
    import tomlkit

    return tomlkit.key(name).as_string()
