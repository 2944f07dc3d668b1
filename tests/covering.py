"""A few combinations instead of all: a covering array, and the rest for the scheduled run."""

from __future__ import annotations

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
    waiting = [(row, frozenset(itertools.combinations(row.items(), strength))) for row in rows]
    missing = frozenset().union(*(sets for _, sets in waiting))
    chosen = []
    while missing:
        row, sets = max(waiting, key=lambda one: len(missing & one[1]))
        chosen.append(row)
        missing -= sets
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
