"""Two fixes of one place are not made in one round."""

from __future__ import annotations

import pytest
from async_test_template.conflicts import Touched, clash
from async_test_template.findings import Change, Edit, Splice

FILE = "f.toml"
CASES = [
    (Change(FILE, "set", ("t", "a"), 1), Change(FILE, "set", ("t", "b"), 1), False),
    (Change(FILE, "set", ("t", "a"), 1), Change(FILE, "set", ("t", "a"), 2), True),
    (Change(FILE, "set", ("t", "a"), 1), Change(FILE, "delete", ("t", "a")), True),
    (Change(FILE, "rename", ("t",), "u"), Change(FILE, "set", ("t", "a"), 1), True),
    (Change(FILE, "delete", ("t", "a", 0)), Change(FILE, "set", ("t", "a", 1), 1), True),
    (Change(FILE, "set", ("t", "a", 0), 1), Change(FILE, "set", ("t", "a", 1), 1), False),
    (Change(FILE, "append", ("t", "a"), "x"), Change(FILE, "append", ("t", "a"), "y"), False),
    (Change(FILE, "append", ("t", "a"), "x"), Change(FILE, "set", ("t", "a", 1), 1), False),
    (Change(FILE, "append", ("t", "a"), "x"), Change(FILE, "set", ("t", "a"), ["y"]), True),
    (Change(FILE, "require", ("t", "a"), "x"), Change(FILE, "require", ("t", "a"), "y"), False),
    (Change(FILE, "require", ("t", "a")), Change(FILE, "specifier", ("t", "a", 1)), True),
    (Change(FILE, "require", ()), Change(FILE, "specifier", (1,)), False),
    (Change(FILE, "require", ("t", "a")), Change(FILE, "delete", ("t", "a", 1)), True),
    (Change(FILE, "header", (), "pytest"), Change(FILE, "set", ("t", "a"), 1), True),
    (Splice(FILE, 3, 7, "x"), Splice(FILE, 7, 9, "y"), False),
    (Splice(FILE, 3, 7, "x"), Splice(FILE, 6, 9, "y"), True),
    (Splice(FILE, 3, 7, "x"), Splice(FILE, 3, 3, "y"), False),
    (Splice(FILE, 3, 7, "x"), Splice(FILE, 5, 5, "y"), True),
    (Splice(FILE, 3, 3, "x"), Splice(FILE, 3, 3, "y"), True),
    (Splice(FILE, 250, 700, "x"), Splice(FILE, 600, 800, "y"), True),
    (Splice(FILE, 3, 7, "x"), Change(FILE, "create", (), "y"), True),
]


@pytest.mark.parametrize(("one", "other", "expected"), CASES)
def test_which_edits_clash(one: Edit, other: Edit, *, expected: bool) -> None:
    assert clash(one, other) is expected
    assert clash(other, one) is expected
    assert not clash(one, other._replace(file="other.toml"))
    assert not clash(one, one)


@pytest.mark.parametrize(("one", "other", "expected"), CASES)
def test_a_fix_clashes_with_what_is_made_already(one: Edit, other: Edit, *, expected: bool) -> None:
    touched = Touched()
    touched.add([one])
    assert touched.clash([other]) is expected
    assert touched.others([one, other]) == [other]
    assert touched.by_file == {FILE: [one]}
