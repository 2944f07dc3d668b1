"""The findings of a large repository on one screen: each rule, how often, and where first."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.findings import Severity, Tier
from async_test_template.report.words import counted, severity_of
from async_test_template.rules import head_of
from async_test_template.shown import shown_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from async_test_template.findings import Finding
    from async_test_template.plan import Plan

#: The lines that the summary needs below, and what is left of a screen at the least.
_SUMMARY = 6
_LEAST = 10
#: How many lines of places a rule may have.
_PLACES = 2
_INDENT = " " * len("AT101  ")
_ORDER = tuple(Severity)


class _Row(NamedTuple):
    """A rule with its findings."""

    code: str
    left: Sequence[Finding]
    fixed: Sequence[Finding]

    @property
    def severity(self) -> Severity:
        return min((severity_of(each) for each in (*self.left, *self.fixed)), key=_ORDER.index)

    def count(self, tier: Tier) -> int:
        """Return how many of the findings that are left have a fix of a tier."""
        return sum(finding.tier is tier for finding in self.left)


def overview(
    plan: Plan, ending: Sequence[str], *, width: int, height: int, colour: bool
) -> Iterator[str]:
    """Yield a table of the rules, as high as the terminal, and the first places of each."""
    rows = _rows(plan)
    more = f"-v shows every finding, and `explain {rows[0].code}` explains a rule."
    ending = [*ending, more]
    room = max(height - _SUMMARY, _LEAST) - len(ending) - 1
    listed = rows if len(rows) <= room else rows[: room - 1]
    rest = rows[len(listed) :]
    room -= len(listed) + bool(rest)
    yield _header(plan)
    for number, row in enumerate(listed):
        yield _line(row, plan, width, colour=colour)
        # The first rules get a line more if not all can have it.
        here = room // len(listed) + (number < room % len(listed))
        yield from islice(_places(row, width), min(here, _PLACES))
    if rest:
        found = sum(len(row.left) + len(row.fixed) for row in rest)
        yield f"{_INDENT}and {counted(len(rest), 'more rule')} with {counted(found, 'finding')}"
    yield from ending


def statistics(plan: Plan, *, width: int) -> Iterator[str]:
    """Yield the same table with every rule, and without places."""
    rows = _rows(plan)
    if rows:
        yield _header(plan)
    for row in rows:
        yield _line(row, plan, width, colour=False)


def _rows(plan: Plan) -> list[_Row]:
    left: dict[str, list[Finding]] = {}
    fixed: dict[str, list[Finding]] = {}
    for finding in plan.left:
        left.setdefault(finding.code, []).append(finding)
    for finding in plan.fixed:
        fixed.setdefault(finding.code, []).append(finding)
    codes = dict.fromkeys([*left, *fixed])
    rows = [_Row(code, left.get(code, ()), fixed.get(code, ())) for code in codes]
    return sorted(
        rows,
        key=lambda row: (_ORDER.index(row.severity), -len(row.left), -len(row.fixed), row.code),
    )


def _header(plan: Plan) -> str:
    fixed = " fixed  left" if plan.fixed else " found"
    return f"rule   severity{fixed}  safe unsafe  what is wrong"


def _line(row: _Row, plan: Plan, width: int, *, colour: bool) -> str:
    bold, plain = ("\033[1m", "\033[0m") if colour else ("", "")
    fixed = f"{len(row.fixed):6}" if plan.fixed else ""
    safe, unsafe = row.count(Tier.SAFE), row.count(Tier.UNSAFE)
    counts = f"{fixed}{len(row.left):6}{safe or '-':>6}{unsafe or '-':>7}"
    begin = f"  {row.severity.value:<8}{counts}  "
    room = width - len(row.code) - len(begin)
    return f"{bold}{row.code}{plain}{begin}{_cut(head_of(row.code).title, room)}"


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: max(room - 3, 0)].rstrip()}..."


def _places(row: _Row, width: int) -> Iterator[str]:
    """Yield lines with places, as many in a line as fit: the first one of each file comes first."""
    by_file: dict[str, list[str]] = {}
    for finding in (*row.left, *row.fixed):
        place = shown_path(f"{finding.file}:{finding.line}")
        by_file.setdefault(finding.file, []).append(place)
    first = [places[0] for places in by_file.values()]
    line = ""
    for place in dict.fromkeys([*first, *chain.from_iterable(by_file.values())]):
        longer = f"{line}  {place}" if line else f"{_INDENT}{place}"
        if line and len(longer) > width:
            yield line
            longer = f"{_INDENT}{place}"
        line = longer
    yield line
