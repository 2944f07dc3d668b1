"""Edit INI files as pytest reads them: line by line, after iniconfig's grammar.

pytest (9.2, `_pytest/config/findpaths.py`) reads pytest.ini, tox.ini and setup.cfg with
iniconfig (2.3, `iniconfig/_parse.py`), whose rules are its own:

- keys and sections are case-sensitive, `=` or `:` ends a key, nothing is interpolated;
- a line that begins with `#` or `;`, however far indented, is a comment, and so invisible
  inside a value of several lines; so is a blank line;
- there are no comments after a value: `auto  # why` is the value `auto  # why`;
- a line that begins with a space continues the value above, and must have one above;
- a line ends where `str.splitlines` says so, which includes a form feed.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from async_test_template.config.differences import differences
from async_test_template.config.text import (
    BYTE_ORDER_MARK,
    append_block,
    insert_line,
    line_end,
    position,
    remove_lines,
    splice,
    splice_all,
    without_last_end,
)
from async_test_template.errors import EditError, ParseError

_INDENT = "    "
_Edit = tuple[int, int, str]
# What `str.splitlines`, and so iniconfig, takes for the end of a line.
_LINE_ENDS = tuple("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")


class _Line(NamedTuple):
    """One line of a value: the stripped part at `start:stop`, the whole line until `end`."""

    start: int
    stop: int
    line_start: int
    end: int


class _Option:
    """A key at `start:stop` and its value.

    Attributes:
        after: where the value begins, after the delimiter.
        first_end: where the key's own line ends, line end included.
        lines: the lines of the value that are not empty.

    """

    def __init__(self, start: int, stop: int, after: int, first_end: int) -> None:
        self.start = start
        self.stop = stop
        self.after = after
        self.first_end = first_end
        self.lines: list[_Line] = []

    @property
    def end(self) -> int:
        return self.lines[-1].end if self.lines else self.first_end

    def is_on_key_line(self, line: _Line) -> bool:
        return line.end == self.first_end


class _Section:
    """A section's name at `start:stop`, the end of its header line, and its options."""

    def __init__(self, start: int, stop: int, header_end: int) -> None:
        self.start = start
        self.stop = stop
        self.header_end = header_end
        self.options: dict[str, _Option] = {}

    @property
    def end(self) -> int:
        return max([self.header_end, *(option.end for option in self.options.values())])


def parse(text: str) -> dict[str, dict[str, str]]:
    """Read sections, keys and values exactly as iniconfig does.

    Raises:
        ParseError: where iniconfig raises its own.

    """
    return {
        name: {key: _value(text, option) for key, option in section.options.items()}
        for name, section in _scan(text).items()
    }


def locate(
    text: str, section: str, key: str | None = None, line: int | None = None
) -> tuple[int, int]:
    """Return line and column, from 1, of a section's name, of a key, or of one line of its value.

    The lines of a value are counted from 0, without empty ones.

    Raises:
        KeyError: no such section, key or line.

    """
    found = _scan(text)[section]
    if key is None:
        return position(text, found.start)
    option = found.options[key]
    if line is None:
        return position(text, option.start)
    if line not in range(len(option.lines)):
        raise KeyError(line)
    return position(text, option.lines[line].start)


def set_value(text: str, section: str, key: str, value: str) -> str:
    """Set `key`; a missing key is added after the last of its section, a section at the end.

    The lines of a value that stay the same keep their place, indentation and comments.

    Raises:
        EditError: iniconfig would not read `value` back.

    """
    expected = parse(text)
    if expected.get(section, {}).get(key) == value:
        return text
    expected.setdefault(section, {})[key] = value
    sections = _scan(text)
    lines = value.split("\n") if value else []
    if section not in sections:
        entry = _assignment(text, len(text), key, lines, " = ")
        header = f"[{section}]{line_end(text, len(text))}"
        new = append_block(text, header + entry, _LINE_ENDS)
    elif key not in sections[section].options:
        found = sections[section]
        entry = _assignment(text, found.end, key, lines, _delimiter(text, found))
        new = insert_line(text, found.end, entry, _LINE_ENDS)
    else:
        new = _replaced(text, _line_edits(text, sections[section].options[key], lines))
    return _verified(new, expected)


def set_values(text: str, values: Mapping[tuple[str, str], str]) -> str:
    """Set several keys, by section and name, and read the result once.

    Raises:
        KeyError: one of them is not there.
        EditError: iniconfig would not read the values back.

    """
    expected = parse(text)
    sections = _scan(text)
    edits = []
    for (section, key), value in values.items():
        if expected[section][key] != value:
            expected[section][key] = value
            lines = value.split("\n") if value else []
            edits += _line_edits(text, sections[section].options[key], lines)
    return _verified(_replaced(text, edits), expected)


def delete(text: str, section: str, key: str) -> str:
    """Remove a key with all lines of its value and the comments between them.

    Raises:
        KeyError: no such section or key.

    """
    expected = parse(text)
    del expected[section][key]
    option = _scan(text)[section].options[key]
    return _verified(remove_lines(text, option.start, option.end, _LINE_ENDS), expected)


def rename(text: str, section: str, key: str, new_key: str) -> str:
    """Rename a key in its place.

    Raises:
        KeyError: no such section or key.
        EditError: the section has the new key already, or iniconfig would not read it back.

    """
    expected = parse(text)
    options = expected[section]
    if new_key in options:
        raise EditError(f"[{section}] already has the key {new_key!r}")
    options[new_key] = options.pop(key)
    option = _scan(text)[section].options[key]
    return _verified(splice(text, option.start, option.stop, new_key), expected)


def rename_section(text: str, section: str, new_name: str) -> str:
    """Rename a section in its place.

    Raises:
        KeyError: no such section.
        EditError: there is a section of that name, or iniconfig would not read it back.

    """
    expected = parse(text)
    if new_name in expected:
        raise EditError(f"there is already a section [{new_name}]")
    expected[new_name] = expected.pop(section)
    found = _scan(text)[section]
    return _verified(splice(text, found.start, found.stop, new_name), expected)


def comment_above(text: str, section: str, key: str, comment: str) -> str:
    """Put a comment line above a key, for what INI cannot have after a value.

    Raises:
        KeyError: no such section or key.

    """
    start = _scan(text)[section].options[key].start
    new = splice(text, start, start, f"# {comment}{line_end(text, start)}")
    return _verified(new, parse(text))


def _value(text: str, option: _Option) -> str:
    return "\n".join(text[line.start : line.stop] for line in option.lines)


# Many places of one file are looked for.
@lru_cache(maxsize=4)
def _scan(text: str) -> dict[str, _Section]:
    """Find every section, key and line of a value; `_parseline` of iniconfig, with offsets."""
    sections: dict[str, _Section] = {}
    section: _Section | None = None
    option: _Option | None = None
    end = len(BYTE_ORDER_MARK) if text.startswith(BYTE_ORDER_MARK) else 0
    for number, raw in enumerate(text[end:].splitlines(keepends=True), 1):
        start, end = end, end + len(raw)
        line = raw.rstrip()
        if not line or line.lstrip()[0] in "#;":
            continue
        if (name := _section_name(line)) is not None:
            _refuse(name in sections, f"duplicate section {name!r}", number)
            _refuse(not name, "empty section name", number)
            section = sections[name] = _Section(start + 1, start + 1 + len(name), end)
            option = None
        elif line[0] == "[" or line[0].isspace():
            if option is None:
                raise ParseError("unexpected value continuation", line=number)
            content = start + len(line) - len(line.lstrip())
            option.lines.append(_Line(content, start + len(line), start, end))
        else:
            option, key = _option(line, start, end, number)
            if section is None:
                raise ParseError("no section header defined", line=number)
            _refuse(key in section.options, f"duplicate name {key!r}", number)
            section.options[key] = option
    return sections


def _refuse(refused: bool, message: str, line: int) -> None:  # noqa: FBT001 - a condition
    if refused:
        raise ParseError(message, line=line)


def _option(line: str, start: int, end: int, number: int) -> tuple[_Option, str]:
    """Read a line with a key; whichever of `=` and `:` comes first ends the key."""
    delimiters = [at for at in (line.find("="), line.find(":")) if at >= 0]
    _refuse(not delimiters, "this line is neither a section nor an option", number)
    name, value = line[: min(delimiters)].rstrip(), line[min(delimiters) + 1 :].lstrip()
    option = _Option(start, start + len(name), start + min(delimiters) + 1, end)
    if value:
        stop = start + len(line)
        option.lines.append(_Line(stop - len(value), stop, start, end))
    return option, name


def _section_name(line: str) -> str | None:
    """Return the name in a section's header, which may have a comment after it."""
    if line[0] != "[":
        return None
    for character in "#;":
        line = line.split(character, maxsplit=1)[0].rstrip()
    return line[1:-1] if line[-1] == "]" else None


def _verified(text: str, expected: dict[str, dict[str, str]]) -> str:
    try:
        found = parse(text)
    except ParseError as error:
        raise EditError(f"the edit would not be valid INI: {error.message}") from error
    if found != expected:
        raise EditError("the edit would change more than it should")
    return text


def _delimiter(text: str, section: _Section) -> str:
    """Return the delimiter, with its spaces, that the section's last key uses."""
    if not section.options:
        return " = "
    option = list(section.options.values())[-1]
    used = text[option.stop : option.after]
    before = " " if used[0].isspace() else ""
    tight = bool(option.lines) and option.lines[0].start == option.after
    return before + used[-1] + ("" if tight else " ")


def _assignment(text: str, offset: int, key: str, lines: list[str], delimiter: str) -> str:
    """Write a key and its value; several lines each get a line of their own."""
    if len(lines) <= 1:
        return (key + delimiter + "".join(lines)).rstrip()
    separator = line_end(text, offset) + _INDENT
    return (key + delimiter).rstrip() + separator + separator.join(lines)


def _line_edits(text: str, option: _Option, lines: list[str]) -> list[_Edit]:
    """Change the lines of a value that differ and leave the others where they are."""
    if not option.lines and len(lines) == 1:
        space = " " if text[option.stop].isspace() else ""
        stop = option.after + len(text[option.after : option.first_end].rstrip("".join(_LINE_ENDS)))
        return [(option.after, stop, space + lines[0])]
    old = [text[line.start : line.stop] for line in option.lines]
    edits: list[_Edit] = []
    for first, last, new_first, new_last in differences(old, lines):
        new = lines[new_first:new_last]
        changed = option.lines[first:last]
        if first == last == 0 and option.lines and option.is_on_key_line(option.lines[0]):
            # The key's own line takes the first of the new ones.
            changed = option.lines[:1]
            new.append(old[0])
        edits += [_replacement(line, value) for line, value in zip(changed, new, strict=False)]
        edits += [_removal(option, line) for line in changed[len(new) :]]
        if added := new[len(changed) :]:
            edits.append(_insertion(text, option, first + len(changed), added))
    return edits


def _replaced(text: str, edits: list[_Edit]) -> str:
    result = splice_all(text, edits)
    return result if text.endswith(_LINE_ENDS) else without_last_end(result, _LINE_ENDS)


def _replacement(line: _Line, value: str) -> _Edit:
    # An unclosed bracket continues a value without a space in front; nothing else does.
    return line.start, line.stop, value if line.start > line.line_start else _INDENT + value


def _removal(option: _Option, line: _Line) -> _Edit:
    if option.is_on_key_line(line):
        return option.after, line.stop, ""
    return line.line_start, line.end, ""


def _insertion(text: str, option: _Option, index: int, lines: list[str]) -> _Edit:
    """Insert `lines` after the first `index` lines of the value."""
    offset = option.lines[index - 1].end if index else option.first_end
    model = next((line for line in option.lines if not option.is_on_key_line(line)), None)
    indent = text[model.line_start : model.start] if model else ""
    end = line_end(text, offset)
    added = [(indent or _INDENT) + line for line in lines]
    if text[:offset].endswith(_LINE_ENDS):
        return offset, offset, "".join(line + end for line in added)
    return offset, offset, "".join(end + line for line in added)
