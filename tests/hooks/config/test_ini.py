"""The result of an edit of an INI file, for each layout."""

from __future__ import annotations

from typing import Any

import pytest
from async_test_template.config import ini
from async_test_template.errors import EditError, ParseError

# Each case: text, value of [pytest] k, text afterwards.
SET = {
    "one line": ("[pytest]\nk = old\n", "new", "[pytest]\nk = new\n"),
    "tight": ("[pytest]\nk=old\n", "new", "[pytest]\nk=new\n"),
    "colon": ("[pytest]\nk : old\n", "new", "[pytest]\nk : new\n"),
    "what looks like a comment is the value": ("[pytest]\nk = a  # x\n", "a", "[pytest]\nk = a\n"),
    "no value yet": ("[pytest]\nk =\n", "new", "[pytest]\nk = new\n"),
    "no value yet, tight": ("[pytest]\nk=\n", "new", "[pytest]\nk=new\n"),
    "spaces for a value": ("[pytest]\nk =   \nl = 1\n", "new", "[pytest]\nk = new\nl = 1\n"),
    "on the line below": ("[pytest]\nk =\n  old\n", "new", "[pytest]\nk =\n  new\n"),
    "to no value": ("[pytest]\nk = old\n  more\nl = 1\n", "", "[pytest]\nk =\nl = 1\n"),
    "one line more": ("[pytest]\nk = a\n", "a\nb", "[pytest]\nk = a\n    b\n"),
    "several lines at once": ("[pytest]\nk =\n", "a\nb", "[pytest]\nk =\n    a\n    b\n"),
    "a line on both sides": ("[pytest]\nk = b\n", "a\nb\nc", "[pytest]\nk = a\n    b\n    c\n"),
    "a first line": ("[pytest]\nk = b\n  c\n", "a\nb\nc", "[pytest]\nk = a\n  b\n  c\n"),
    "comments and blank lines inside stay": (
        "[pytest]\nk =\n\ta\n# about b\n\tb\n\n\tc\nl = 1\n",
        "a\nx\nc\nd",
        "[pytest]\nk =\n\ta\n# about b\n\tx\n\n\tc\n\td\nl = 1\n",
    ),
    "a line less": (
        "[pytest]\nk =\n  a\n  # about b\n  b\n  c\n",
        "a\nc",
        "[pytest]\nk =\n  a\n  # about b\n  c\n",
    ),
    "the key's own line": ("[pytest]\nk = a\n  b\n", "b", "[pytest]\nk =\n  b\n"),
    "the last line, without newline": ("[pytest]\nk =\n  a\n  b", "a", "[pytest]\nk =\n  a"),
    "a line more, without newline": ("[pytest]\nk =\n  a", "a\nb", "[pytest]\nk =\n  a\n  b"),
    "an unclosed bracket": ("[pytest]\nk = a\n[b\n", "a\nb", "[pytest]\nk = a\n    b\n"),
    "Windows line ends": ("[pytest]\r\nk = a\r\n", "a\nb", "[pytest]\r\nk = a\r\n    b\r\n"),
    "a line end of three": ("[pytest]\rk = a\f\n", "a\nb", "[pytest]\rk = a\f    b\n\n"),
    "byte order mark": ("\ufeff[pytest]\nk = a\n", "b", "\ufeff[pytest]\nk = b\n"),
    "a new key": ("[pytest]\na = 1\n\n# x\n[x]\n", "v", "[pytest]\na = 1\nk = v\n\n# x\n[x]\n"),
    "a new key takes the delimiter above": ("[pytest]\na:1\n", "v", "[pytest]\na:1\nk:v\n"),
    "a new key behind several lines": (
        "[pytest]\na =\n  1\n\n  2\n\n[x]\n",
        "v",
        "[pytest]\na =\n  1\n\n  2\nk = v\n\n[x]\n",
    ),
    "a new key of several lines": (
        "[pytest]\na=1\n",
        "v\nw",
        "[pytest]\na=1\nk=\n    v\n    w\n",
    ),
    "a new key without a value": ("[pytest]\na = 1\n", "", "[pytest]\na = 1\nk =\n"),
    "a new key in an empty section": ("[pytest] # x\n# y\n", "v", "[pytest] # x\nk = v\n# y\n"),
    "a new key without final newline": ("[pytest]\na = 1", "v", "[pytest]\na = 1\nk = v"),
    "a new section": ("[tox]\na = 1\n", "v", "[tox]\na = 1\n\n[pytest]\nk = v\n"),
    "a new section behind a blank line": ("[tox]\n\n", "v", "[tox]\n\n[pytest]\nk = v\n"),
    "a new section without final newline": ("[tox]", "v", "[tox]\n\n[pytest]\nk = v"),
    "an empty file": ("", "v", "[pytest]\nk = v\n"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "value", "after"), SET.values(), ids=SET.keys())
def test_set_value(before: str, value: str, after: str) -> None:
    assert ini.set_value(before, "pytest", "k", value) == after
    assert ini.set_value(after, "pytest", "k", value) == after


TEXT = """\
[tox]
env = py

[pytest] ; ours
addopts = -ra
markers =
    slow: minutes
    # about asyncio
    asyncio: async
Asyncio_Mode: auto
"""


def test_keys_are_renamed_in_their_place() -> None:
    renamed = ini.rename(TEXT, "pytest", "Asyncio_Mode", "asyncio_mode")
    assert renamed == TEXT.replace("Asyncio_Mode", "asyncio_mode")
    with pytest.raises(EditError, match="already has the key 'addopts'"):
        ini.rename(TEXT, "pytest", "markers", "addopts")


def test_sections_are_renamed_in_their_place() -> None:
    renamed = ini.rename_section(TEXT, "pytest", "tool:pytest")
    assert renamed == TEXT.replace("[pytest]", "[tool:pytest]")
    with pytest.raises(EditError, match=r"already a section \[tox\]"):
        ini.rename_section(TEXT, "pytest", "tox")


def test_a_key_is_deleted_with_the_comments_inside_its_value() -> None:
    lines = TEXT.splitlines(keepends=True)
    assert ini.delete(TEXT, "pytest", "markers") == "".join(lines[:5] + lines[9:])
    assert ini.delete(TEXT.rstrip(), "pytest", "Asyncio_Mode") == "".join(lines[:9]).rstrip()


def test_lines_of_a_value() -> None:
    values = ini.parse(TEXT)["pytest"]

    def set_to(key: str, lines: list[str]) -> str:
        return ini.set_value(TEXT, "pytest", key, "\n".join(lines))

    markers = values["markers"].split("\n")
    appended = set_to("markers", [*markers, "new: x"])
    assert appended == TEXT.replace("asyncio: async\n", "asyncio: async\n    new: x\n")
    replaced = set_to("markers", [{"asyncio: async": "trio: x"}.get(m, m) for m in markers])
    assert replaced == TEXT.replace("asyncio: async", "trio: x")
    deleted = set_to("markers", [marker for marker in markers if marker != "asyncio: async"])
    assert deleted == TEXT.replace("    asyncio: async\n", "")
    assert values["addopts"] == "-ra"
    emptied = set_to("addopts", [])
    assert emptied == TEXT.replace("addopts = -ra", "addopts =")


def test_a_comment_goes_above_its_key() -> None:
    commented = ini.comment_above(TEXT, "pytest", "Asyncio_Mode", "why")
    assert commented == TEXT.replace("Asyncio", "# why\nAsyncio")


@pytest.mark.parametrize(
    ("where", "place"),
    [
        (("pytest",), (4, 2)),
        (("pytest", "Asyncio_Mode"), (10, 1)),
        (("pytest", "markers"), (6, 1)),
        (("pytest", "markers", 1), (9, 5)),
        (("pytest", "addopts", 0), (5, 11)),
    ],
)
def test_locate(where: tuple[Any, ...], place: tuple[int, int]) -> None:
    assert ini.locate(TEXT, *where) == place
    assert ini.locate("\ufeff" + TEXT.replace("\n", "\r\n"), *where) == place


@pytest.mark.parametrize("where", [("x",), ("tox", "addopts"), ("pytest", "markers", 2)])
def test_what_is_not_there_is_a_key_error(where: tuple[Any, ...]) -> None:
    with pytest.raises(KeyError):
        ini.locate(TEXT, *where)


@pytest.mark.parametrize("value", ["a\n# comment", "a\n\nb", "\na", " a", "a ", "a\n b", "a\rb"])
def test_a_value_that_would_read_back_differently_is_refused(value: str) -> None:
    with pytest.raises(EditError):
        ini.set_value("[pytest]\nk = x\n", "pytest", "k", value)


@pytest.mark.parametrize(
    ("section", "key"),
    [("a]#", "k"), ("", "k"), ("x", "a=b"), ("x", "a:b"), ("x", " k"), ("x", "#k")],
)
def test_a_name_that_would_read_back_differently_is_refused(section: str, key: str) -> None:
    with pytest.raises(EditError):
        ini.set_value("[x]\na = 1\n", section, key, "v")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("k = 1\n", 1, "no section header"),
        ("[a]\nk = 1\n[a]\n", 3, "duplicate section 'a'"),
        ("[a]\nk = 1\nk : 2\n", 3, "duplicate name 'k'"),
        ("[a]\n k = 1\n", 2, "unexpected value continuation"),
        ("[a]\n\nword\n", 3, "this line is neither a section nor an option"),
        ("[]\n", 1, "empty section name"),
    ],
)
def test_what_is_not_ini_is_refused_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(ParseError, match=message) as error:
        ini.parse(text)
    assert error.value.line == line
