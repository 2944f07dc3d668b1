"""What people see: the report on standard output, and sentences on standard error."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from async_test_template.errors import UserError
from async_test_template.faults import sentences, tracebacks
from async_test_template.report import View, wrapped
from async_test_template.shown import shown, shown_lines, unobeyed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TextIO

    from async_test_template.faults import Fault
    from async_test_template.plan import Plan


#: A narrower terminal shows nothing of use.
_NARROW = 20


def told(faults: Sequence[Fault], summary: Iterable[str], *, outcome: str, traceback: bool) -> str:
    """Return the sentences about a run, for standard error.

    Args:
        faults: what has failed in this program.
        summary: the sentences about the rest.
        outcome: what a fault of this program means for the user.
        traceback: whether to print where such a fault comes from.

    """
    lines = [f"error: {shown(sentence)}" for sentence in sentences(list(faults), outcome)]
    seen = view(sys.stderr)
    for line in summary:
        lines += wrapped(line, seen.width) if seen.is_terminal else [line]
    traces = map(shown_lines, tracebacks(list(faults))) if traceback else ()
    return "".join([*(f"{line}\n" for line in lines), *traces])


def require_writable(file: Path | None) -> None:
    """Refuse a file for the report before anything is done.

    Raises:
        UserError: a report cannot be written there.

    """
    if file is not None:
        from async_test_template.write import refuse

        if not file.parent.is_dir():
            raise UserError("no such directory", path=file.parent)
        refuse(file.parent, {Path(file.name): None}, expected={}, allow_dirty=True)


def deliver(report: str, file: Path | None = None) -> None:
    """Print a report on standard output, before the sentences about it, or write it to a file."""
    if file is None:
        sys.stdout.write(report)
        sys.stdout.flush()
    else:
        from async_test_template.write import write_all

        data = report.encode(errors="backslashreplace")
        write_all(file.parent, {Path(file.name): data}, allow_dirty=True)


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


def prefix(root: Path, start: Path | None = None) -> str:
    """Return what is put before paths from `root` to begin at `start`, the current folder.

    Editors, `git apply` and GitHub look from there. Outside of it, paths stay relative to the root.
    """
    try:
        below = root.relative_to(start or Path.cwd()).as_posix()
    except ValueError:
        return ""
    return "" if below == "." else f"{below}/"


def colour(stream: object) -> bool:
    """Use colour on a terminal, unless NO_COLOR asks for none."""
    isatty = getattr(stream, "isatty", lambda: False)
    return bool(isatty()) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def view(stream: TextIO) -> View:
    """Return how a report looks on a stream; `COLUMNS` says how wide something other than it is."""
    columns = os.environ.get("COLUMNS", "")
    seen = View(colour=colour(stream), is_terminal=stream.isatty())
    try:
        width, height = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        width, height = 0, 0
    if columns.isdecimal():
        width = int(columns[:4])
    return seen._replace(width=max(width or seen.width, _NARROW), height=height or seen.height)
