"""Properties of every edit of every INI file, checked with the real iniconfig."""

from __future__ import annotations

from async_test_template.config import ini
from async_test_template.errors import EditError, ParseError
from hypothesis import assume, given
from hypothesis import strategies as st
from iniconfig import IniConfig
from iniconfig import ParseError as IniconfigError

MARK = "\ufeff"

words = st.sampled_from(["auto", "a b", "x = y", "-k: z", "[x]", "a # b", "; c", "ä", "%(x)s", "["])
names = st.sampled_from(["a", "B", "b", "c d", "e-f", "g[h]", "ä"])
sections = st.sampled_from(
    ["[pytest]", "[tool:pytest]", "[x y]", "[ z ]", "[a]b]", "[é] # c", "[]"]
)
spaces = st.sampled_from(["", " ", "  ", "\t"])
ends = st.sampled_from(["\n", "\n", "\r\n", "\r", "\x0c", "\x85", "\u2028"])

keys = st.builds("{}{}{}{}{}".format, names, spaces, st.sampled_from("=:"), spaces, words)
empty_keys = st.builds("{}{}{}".format, names, spaces, st.sampled_from("=:"))
continuations = st.builds("{}{}{}".format, st.sampled_from([" ", "\t", "    "]), words, spaces)
comments = st.sampled_from(["# c", "  ; c", "\t#", "", "   "])
any_line = st.one_of(
    sections, keys, keys, empty_keys, continuations, continuations, comments, words
)


def read(text: str) -> dict[str, dict[str, str]]:
    """Read as iniconfig does from a file, which Python opens with universal newlines."""
    return {name: dict(keys) for name, keys in IniConfig("x", text).sections.items()}


def is_valid(text: str) -> bool:
    try:
        read(text)
    except IniconfigError:
        return False
    return True


@st.composite
def documents(draw: st.DrawFn, first: tuple[str, ...] = ()) -> str:
    """Write a file that iniconfig reads; a line that would spoil it is left out."""
    text = draw(st.sampled_from(["", "", MARK]))
    end = draw(ends)
    is_mixed = draw(st.booleans())
    for line in [*first, *draw(st.lists(any_line, max_size=14))]:
        whole = text + line + (draw(ends) if is_mixed else end)
        text = whole if is_valid(whole) else text
    return text.rstrip("\r\n") if draw(st.booleans()) else text


documents_with_options = documents(first=("[tox]", "first = 1"))


def options(text: str) -> list[tuple[str, str]]:
    return [(section, key) for section, values in read(text).items() for key in values]


def is_subsequence(some: str, every: str) -> bool:
    rest = iter(every)
    return all(item in rest for item in some)


@given(st.lists(st.tuples(any_line, ends), max_size=6))
def test_it_reads_and_refuses_what_iniconfig_does(lines: list[tuple[str, str]]) -> None:
    text = "".join(line + end for line, end in lines)
    try:
        expected = read(text)
    except IniconfigError:
        expected = None

    try:
        assert ini.parse(text) == expected
    except ParseError:
        assert expected is None


@given(documents_with_options, st.data())
def test_a_value_is_set_and_nothing_else(text: str, data: st.DataObject) -> None:
    section, key = data.draw(st.sampled_from(options(text)))
    value = "\n".join(data.draw(st.lists(words, max_size=4)))
    try:
        after = ini.set_value(text, section, key, value)
    except EditError:
        assert ";" in value
        return

    expected = read(text)
    expected[section][key] = value
    assert read(after) == expected
    assert ini.set_value(after, section, key, value) == after
    assert comments_of(text) == comments_of(after)
    assert ends_in_line_end(after) or not ends_in_line_end(text)


def ends_in_line_end(text: str) -> bool:
    return f"{text}x".splitlines()[-1] == "x"


def comments_of(text: str) -> list[str]:
    return [line for line in text.splitlines() if line in {"# c", "  ; c", "\t#"}]


@given(documents(), names, words, st.data())
def test_a_key_is_added_and_can_be_deleted_again(
    text: str, key: str, value: str, data: st.DataObject
) -> None:
    section = data.draw(st.sampled_from([*read(text), "new"]))
    assume(key not in read(text).get(section, {}))
    after = ini.set_value(text, section, key, value)

    expected = read(text)
    expected.setdefault(section, {})[key] = value
    assert read(after) == expected
    assert is_subsequence(text, after)
    if section != "new":
        assert ini.delete(after, section, key) == text


@given(documents_with_options, st.data())
def test_a_key_is_deleted(text: str, data: st.DataObject) -> None:
    section, key = data.draw(st.sampled_from(options(text)))
    after = ini.delete(text, section, key)

    expected = read(text)
    del expected[section][key]
    assert read(after) == expected
    assert is_subsequence(after, text)


@given(documents_with_options, st.data())
def test_a_name_is_changed_and_changed_back(text: str, data: st.DataObject) -> None:
    section, key = data.draw(st.sampled_from(options(text)))
    after = ini.rename(text, section, key, "new")

    assert read(after)[section]["new"] == read(text)[section][key]
    assert ini.rename(after, section, "new", key) == text
    assert ini.rename_section(ini.rename_section(text, section, "new"), "new", section) == text


@given(documents_with_options, words, st.data())
def test_a_line_is_appended_and_deleted_again(text: str, word: str, data: st.DataObject) -> None:
    section, key = data.draw(st.sampled_from(options(text)))
    value = read(text)[section][key]
    assume(word not in value.split("\n") and not word.startswith(";"))
    after = ini.set_value(text, section, key, f"{value}\n{word}".removeprefix("\n"))

    assert read(after)[section][key] == f"{value}\n{word}".removeprefix("\n")
    assert is_subsequence(text.rstrip(), after)
    if value:
        assert ini.set_value(after, section, key, value) == text


@given(documents_with_options, st.data())
def test_several_values_are_set_as_they_are_one_by_one(text: str, data: st.DataObject) -> None:
    values = st.lists(words, max_size=4).map("\n".join)
    chosen = data.draw(st.dictionaries(st.sampled_from(options(text)), values, min_size=1))
    assume(not any(line.startswith((";", "#")) for v in chosen.values() for line in v.split("\n")))
    after = ini.set_values(text, chosen)
    pairs = zip(text.splitlines(keepends=True), text.splitlines(), strict=True)
    line_ends = {whole.removeprefix(line) for whole, line in pairs} - {""}

    for (section, key), value in chosen.items():
        text = ini.set_value(text, section, key, value)
    # A new line ends as the one above it: where they differ, that may be another new one.
    assert after.splitlines() == text.splitlines()
    if len(line_ends) <= 1:
        assert after == text


@given(documents_with_options, st.data())
def test_everything_is_located(text: str, data: st.DataObject) -> None:
    section, key = data.draw(st.sampled_from(options(text)))
    lines = text.removeprefix(MARK).replace("\r\n", "\n").replace("\r", "\n").split("\n")

    line, column = ini.locate(text, section)
    assert lines[line - 1][column - 2 :].startswith(f"[{section}]")
    line, column = ini.locate(text, section, key)
    assert lines[line - 1][column - 1 :].startswith(key)
    for number, part in enumerate(filter(None, read(text)[section][key].split("\n"))):
        line, column = ini.locate(text, section, key, number)
        assert lines[line - 1][column - 1 :].startswith(part)
