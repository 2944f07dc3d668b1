"""How the work on one checkout ends: an exit status for each outcome, and a line of JSON."""

from __future__ import annotations

import argparse
import json
import re
import signal
import sys
import traceback
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

INTERRUPTED = 130


class Outcome(Enum):
    """The outcomes of a checkout; only 0 changes it, and each script has some of them.

    That is 0 because runners of scripts such as multi-gitter make a pull request of changes then.
    4 is Copier's own status for a lack of trust.
    """

    UPDATED = 0, "updated"
    ADOPTED = 0, "adopted"
    CLEAN = 0, "clean"
    FAILED = 1, "failed"
    UNUSABLE = 2, "cannot be used"
    UP_TO_DATE = 3, "nothing to do"
    NEEDS_TRUST = 4, "needs trust"
    CONFLICTS = 5, "conflicts"
    TESTS_RED = 6, "tests red"
    FINDINGS = 7, "findings"

    def __init__(self, status: int, word: str) -> None:
        """Take the exit status and the word that people read."""
        self.status = status
        self.word = word


class Ended(Exception):  # noqa: N818 - most ends are no errors
    """The end of the work, with an outcome, a sentence about it, and facts for programs."""

    def __init__(self, outcome: Outcome, sentence: str, **facts: object) -> None:
        """Take all of them; the facts have to fit into JSON."""
        super().__init__(sentence)
        self.outcome = outcome
        self.sentence = sentence
        self.facts = facts


def make_parser(description: str) -> argparse.ArgumentParser:
    """Make the parser of a script that works on one checkout, which is its only argument."""
    parser = argparse.ArgumentParser(
        description=description,
        epilog="The exit status is that of the outcome: see README.md beside this script.",
    )
    parser.add_argument("checkout", metavar="CHECKOUT", type=Path, nargs="?", default=Path())
    return parser


def tell(checkout: Path, work: Callable[[], NoReturn]) -> int:
    """Work on a checkout, print the line that says what happened, and return the exit status.

    Args:
        checkout: as it was given.
        work: raises Ended; whatever else it raises is a failure, and its traceback is printed.

    """
    # These become exceptions, so that the temporary folder is removed; Windows has no SIGHUP.
    for name in {"SIGTERM", "SIGHUP"} & set(signal.Signals.__members__):
        signal.signal(signal.Signals[name], lambda number, _: sys.exit(128 + number))
    try:
        work()
    except Ended as ended:
        end = ended
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - whatever it is, it has a status of its own
        sys.stderr.write(shown(traceback.format_exc()))
        end = Ended(Outcome.FAILED, f"{type(error).__name__}: {error}")
    print(line(str(checkout), end))
    return end.outcome.status


def line(checkout: str, end: Ended) -> str:
    """Return the line of JSON for an end, without credentials and in ASCII."""
    said = shown(end.sentence).replace("\n", " ")
    known = {"checkout": checkout, "outcome": end.outcome.word, "status": end.outcome.status}
    return shown(json.dumps({**known, "sentence": said, **end.facts}))


def as_data(checkout: str, end: Ended) -> dict[str, Any]:
    """Return what the line of JSON for an end says."""
    return dict(json.loads(line(checkout, end)))


def counted(number: int, thing: str) -> str:
    """Count things in a sentence."""
    return f"1 {thing}" if number == 1 else f"{number} {thing}s"


def last_line(text: str) -> str:
    """Return the last line that is not empty."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "nothing"


def shown(text: str) -> str:
    """Return text for a terminal or a log, without credentials and control characters."""
    public = re.sub(r"(?<=://)[^\s/@'\"]+(?:@[^\s/@'\"]+)*@", "", text)
    # The runner of GitHub obeys lines that begin with two colons.
    public = re.sub(r"^(?=[^\S\n]*::)", "|", public, flags=re.MULTILINE)
    # As the engine does (shown.py): control characters, and marks that turn text around.
    return re.sub(
        r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]",
        lambda match: match[0].encode("unicode_escape").decode(),
        public,
    )


def listed(names: list[str], most: int = 3) -> str:
    """Name some files in a sentence."""
    more = [f"{len(names) - most} more"] if len(names) > most else []
    return ", ".join(names[:most] + more).encode("utf-8", "replace").decode()
