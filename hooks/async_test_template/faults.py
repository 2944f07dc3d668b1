"""Unexpected exceptions: which rule looked at which file, and a sentence for the user.

Such an exception is a fault of this program. It is kept as text, so that it can come from another
process, and so that the other rules can go on.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from async_test_template import HOME, __version__
from async_test_template.errors import UserError

#: Where to report a fault.
ISSUES = f"{HOME}/issues"

_PACKAGE = Path(__file__).parent
#: Longer texts of exceptions contain whole files.
_LONGEST = 200
#: A sentence lists so many names; of more it gives the number.
_LISTED = 3


class Fault(NamedTuple):
    """One unexpected exception.

    Attributes:
        rules: codes of the rules that were running, empty if it was none of them.
        file: the file that was read, as a path from the project's root; empty if it was the whole
            repository.
        error: the exception on one line: its type and its text.
        place: where in this program it was raised, as file and line.
        traceback: what Python would have printed.

    """

    rules: tuple[str, ...]
    file: str
    error: str
    place: str
    traceback: str


class Crash(Exception):  # noqa: N818 - carries a fault, and is no name for one kind of error
    """An unexpected exception, with what the program was looking at.

    Attributes:
        fault: what is known of it.

    """

    def __init__(self, fault: Fault) -> None:
        """Attach a fault."""
        super().__init__(fault)
        self.fault = fault

    def __str__(self) -> str:
        """Return the exception in a line."""
        return self.fault.error


def fault_of(error: BaseException, *, rules: Sequence[str] = (), file: str = "") -> Fault:
    """Describe an exception; what it already carries is more exact and is used first."""
    if isinstance(error, Crash):
        known = error.fault
        return known._replace(rules=known.rules or tuple(rules), file=known.file or file)
    # Imported here: nearly every run works without it.
    import traceback

    text = " ".join(str(error).split())
    name = type(error).__name__
    line = f"{name}: {text}" if text else name
    shown = line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
    place = ""
    for frame in traceback.extract_tb(error.__traceback__):
        path = Path(frame.filename)
        if path.is_relative_to(_PACKAGE):
            place = f"{path.relative_to(_PACKAGE).as_posix()}:{frame.lineno}"
    whole = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return Fault(tuple(rules), file, shown, place, whole)


@contextmanager
def looking_at(file: str) -> Iterator[None]:
    """Name the file in an unexpected exception; errors that the user can correct pass unchanged.

    Raises:
        Crash: an unexpected exception.

    """
    try:
        yield
    except (UserError, OSError):
        raise
    except Exception as error:
        raise Crash(fault_of(error, file=file)) from error


def sentences(faults: Iterable[Fault], outcome: str) -> Iterator[str]:
    """Yield a sentence for each cause, however many rules and files are affected.

    Args:
        faults: what went wrong.
        outcome: the result for the user, such as `nothing was written`.

    """
    by_cause: dict[tuple[str, str], list[Fault]] = {}
    for fault in faults:
        by_cause.setdefault((fault.error, fault.place), []).append(fault)
    for (error, place), alike in by_cause.items():
        rules = listed([code for fault in alike for code in fault.rules], "rules")
        files = listed([fault.file for fault in alike if fault.file], "files")
        who = f"{rules} failed" if rules else "async-test-template failed"
        where = f" on {files}" if files else ""
        what = f"{error}, in {place}" if place else error
        yield (
            f"{who}{where}, which is a fault of async-test-template {__version__} and not of the "
            f"repository ({what}); {outcome}; please report it at {ISSUES} with what the same "
            "command prints with --traceback"
        )


def tracebacks(faults: Iterable[Fault]) -> Iterator[str]:
    """Yield what Python would have printed, once for each cause."""
    yield from {(fault.error, fault.place): fault.traceback for fault in faults}.values()


def listed(names: Iterable[str], kind: str) -> str:
    """List names, or the first of them and how many others there are."""
    known = list(dict.fromkeys(names))
    shown, others = known[:_LISTED], len(known) - _LISTED
    if others > 0:
        return f"{', '.join(shown)} and {others} other {kind if others > 1 else kind[:-1]}"
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))
