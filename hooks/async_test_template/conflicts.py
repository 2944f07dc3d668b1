"""Two fixes that touch the same place, so that only one of them can be made at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from async_test_template.findings import Splice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from async_test_template.findings import Change, Edit

_Place: TypeAlias = tuple[str, tuple[str | int, ...]]

#: A file of code is divided into cells of some bytes each; edits that are no splice have their own.
_CELL, _ANYWHERE = 256, -1


class Touched:
    """The edits so far, by file, and those of code by place too.

    Attributes:
        by_file: the edits of each file, in the order they were added.

    """

    def __init__(self) -> None:
        """Start without edits."""
        self.by_file: dict[str, list[Edit]] = {}
        self._by_cell: dict[tuple[str, int], list[Edit]] = {}
        self._at: dict[_Place, list[Change]] = {}
        self._below: dict[_Place, list[Change]] = {}
        self._deleted: dict[_Place, list[Change]] = {}

    def add(self, edits: Iterable[Edit]) -> None:
        """Remember the edits of a fix."""
        for edit in edits:
            self.by_file.setdefault(edit.file, []).append(edit)
            for cell in _cells(edit):
                self._by_cell.setdefault((edit.file, cell), []).append(edit)
            if not isinstance(edit, Splice):
                self._add_change(edit)

    def _add_change(self, change: Change) -> None:
        *above, at = _places(change)
        self._at.setdefault(at, []).append(change)
        for place in above:
            self._below.setdefault(place, []).append(change)
        if change.verb == "delete" and above:
            self._deleted.setdefault(above[-1], []).append(change)

    def clash(self, edits: Iterable[Edit]) -> bool:
        """Tell whether one of some edits touches the place of an earlier one."""
        return any(clash(edit, other) for edit in edits for other in self._near(edit))

    def others(self, edits: Iterable[Edit]) -> list[Edit]:
        """Return those of some edits that are not made yet."""
        return [edit for edit in edits if edit not in self._near(edit)]

    def _near(self, edit: Edit) -> Iterator[Edit]:
        """Return the edits that may touch an edit's place; comparing all takes too long."""
        if isinstance(edit, Splice):
            for cell in (_ANYWHERE, *_cells(edit)):
                yield from self._by_cell.get((edit.file, cell), ())
            return
        # A file with a splice has only splices.
        yield from self.by_file.get(edit.file, ())[:1]
        *above, at = _places(edit)
        for place in (*above, at):
            yield from self._at.get(place, ())
        yield from self._below.get(at, ())
        for place in above[-1:]:
            yield from self._deleted.get(place, ())
            if edit.verb == "delete":
                yield from self._below.get(place, ())


def _places(change: Change) -> list[_Place]:
    """Return the place of a change, after the places that contain it."""
    return [(change.file, change.at[:depth]) for depth in range(len(change.at) + 1)]


def beside(first: Iterable[Edit], others: Iterable[Edit]) -> tuple[Edit, ...]:
    """Return edits, and of some others those that touch none of their places."""
    first = tuple(first)
    return (*first, *(edit for edit in others if not any(clash(edit, one) for one in first)))


def clash(one: Edit, other: Edit) -> bool:
    """Tell whether two edits touch the same place, or one moves the place of the other."""
    if one.file != other.file or one == other:
        return False
    if isinstance(one, Splice) or isinstance(other, Splice):
        # A code file that is created, or changed as a whole, cannot have splices.
        return not (isinstance(one, Splice) and isinstance(other, Splice)) or _overlap(one, other)
    shorter, longer = sorted((one, other), key=lambda change: len(change.at))
    if "delete" in {one.verb, other.verb} and _is_entry(one) and one.at[:-1] == other.at[:-1]:
        # The entries after a deleted one get other numbers.
        return True
    if longer.at[: len(shorter.at)] != shorter.at:
        return False
    additions = {"append", "require"}
    if len(shorter.at) == len(longer.at):
        return not {shorter.verb, longer.verb} <= additions
    # A requirement is inserted into a sorted list, and moves the entries after it.
    is_at_end = shorter.verb in additions and (shorter.verb == "append" or not shorter.at)
    return not is_at_end or longer.verb == "delete"


def _cells(edit: Edit) -> Iterable[int]:
    if not isinstance(edit, Splice):
        return (_ANYWHERE,)
    return range(edit.start // _CELL, edit.end // _CELL + 1)


def _overlap(one: Splice, other: Splice) -> bool:
    if one.start == one.end and other.start == other.end:
        # The order of two insertions is not known.
        return one.start == other.start
    # An insertion conflicts inside of a span, not at its ends.
    return one.start < other.end and other.start < one.end


def _is_entry(change: Change) -> bool:
    return bool(change.at) and isinstance(change.at[-1], int)
