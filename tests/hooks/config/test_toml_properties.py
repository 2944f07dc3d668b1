"""Properties of every edit of every TOML document, which Hypothesis writes.

The reader of the tests is tomllib (tomli on Python 3.10), whichever one the editor uses.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
from async_test_template.config.toml import edits as toml
from async_test_template.errors import EditError, ParseError
from hypothesis import assume, given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.slow

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Data = Any  # what TOML can say

MARK = "\ufeff"
ABSENT = "not-there"

words = st.sampled_from(["auto", "a b", "", "ä", "# no comment", "[x]", "y, z", "C:\\d", '"', "'"])
names = st.sampled_from(["a", "b", "c-d", "e f", "g.h", "ini_options", "ä"])
spaces = st.sampled_from(["", " ", "  ", "\t"])


@st.composite
def keys(draw: st.DrawFn) -> str:
    name = draw(names)
    quote = draw(st.sampled_from(['"', "'"]))
    bare = name.isascii() and not set(name) & set(" .")
    return name if bare and draw(st.booleans()) else f"{quote}{name}{quote}"


def dotted(minimum: int) -> st.SearchStrategy[str]:
    parts = st.lists(keys(), min_size=minimum, max_size=3)
    return st.builds(lambda dot, parts: dot.join(parts), st.sampled_from([".", " . "]), parts)


@st.composite
def strings(draw: st.DrawFn) -> str:
    word = draw(words)
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    written = [f'"{escaped}"', f'"""{escaped}"""', f'"""\n{escaped}\n# x = [\n"""']
    if "'" not in word:
        written += [f"'{word}'", f"'''{word}'''", f"'''\n{word}\n[x]\n'''"]
    return draw(st.sampled_from(written))


scalars = st.one_of(
    strings(),
    st.sampled_from(
        [
            *["1", "-1_0", "0x1f", "1.5", "1e3", "inf", "nan", "true", "false"],
            *["1979-05-27", "07:32:00", "1979-05-27 07:32:00", "1979-05-27T07:32:00.5-07:00"],
        ]
    ),
)
comments = st.sampled_from(["", " # why", "#'[{\"", "\t# ä"])


@st.composite
def arrays(draw: st.DrawFn, elements: st.SearchStrategy[str]) -> str:
    written = draw(st.lists(elements, max_size=4))
    has_last_comma = draw(st.booleans())
    if draw(st.booleans()):
        space = draw(spaces)
        comma = "," if written and has_last_comma else ""
        return f"[{space}{', '.join(written)}{comma}{space}]"
    indent = draw(spaces)
    lines = ["["]
    for number, element in enumerate(written):
        if draw(st.booleans()):
            lines.append(f"{indent}# about {number}, or [{number}]")
        comma = "," if number < len(written) - 1 or has_last_comma else ""
        lines.append(f"{indent}{element}{comma}{draw(comments)}")
    if draw(st.booleans()):
        lines.append("# end")
    return "\n".join([*lines, f"{draw(spaces)}]"])


@st.composite
def inline_tables(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    space = draw(st.sampled_from(["", " "]))
    pairs = draw(st.lists(st.tuples(dotted(1), values), max_size=3))
    return "{" + space + ", ".join(f"{key} = {value}" for key, value in pairs) + space + "}"


values = st.recursive(
    scalars,
    lambda inner: st.one_of(arrays(inner), inline_tables(inner)),
    max_leaves=6,
)


@st.composite
def assignments(draw: st.DrawFn) -> str:
    equals = draw(st.sampled_from([" = ", "=", "   =\t"]))
    return f"{draw(spaces)}{draw(dotted(1))}{equals}{draw(values)}{draw(comments)}"


@st.composite
def headers(draw: st.DrawFn) -> str:
    opening, closing = draw(st.sampled_from([("[", "]"), ("[ ", " ]"), ("[[", "]]")]))
    return f"{draw(spaces)}{opening}{draw(dotted(1))}{closing}{draw(comments)}"


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Write a valid document; a line that would make it invalid is left out."""
    lines: list[str] = []
    blank = st.sampled_from(["", "# comment", "  # [indented] = comment"])
    for line in draw(st.lists(st.one_of(assignments(), headers(), blank), max_size=12)):
        if is_valid("\n".join([*lines, line])):
            lines.append(line)
    text = "\n".join(lines) + draw(st.sampled_from(["", "\n", "\n\n"]))
    ends = draw(st.sampled_from(["\n", "\r\n", "mixed"]))
    if ends == "mixed":
        text = "".join(
            line[:-1] + draw(st.sampled_from(["\n", "\r\n"])) if line.endswith("\n") else line
            for line in text.splitlines(keepends=True)
        )
    else:
        text = text.replace("\n", ends)
    return draw(st.sampled_from(["", "", MARK])) + text


def is_valid(text: str) -> bool:
    try:
        tomllib.loads(text)
        if sys.version_info < (3, 11):
            # tomlkit (0.15.2) refuses some tables out of order: `[[b.a]]`, `[b]`, `[b.a.a]`.
            toml.parse(text)
    except (tomllib.TOMLDecodeError, ParseError):
        return False
    return True


def load(text: str) -> dict[str, Any]:
    return tomllib.loads(text.removeprefix(MARK))


def paths(value: Data, base: toml.Path = ()) -> list[toml.Path]:
    """Every path into a document but the empty one."""
    items: Data = []
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    return [path for key, item in items for path in ((*base, key), *paths(item, (*base, key)))]


def get(value: Data, path: toml.Path) -> Data:
    for key in path:
        value = value[key]
    return value


def plain(value: Data) -> str:
    """Write for a comparison: 1 is not true, and nan is itself."""
    if isinstance(value, dict):
        return repr({key: plain(value[key]) for key in sorted(value)})
    if isinstance(value, list):
        return repr([plain(item) for item in value])
    # Two readers, two classes for an offset from UTC.
    return value.isoformat() if hasattr(value, "isoformat") else repr(value)


def offset_of(text: str, path: toml.Path) -> int:
    line, column = toml.locate(text, path)
    lines = text.split("\n")
    mark = len(MARK) if line == 1 and text.startswith(MARK) else 0
    return sum(len(above) + 1 for above in lines[: line - 1]) + column - 1 + mark


def end_of_statement(text: str, offset: int) -> int:
    """Return the end of the first line after `offset` up to which the text is a document."""
    ends = [at for at in range(offset, len(text)) if text[at] == "\n"]
    return next((at for at in ends if is_valid(text[:at].removeprefix(MARK))), len(text))


def without_empty(value: Data) -> Data:
    """Leave out empty tables and arrays: whether they are still declared is not in question."""
    if isinstance(value, dict):
        kept = {key: without_empty(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item not in ({}, [])}
    if isinstance(value, list):
        return [item for item in map(without_empty, value) if item not in ({}, [])]
    return value


def is_subsequence(some: Sequence[str], every: Sequence[str]) -> bool:
    rest = iter(every)
    return all(item in rest for item in some)


new_values = st.one_of(words, st.integers(), st.booleans(), st.lists(words, max_size=3))


@given(documents())
def test_the_reader_reads_what_pytest_reads(text: str) -> None:
    assert plain(toml.parse(text)) == plain(load(text))


@given(documents(), st.data())
def test_a_value_is_set_and_nothing_else(text: str, data: st.DataObject) -> None:
    before = load(text)
    there = [path for path in paths(before) if not isinstance(get(before, path), dict)]
    assume(there)
    path = data.draw(st.sampled_from(there))
    value = data.draw(new_values)
    try:
        after = toml.set_value(text, path, value)
    except EditError:
        assert isinstance(get(before, path)[0], dict), "only an array of tables cannot be set"
        return

    get(before, path[:-1])[path[-1]] = value
    assert plain(load(after)) == plain(before)
    assert toml.set_value(after, path, value) == after

    start = offset_of(text, path)
    end = end_of_statement(text, start)
    assert after.startswith(text[:start])
    assert after.endswith(text[end:])
    for comment in (" # why", "\t# ä"):
        if text[start:end].rstrip("\r").endswith(comment):
            assert after[: len(after) - len(text[end:])].rstrip("\r").endswith(comment)


@given(documents(), st.data())
def test_a_value_that_is_there_is_not_written_again(text: str, data: st.DataObject) -> None:
    before = load(text)
    assume(before)
    path = data.draw(st.sampled_from(paths(before)))

    assert toml.set_value(text, path, get(before, path)) == text


@given(documents(), st.data())
def test_a_key_is_added_and_can_be_deleted_again(text: str, data: st.DataObject) -> None:
    before = load(text)
    tables = [path for path in [(), *paths(before)] if isinstance(get(before, path), dict)]
    path = (*data.draw(st.sampled_from(tables)), ABSENT)
    value = data.draw(new_values)
    try:
        after = toml.set_value(text, path, value)
    except EditError:
        assert any(isinstance(key, int) for key in path), "only below an array of tables"
        return

    get(before, path[:-1])[ABSENT] = value
    assert plain(load(after)) == plain(before)
    assert toml.set_value(after, path, value) == after
    assert is_subsequence(text, after)
    new_lines = after.count("\n") - text.count("\n")
    assert new_lines <= 3
    if new_lines == 1:
        lines = after.removeprefix(MARK).splitlines()
        assert is_subsequence(text.removeprefix(MARK).splitlines(), lines)
        assert toml.delete(after, path) == text


@given(documents(), st.data())
def test_a_string_is_appended_to_an_array(text: str, data: st.DataObject) -> None:
    before = load(text)
    arrays_there = [path for path in paths(before) if isinstance(get(before, path), list)]
    assume(arrays_there)
    path = data.draw(st.sampled_from(arrays_there))
    word = data.draw(words)
    try:
        after = toml.append_string(text, path, word)
    except EditError:
        assert isinstance(get(before, path)[0], dict), "only an array of tables takes no string"
        return

    get(before, path).append(word)
    assert plain(load(after)) == plain(before)
    start = offset_of(text, path)
    end = end_of_statement(text, start)
    assert after.startswith(text[:start])
    assert after.endswith(text[end:])
    for comment in ("# about", "# why", "# end", "# ä", "#'[{"):
        assert after.count(comment) == text.count(comment)


@given(documents(), st.data())
def test_what_is_deleted_takes_only_its_own_lines(text: str, data: st.DataObject) -> None:
    before = load(text)
    assume(before)
    path = data.draw(st.sampled_from(paths(before)))
    is_table = isinstance(get(before, path), dict)
    try:
        after = toml.delete(text, path)
    except EditError:
        assert is_table, "only a table of dotted keys inside an inline table cannot be removed"
        return

    del get(before, path[:-1])[path[-1]]
    assert plain(without_empty(load(after))) == plain(without_empty(before))
    assert is_subsequence(after, text)
    for comment in ("# comment", "  # [indented] = comment"):
        lines = text.removeprefix(MARK).splitlines()
        assert after.removeprefix(MARK).splitlines().count(comment) == lines.count(comment)


@given(documents(), st.data())
def test_several_are_deleted_as_they_are_one_by_one(text: str, data: st.DataObject) -> None:
    there = [path for path in paths(load(text)) if isinstance(path[-1], int)]
    assume(there)
    array = data.draw(st.sampled_from(there))[:-1]
    elements = [path for path in there if path[:-1] == array]
    chosen = sorted(data.draw(st.sets(st.sampled_from(elements), min_size=1)))
    try:
        after = toml.delete_all(text, chosen)
    except EditError:
        assert isinstance(get(load(text), elements[0]), dict), "only tables are not removed"
        return

    for path in reversed(chosen):
        text = toml.delete(text, path)
    assert after == text


@given(documents(), st.data())
def test_several_keys_are_deleted_and_nothing_else(text: str, data: st.DataObject) -> None:
    before = load(text)
    there = [path for path in paths(before) if not isinstance(get(before, path), (dict, list))]
    there = [path for path in there if isinstance(path[-1], str)]
    assume(there)
    chosen = data.draw(st.sets(st.sampled_from(there), min_size=1))
    after = toml.delete_all(text, chosen)

    for path in chosen:
        del get(before, path[:-1])[path[-1]]
    assert plain(without_empty(load(after))) == plain(without_empty(before))
    assert is_subsequence(after, text)


@given(documents(), st.data())
def test_several_strings_are_replaced_as_they_are_one_by_one(
    text: str, data: st.DataObject
) -> None:
    before = load(text)
    there = [path for path in paths(before) if isinstance(get(before, path), str)]
    assume(there)
    chosen = data.draw(st.dictionaries(st.sampled_from(there), words, min_size=1))
    after = toml.replace_strings(text, {path: (None, word) for path, word in chosen.items()})

    for path, word in chosen.items():
        text = toml.set_value(text, path, word)
    assert after == text


@given(documents(), st.data())
def test_several_keys_are_added_as_they_are_one_by_one(text: str, data: st.DataObject) -> None:
    before = load(text)
    tables = [path for path in [(), *paths(before)] if isinstance(get(before, path), dict)]
    path = data.draw(st.sampled_from(tables))
    added = {f"{ABSENT}{number}": data.draw(new_values) for number in range(3)}
    try:
        after = toml.add_keys(text, path, added)
    except EditError:
        assert any(isinstance(key, int) for key in path), "only below an array of tables"
        return

    for key, value in added.items():
        text = toml.set_value(text, (*path, key), value)
    assert after == text


@given(documents(), st.data())
def test_a_key_is_renamed_in_every_place(text: str, data: st.DataObject) -> None:
    before = load(text)
    there = [path for path in paths(before) if isinstance(path[-1], str)]
    assume(there)
    path = data.draw(st.sampled_from(there))
    after = toml.rename(text, path, ABSENT)

    table = get(before, path[:-1])
    table[ABSENT] = table.pop(path[-1])
    assert plain(load(after)) == plain(before)
    assert after.count("\n") == text.count("\n")


@given(documents(), st.data())
def test_everything_is_located(text: str, data: st.DataObject) -> None:
    before = load(text)
    assume(before)
    path = data.draw(st.sampled_from(paths(before)))
    found = text[offset_of(text, path) :]

    key = path[-1]
    if isinstance(key, str):
        assert found.lstrip("[ \t").lstrip("\"'").startswith(key) or found.startswith("[")
    elif not found.startswith("[["):
        ends = range(1, len(found) + 1)
        assert any(reads_as(found[:end], get(before, path)) for end in ends)


def reads_as(written: str, value: object) -> bool:
    try:
        return plain(tomllib.loads(f"x = {written}")["x"]) == plain(value)
    except tomllib.TOMLDecodeError:
        return False
