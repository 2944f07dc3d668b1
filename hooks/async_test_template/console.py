"""What people see: the report on standard output, and sentences on standard error."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from async_test_template.faults import sentences, tracebacks
from async_test_template.report import summary
from async_test_template.shown import shown, shown_lines, unobeyed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from async_test_template.faults import Fault
    from async_test_template.plan import Plan


def tell(plan: Plan, *, written: bool, advice: bool, outcome: str, traceback: bool) -> None:
    """Print the result of a run on standard error.

    Args:
        plan: the result.
        written: whether the fixes are in the files.
        advice: whether the report has shown it.
        outcome: what a fault of this program means for the user.
        traceback: whether to print where such a fault comes from.

    """
    tell_faults(plan.faults, outcome)
    for line in summary(plan, written=written, advice=advice):
        print(line, file=sys.stderr)
    if traceback:
        tell_tracebacks(plan.faults)


def tell_faults(faults: Iterable[Fault], outcome: str) -> None:
    """Print on standard error what has failed in this program."""
    for sentence in sentences(list(faults), outcome):
        print(f"error: {shown(sentence)}", file=sys.stderr)


def tell_tracebacks(faults: Iterable[Fault]) -> None:
    """Print on standard error where faults come from."""
    for traceback in tracebacks(list(faults)):
        print(shown_lines(traceback), end="", file=sys.stderr)


def print_report(report: str) -> None:
    """Print a report on standard output, before the sentences about it."""
    sys.stdout.write(report)
    sys.stdout.flush()


def print_diff(plan: Plan, root: Path) -> None:
    """Print the changes: for people on a terminal, otherwise so that `git apply` accepts them."""
    from async_test_template.diff import for_people, for_programs

    above = prefix(root)
    changes = {
        above + _behind(root, file): (plan.before[file] or b"", new)
        for file, new in plan.after.items()
    }
    if sys.stdout.isatty():
        sys.stdout.write(for_people(changes, colour=colour(sys.stdout)))
        return
    with unobeyed(sys.stdout):
        sys.stdout.flush()
        sys.stdout.buffer.write(for_programs(changes))
        sys.stdout.buffer.flush()


def _behind(root: Path, file: str) -> str:
    """Return the file that a link leads to: that is written, and git writes through no link."""
    target = (root / file).resolve()
    return target.relative_to(root).as_posix() if target.is_relative_to(root) else file


def prefix(root: Path) -> str:
    """Return a function that makes paths from the project's root relative to the current folder.

    Editors, `git apply` and GitHub look from there. Outside of it, paths stay relative to the root.
    """
    try:
        below = root.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return ""
    return "" if below == "." else f"{below}/"


def colour(stream: object) -> bool:
    """Use colour on a terminal, unless NO_COLOR asks for none."""
    isatty = getattr(stream, "isatty", lambda: False)
    return bool(isatty()) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
