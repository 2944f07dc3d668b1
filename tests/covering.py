"""A few combinations instead of all: a covering array, and the rest for the scheduled run."""

from __future__ import annotations

import heapq
import itertools
from typing import TYPE_CHECKING, Any

import pytest
from helpers import label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _pytest.mark import ParameterSet

Row = dict[str, Any]


def covering(rows: Iterable[Row], strength: int = 2) -> list[Row]:
    """Choose a few of the rows that hold every set of values that the rows hold.

    Greedy, so it is not the smallest choice there is, but the same in every process.

    Args:
        rows: combinations of values by name.
        strength: how many values are in a set: 2 for pairs, 3 for triples.

    """
    rows = list(rows)
    sets = [frozenset(itertools.combinations(row.items(), strength)) for row in rows]
    missing = frozenset().union(*sets)
    # How many of the missing sets a row has can only become fewer. So the first that has as many as
    # was last known of it has the most of all, and few have to be counted again.
    known = [(-len(held), number) for number, held in enumerate(sets)]
    heapq.heapify(known)
    chosen = []
    while missing:
        _, number = known[0]
        count = len(missing & sets[number])
        if (-count, number) == known[0]:
            chosen.append(rows[number])
            missing -= sets[number]
        heapq.heapreplace(known, (-count, number))
    return chosen


def covered(rows: Iterable[Row], strength: int = 2) -> list[ParameterSet]:
    """Return each row as a parameter; the gate takes those of a covering array."""
    rows = list(rows)
    return gated(rows, covering(rows, strength).__contains__)


def gated(rows: Iterable[Row], is_in_gate: Callable[[Row], bool]) -> list[ParameterSet]:
    """Return each row as a parameter; those outside of the gate are for the full run alone."""
    return [
        pytest.param(row, id=label(row), marks=() if is_in_gate(row) else pytest.mark.full)
        for row in rows
    ]


def apart(row: Row, key: str) -> tuple[Any, Row]:
    """Return a value of a row, and the row without it."""
    rest = dict(row)
    return rest.pop(key), rest
