"""The differences between two lists of lines, found in linear time."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: The first and the last of the old lines that change, and those of the new ones in their place.
Difference = tuple[int, int, int, int]

#: With so many lines or more, common lines are not searched: that takes quadratic time.
_MANY = 500


def differences(old: Sequence[str], new: Sequence[str]) -> list[Difference]:
    """Return the spans of `old` that change, each with the span of `new` that takes its place."""
    begin = _alike(old, new)
    end = _alike(old[begin:][::-1], new[begin:][::-1])
    old, new = old[begin : len(old) - end], new[begin : len(new) - end]
    found = _left_out(old, new)
    if found is None:
        added = _left_out(new, old)
        found = None if added is None else [(c, d, a, b) for a, b, c, d in added]
    if found is None:
        found = [(0, len(old), 0, len(new))] if len(old) + len(new) > _MANY else _searched(old, new)
    return [(begin + a, begin + b, begin + c, begin + d) for a, b, c, d in found]


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """Count the lines that both begin with."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _left_out(old: Sequence[str], new: Sequence[str]) -> list[Difference] | None:
    """Return the spans of `old` without which it is `new`; None where it is not."""
    found: list[Difference] = []
    kept = 0
    for number, line in enumerate(old):
        if kept < len(new) and line == new[kept]:
            kept += 1
        elif found and found[-1][1] == number:
            found[-1] = (found[-1][0], number + 1, kept, kept)
        else:
            found.append((number, number + 1, kept, kept))
    return found if kept == len(new) else None


def _searched(old: Sequence[str], new: Sequence[str]) -> list[Difference]:
    # Late: most edits add, remove or replace a few lines in one place.
    from difflib import SequenceMatcher

    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [(a, b, c, d) for tag, a, b, c, d in codes if tag != "equal"]
