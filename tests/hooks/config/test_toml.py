"""The result of an edit of a TOML document, for each layout."""

from __future__ import annotations

import textwrap

import pytest
from async_test_template.config.toml import edits as toml
from async_test_template.errors import EditError, ParseError

PYTEST = ("tool", "pytest", "ini_options")


def document(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


# Each case: text, path, value, text afterwards.
SET = {
    "a value keeps its place and the comment behind it": (
        """
        [tool.pytest.ini_options]
        asyncio_mode = "auto"  # why
        timeout = 30
        """,
        (*PYTEST, "asyncio_mode"),
        "strict",
        """
        [tool.pytest.ini_options]
        asyncio_mode = "strict"  # why
        timeout = 30
        """,
    ),
    "a literal string stays literal": (
        "mode = 'auto'\n",
        ("mode",),
        "strict",
        "mode = 'strict'\n",
    ),
    "a literal string cannot hold an apostrophe": (
        "mode = 'auto'\n",
        ("mode",),
        "it's",
        'mode = "it\'s"\n',
    ),
    "a string of several lines keeps its quotes and its first line break": (
        'addopts = """\n-ra\n"""\n',
        ("addopts",),
        "-ra\n-q\n",
        'addopts = """\n-ra\n-q\n"""\n',
    ),
    "a literal string of several lines keeps its quotes": (
        "addopts = '''-ra\n'''\n",
        ("addopts",),
        "-ra\n-q\\d\n",
        "addopts = '''-ra\n-q\\d\n'''\n",
    ),
    "a literal string of several lines cannot hold its own quotes": (
        "addopts = '''-ra\n'''\n",
        ("addopts",),
        "'''\n",
        'addopts = """\'\'\'\n"""\n',
    ),
    "a string of several lines that becomes one line gets simple quotes": (
        'mode = """\nauto\n"""\n',
        ("mode",),
        "auto",
        'mode = "auto"\n',
    ),
    "a new key goes behind the last one and before the next table's comment": (
        """
        [tool.pytest.ini_options]
        asyncio_mode = "auto"

        # --- ruff
        # settings
        [tool.ruff]
        line-length = 100
        """,
        (*PYTEST, "timeout"),
        30,
        """
        [tool.pytest.ini_options]
        asyncio_mode = "auto"
        timeout = 30

        # --- ruff
        # settings
        [tool.ruff]
        line-length = 100
        """,
    ),
    "a new key in an empty table goes below the header": (
        "[tool.pytest.ini_options] # ours\n# nothing yet\n",
        (*PYTEST, "timeout"),
        30,
        "[tool.pytest.ini_options] # ours\ntimeout = 30\n# nothing yet\n",
    ),
    "a new key takes indentation, equals sign and quotes from the one above": (
        "[tool]\n  [tool.pytest.ini_options]\n    mode='auto'\n",
        (*PYTEST, "scope"),
        "session",
        "[tool]\n  [tool.pytest.ini_options]\n    mode='auto'\n    scope='session'\n",
    ),
    "a new key in a table of dotted keys is dotted": (
        '[tool]\npytest . "ini_options".a = 1\nother = 2\n',
        (*PYTEST, "b"),
        2,
        '[tool]\npytest . "ini_options".a = 1\npytest . "ini_options".b = 2\nother = 2\n',
    ),
    "a new key in an inline table stays inline": (
        "tool = { pytest = { a = 1 }, x = 2 } # why\n",
        ("tool", "pytest", "b"),
        "c",
        'tool = { pytest = { a = 1, b = "c" }, x = 2 } # why\n',
    ),
    "a new table below an inline one is a dotted key": (
        "[tool]\npytest={a=1}\n",
        (*PYTEST, "b"),
        True,
        "[tool]\npytest={a=1, ini_options.b=true}\n",
    ),
    "a new key in an empty inline table": (
        "tool = {}\n",
        ("tool", "a"),
        1,
        "tool = { a = 1 }\n",
    ),
    "a missing table goes to the end, behind a blank line": (
        "[project]\nname = 'x'\n",
        (*PYTEST, "timeout"),
        30,
        "[project]\nname = 'x'\n\n[tool.pytest.ini_options]\ntimeout = 30\n",
    ),
    "a missing final newline stays missing": (
        "[project]\nname = 'x'",
        (*PYTEST, "timeout"),
        30,
        "[project]\nname = 'x'\n\n[tool.pytest.ini_options]\ntimeout = 30",
    ),
    "a new last key of a file without final newline": (
        "a = 1 # why",
        ("b",),
        2,
        "a = 1 # why\nb = 2",
    ),
    "a missing table goes above its sub-tables and their comment": (
        "[a]\nx = 1\n\n# sub\n[tool.pytest.ini_options.sub]\ny = 1\n",
        (*PYTEST, "timeout"),
        30,
        (
            "[a]\nx = 1\n\n[tool.pytest.ini_options]\ntimeout = 30\n\n"
            "# sub\n[tool.pytest.ini_options.sub]\ny = 1\n"
        ),
    ),
    "an empty file gets its first table": (
        "",
        ("pytest", "timeout"),
        "30",
        '[pytest]\ntimeout = "30"\n',
    ),
    "a key of the document goes above the first table": (
        "# licence\n\n# a\n[a]\nx = 1\n",
        ("top",),
        1,
        "# licence\n\ntop = 1\n\n# a\n[a]\nx = 1\n",
    ),
    "a table of an array of tables": (
        "[[a]]\nx = 1\n\n[[a]]\nx = 2\n\n[[a]]\nx = 3\n",
        ("a", 1, "y"),
        0,
        "[[a]]\nx = 1\n\n[[a]]\nx = 2\ny = 0\n\n[[a]]\nx = 3\n",
    ),
    "a table in two places, out of order": (
        "[tool.pytest.ini_options]\na = 1\n[project]\nb = 1\n[tool.ruff]\nc = 1\n",
        (*PYTEST, "d"),
        1,
        "[tool.pytest.ini_options]\na = 1\nd = 1\n[project]\nb = 1\n[tool.ruff]\nc = 1\n",
    ),
    "a value inside an inline table inside an array": (
        "[dependency-groups]\ndev = [{ include-group = 'test' }, 'x']\n",
        ("dependency-groups", "dev", 0, "include-group"),
        "tests",
        "[dependency-groups]\ndev = [{ include-group = 'tests' }, 'x']\n",
    ),
    "an array keeps its comments": (
        'f = [\n  "error",  # all\n  # gone since 8.4\n  "ignore:a",\n  "ignore:b", # b\n]\n',
        ("f",),
        ["error", "ignore:b", "ignore:c"],
        'f = [\n  "error",  # all\n  # gone since 8.4\n  "ignore:b", # b\n  "ignore:c",\n]\n',
    ),
    "a byte order mark and Windows line ends stay": (
        '\ufeff[pytest]\r\nasyncio_mode = "auto"\r\n\r\n# next\r\n[x]\r\n',
        ("pytest", "timeout"),
        "30",
        '\ufeff[pytest]\r\nasyncio_mode = "auto"\r\ntimeout = "30"\r\n\r\n# next\r\n[x]\r\n',
    ),
    "mixed line ends: a new line ends as the one above": (
        "[a]\r\nx = 1\r\n[b]\ny = 1\n",
        ("a", "z"),
        2,
        "[a]\r\nx = 1\r\nz = 2\r\n[b]\ny = 1\n",
    ),
    "an array and a table become one inline value": (
        "a = [1]\n",
        ("a",),
        {"b": [1.5, False], "c d": {}},
        'a = { b = [1.5, false], "c d" = {} }\n',
    ),
}


@pytest.mark.parametrize(("before", "path", "value", "after"), SET.values(), ids=SET.keys())
def test_set_value(before: str, path: toml.Path, value: object, after: str) -> None:
    before, after = document(before), document(after)

    assert toml.set_value(before, path, value) == after
    assert toml.set_value(after, path, value) == after


APPEND = {
    "one line": ('a = ["x", "y"]\n', 'a = ["x", "y", "new"]\n'),
    "one line with spaces": ("a = [ 'x' ] # why\n", "a = [ 'x', 'new' ] # why\n"),
    "one line with a last comma": ('a = ["x",]\n', 'a = ["x", "new",]\n'),
    "empty": ("a = []\n", 'a = ["new"]\n'),
    "empty on two lines": ("  a = [\n  ]\n", '  a = [\n      "new",\n  ]\n'),
    "empty but for a comment": ("a = [ # none\n]\n", 'a = [ # none\n    "new",\n]\n'),
    "a line each": ('a = [\n  "x",\n]\n', 'a = [\n  "x",\n  "new",\n]\n'),
    "a line each, no last comma": ('a = [\n  "x"\n]\n', 'a = [\n  "x",\n  "new"\n]\n'),
    "a comment behind the last": (
        'a = [\n  "x", # x\n  # disabled\n]\n',
        'a = [\n  "x", # x\n  "new",\n  # disabled\n]\n',
    ),
    "a comment behind the last, no comma": (
        'a = [\n  "x" # x, y\n]\n',
        'a = [\n  "x", # x, y\n  "new"\n]\n',
    ),
    "bracket behind the last": ('a = ["x",\n     "y"]\n', 'a = ["x",\n     "y",\n     "new"]\n'),
    "several on a line": ('a = [\n  "x", "y",\n]\n', 'a = [\n  "x", "y", "new",\n]\n'),
    "comma first": ('a = [\n  "x"\n  , "y"\n]\n', 'a = [\n  "x"\n  , "y", "new"\n]\n'),
    "Windows line ends": ('a = [\r\n  "x"\r\n]\r\n', 'a = [\r\n  "x",\r\n  "new"\r\n]\r\n'),
    "strings that look like syntax": ('a = ["],#", "y"]\n', 'a = ["],#", "y", "new"]\n'),
}


@pytest.mark.parametrize(("before", "after"), APPEND.values(), ids=APPEND.keys())
def test_append_string(before: str, after: str) -> None:
    assert toml.append_string(before, ("a",), "new") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('a = ["b", "d"]\n', 'a = ["b", "c", "d"]\n'),
        ('a = [\n  "B",\n  "d", # d\n]\n', 'a = [\n  "B",\n  "c",\n  "d", # d\n]\n'),
        ('a = [\n  "d",\n  "e",\n]\n', 'a = [\n  "c",\n  "d",\n  "e",\n]\n'),
        ('a = ["d", "e"]\n', 'a = ["c", "d", "e"]\n'),
        ('a = ["d", "b"]\n', 'a = ["d", "b", "c"]\n'),
        ('a = ["d"]\n', 'a = ["d", "c"]\n'),
        ('a = [\n  "b",\n  # later\n  "d",\n]\n', 'a = [\n  "b",\n  # later\n  "d",\n  "c",\n]\n'),
        ('a = [{ x = "b" }, "d"]\n', 'a = [{ x = "b" }, "d", "c"]\n'),
    ],
)
def test_append_string_keeps_a_sorted_array_sorted(before: str, after: str) -> None:
    assert toml.append_string(before, ("a",), "c", keep_sorted=True) == after


def test_requirements_are_sorted_by_name_before_letters() -> None:
    by_name = 'a = ["pytest>=8", "pytest-xdist"]\n'
    by_letters = 'a = ["pytest-xdist", "pytest>=8"]\n'

    new = "pytest-timeout"
    assert (
        toml.append_string(by_name, ("a",), new, keep_sorted=True)
        == 'a = ["pytest>=8", "pytest-timeout", "pytest-xdist"]\n'
    )
    assert (
        toml.append_string(by_letters, ("a",), new, keep_sorted=True)
        == 'a = ["pytest-timeout", "pytest-xdist", "pytest>=8"]\n'
    )


DELETE = {
    "a line with its comment": ("a = 1\nb = 2 # b\nc = 3\n", ("b",), "a = 1\nc = 3\n"),
    "a comment above stays": ("a = 1\n# why b\nb = 2\n", ("b",), "a = 1\n# why b\n"),
    "the last line without newline": ("a = 1\r\nb = 2", ("b",), "a = 1"),
    "a value of several lines": ("a = 1\nb = [\n 1,\n]\nc = 3\n", ("b",), "a = 1\nc = 3\n"),
    "first element": ('a = ["x", "y"]\n', ("a", 0), 'a = ["y"]\n'),
    "last element": ('a = ["x", "y"]\n', ("a", 1), 'a = ["x"]\n'),
    "last element with comma": ('a = ["x", "y", ]\n', ("a", 1), 'a = ["x", ]\n'),
    "only element": ('a = [ "x" ]\n', ("a", 0), "a = [  ]\n"),
    "element with its line and comment": (
        'a = [\n  "x", # x\n  # y\n  "y", # y\n]\n',
        ("a", 0),
        'a = [\n  # y\n  "y", # y\n]\n',
    ),
    "element behind a comment line": (
        'a = [ "x",\n  # y\n  "y" ]\n',
        ("a", 1),
        'a = [ "x",\n  # y\n   ]\n',
    ),
    "element with the comma first": ('a = [\n "x"\n ,"y"\n]\n', ("a", 1), 'a = [\n "x"\n ,\n]\n'),
    "first key of an inline table": ("t = { a = 1, b = 2 }\n", ("t", "a"), "t = { b = 2 }\n"),
    "last key of an inline table": ("t = { a = 1, b = 2 }\n", ("t", "b"), "t = { a = 1 }\n"),
    "only key of an inline table": ("t = { a = 1 }\n", ("t", "a"), "t = {}\n"),
    "only dotted key": ("a.b.c = 1\nd = 1\n", ("a", "b", "c"), "d = 1\n"),
    "a table": ("[a]\nx = 1\n\n[b]\ny = 1\n\n[c]\n", ("b",), "[a]\nx = 1\n\n[c]\n"),
    "the first table": ("[a]\nx = 1\n\n[b]\ny = 1\n", ("a",), "[b]\ny = 1\n"),
    "the last table": ("[a]\nx = 1\n\n[b]\ny = 1\n", ("b",), "[a]\nx = 1\n"),
    "the last table before blank lines": ("[a]\n\n[b]\ny = 1\n\n\n", ("b",), "[a]\n"),
    "the only table": ("[b]\ny = 1\n", ("b",), ""),
    "the last table without newline": ("[a]\nx = 1\n\n[b]\ny = 1", ("b",), "[a]\nx = 1"),
    "a table with sub-tables, out of order": (
        "[b.c]\nx = 1\n[a]\ny = 1\n[b]\nz = 1\n",
        ("b",),
        "[a]\ny = 1\n",
    ),
    "a table with a comment line": (
        "[a]\nx = 1\n\n[b]\n# kept\ny = 1\n\n# c\n[c]\n",
        ("b",),
        "[a]\nx = 1\n\n# kept\n\n# c\n[c]\n",
    ),
    "a table of dotted keys": ("[t]\na.b = 1\nc = 1\na.d = 1\n", ("t", "a"), "[t]\nc = 1\n"),
    "one of an array of tables": ("[[a]]\nx = 1\n[[a]]\nx = 2\n", ("a", 0), "[[a]]\nx = 2\n"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "path", "after"), DELETE.values(), ids=DELETE.keys())
def test_delete(before: str, path: toml.Path, after: str) -> None:
    assert toml.delete(before, path) == after


@pytest.mark.parametrize(
    ("before", "path", "new", "after"),
    [
        ("mod = 'auto' # x\n", ("mod",), "mode", "mode = 'auto' # x\n"),
        # The last key is a.e.a."b c".f: another one of that name.
        (
            'a."b c".d = 1\n[a.e]\na."b c".f = 1\n',
            ("a", "b c"),
            "x y",
            'a."x y".d = 1\n[a.e]\na."b c".f = 1\n',
        ),
        ('a."b c".d = 1\n', ("a", "b c"), "x y", 'a."x y".d = 1\n'),
        ("[a.b]\nx = 1\n[c]\n[a.b.d]\n", ("a", "b"), "e", "[a.e]\nx = 1\n[c]\n[a.e.d]\n"),
        ("[[a]]\n[[a]]\n[a.b]\nx = 1\n", ("a", 1, "b"), "c", "[[a]]\n[[a]]\n[a.c]\nx = 1\n"),
        ("a = [{ b = 1 }]\n", ("a", 0, "b"), "c", "a = [{ c = 1 }]\n"),
    ],
)  # fmt: skip
def test_rename(before: str, path: toml.Path, new: str, after: str) -> None:
    assert toml.rename(before, path, new) == after


def test_replace_string_inside_an_array() -> None:
    before = "a = [\n  \"x\", # x\n  'y',\n]\n"

    replaced = toml.replace_strings(before, {("a", 1): ("y", "z")})
    assert replaced == before.replace("'y'", "'z'")


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("tool",), (2, 5)),
        (("tool", "x"), (2, 3)),
        (("tool", "x", "a"), (3, 3)),
        (("tool", "x", "a", "b"), (3, 7)),
        (("tool", "x", "c"), (4, 3)),
        (("tool", "x", "c", 1), (6, 5)),
        (("tool", "x", "c", 1, "d"), (6, 7)),
        (("tool", "y"), (8, 9)),
        (("tool", "y", 1), (9, 2)),
        (("tool", "y", 1, "e"), (10, 1)),
    ],
)
def test_locate(path: toml.Path, place: tuple[int, int]) -> None:
    text = document(
        """
        \ufeff# ä
          [ tool.x ]
          a . b = 1
          c = [
            'ä', # ], }
            { d = 1 },
          ]
         [[tool.y]]
         [[tool.y]]
        e = '''
        f = 1'''
        """
    )

    assert toml.locate(text, path) == place


@pytest.mark.parametrize("path", [("b",), ("a", "c"), ("a", 0), ("l", 1), ("l", -1), ("s", 0)])
def test_what_is_not_there_is_a_key_error(path: toml.Path) -> None:
    text = "s = 'x'\nl = [1]\n[a]\nb = 1\n"

    with pytest.raises(KeyError):
        toml.locate(text, path)
    with pytest.raises(KeyError):
        toml.delete(text, path)


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("[a]\nx = 1\n", ("a",), 1),
        ("a = 1\n", ("a", "b"), 1),
        ("a = [1]\n", ("a", 1), 1),
        ("a = [1]\n", ("a", "b"), 1),
        ("[[a]]\nx = 1\n", ("a",), [1]),
        ("[[a]]\nx = 1\n", ("a", 0, "b", "c"), 1),
        ("a.b = 1\n[a.c]\n", ("a", "d", "e", "f"), object()),
    ],
)
def test_set_value_refuses_what_has_no_place(text: str, path: toml.Path, value: object) -> None:
    with pytest.raises((EditError, ValueError)):
        toml.set_value(text, path, value)


def test_only_strings_and_arrays_are_replaced_and_appended_to() -> None:
    text = "a = 1\n\n[[b]]\n"

    with pytest.raises(EditError, match="a is not y") as error:
        toml.replace_strings(text, {("a",): ("y", "x")})
    assert error.value.line == 1
    with pytest.raises(EditError, match="b is not an array") as error:
        toml.append_string(text, ("b",), "x")
    assert error.value.line == 3


def test_rename_refuses_a_name_that_is_taken() -> None:
    with pytest.raises(EditError, match=r"a\.c already exists"):
        toml.rename("[a]\nb = 1\nc = 2\n", ("a", "b"), "c")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 1\nb = \n", 2),
        ("a = 1\na = 2\n", 2),
        ("[a]\n[b]\n[a]\n", 3),
        ("[a]\nb.c = 1\n[a.b]\n", 3),
        ("a = [\n", 2),
        ("a = 1\r\nb = 'x\r\n", 2),
    ],
)
def test_what_is_not_toml_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(ParseError) as error:
        toml.parse(text)

    assert abs((error.value.line or 0) - line) <= 1
    assert " at " not in error.value.message


@pytest.mark.parametrize("depth", [330, 450, 5000])
def test_what_is_nested_too_deeply_is_refused(depth: int) -> None:
    text = f"a = {'[' * depth}{']' * depth}\n"

    with pytest.raises((ParseError, EditError)):
        toml.set_value(text, ("b",), 1)


def test_equal_tables_of_an_array_are_deleted_whatever_is_asked_first() -> None:
    text = "[[a]]\n[[a]]\n[[a]]\n"
    assert toml.delete_all(text, [("a", 0), ("a", 2)]) == "[[a]]\n"
