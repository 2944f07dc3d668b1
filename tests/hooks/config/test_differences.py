"""What differs between two lists of lines."""

from __future__ import annotations

import pytest
from async_test_template.config.differences import differences
from hypothesis import given
from hypothesis import strategies as st

lines = st.lists(st.sampled_from("abc"), max_size=9)


@given(lines, lines)
def test_what_differs_leads_from_one_to_the_other(old: list[str], new: list[str]) -> None:
    result = list(old)
    for first, last, new_first, new_last in reversed(differences(old, new)):
        result[first:last] = new[new_first:new_last]
    assert result == new


@given(lines, st.data())
def test_what_is_left_out_is_all_that_differs(old: list[str], data: st.DataObject) -> None:
    gone = data.draw(st.sets(st.integers(0, 9)))
    new = [line for number, line in enumerate(old) if number not in gone]
    found = differences(old, new)
    assert sum(last - first for first, last, *_ in found) == len(old) - len(new)
    assert all(first == last for *_, first, last in found)
    assert sum(last - first for *_, first, last in differences(new, old)) == len(old) - len(new)


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("abcd", "abxd", [(2, 3, 2, 3)]),
        ("abc", "bcd", [(0, 1, 0, 0), (3, 3, 2, 3)]),
        ("", "", []),
    ],
)
def test_a_line_in_another_place_is_found_there(
    old: str, new: str, found: list[tuple[int, int, int, int]]
) -> None:
    assert differences(list(old), list(new)) == found
