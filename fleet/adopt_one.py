#!/usr/bin/env python3
"""Adopt one checkout by the template, or leave it exactly as it was.

    python3 adopt_one.py [--test COMMAND] [--data KEY=VALUE] [--template SOURCE] [CHECKOUT]

The result is staged and not committed. One line of JSON on standard output says what happened, and
so does the exit status; what the engine and the tests print goes to standard error. A second run
says that there is nothing to do.

Needs Python 3.10, git, and the engine with Copier, or uv.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

from answers import ANSWERS_FILES, is_ours
from engine import find_engine, run_engine
from in_clone import Step, change, open_checkout
from outcome import Ended, Outcome, counted, last_line, make_parser, shown, tell
from programs import copier_in

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Adopt the checkout that the arguments name, and return the exit status."""
    parser = make_parser("Adopt a checkout by the template, or leave it alone.")
    parser.add_argument(
        "--test",
        metavar="COMMAND",
        help="run this in the adopted project (in a clone, so without ignored files), "
        "and keep the change only if it succeeds",
    )
    parser.add_argument(
        "--data",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="an answer that overrules the inferred one",
    )
    parser.add_argument(
        "--template", metavar="SOURCE", help="where Copier finds the template (the engine's)"
    )
    options = parser.parse_args(arguments)
    given = [f"--data={pair}" for pair in options.data]
    given += [f"--template={options.template}"] if options.template else []
    return tell(options.checkout, lambda: adopt(options.checkout, given, options.test))


def adopt(path: Path, given: list[str], test: str | None) -> NoReturn:
    """Adopt a checkout.

    Raises:
        Ended: always; it carries the outcome.

    """
    checkout = open_checkout(path)
    command = find_engine()

    def work(project: Path, scratch: Path) -> Step:
        if any(is_ours(project / name) for name in ANSWERS_FILES):
            raise Ended(Outcome.UP_TO_DATE, "the project has answers to the template")
        places = copier_in(scratch)
        done = run_engine(command, "adopt", "--yes", *given, cwd=project, more=places)
        if done.returncode == Outcome.UNUSABLE.status:
            raise Ended(Outcome.UNUSABLE, last_line(done.stderr).removeprefix("error: "))
        said = [shown(one) for one in done.stderr.splitlines() if one.strip()]
        return Step("the adoption", {"is_left": bool(done.returncode), "said": said})

    step, files = change(checkout, work, test)
    rest = "something is left to do by hand" if step.facts["is_left"] else "nothing is left to mend"
    raise Ended(
        Outcome.ADOPTED, f"{counted(len(files), 'file')}, {rest}", **step.facts, files=files
    )


if __name__ == "__main__":
    sys.exit(main())
