#!/usr/bin/env python3
"""Update one checkout to the newest release of its template, or leave it exactly as it was.

    python3 update_one.py [--trust] [--test COMMAND] [--answers-file FILE] [CHECKOUT]

The result is staged and not committed. One line of JSON on standard output says what happened, and
so does the exit status; what Copier and the tests print goes to standard error. A second run says
that the update is staged.

Needs Python 3.10, git, and Copier or uv.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, NoReturn

import programs
from answers import ANSWERS_FILES, find_answers, own_files
from in_clone import Step, change, open_checkout
from outcome import Ended, Outcome, counted, last_line, listed, make_parser, shown, tell

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Sequence
    from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Update the checkout that the arguments name, and return the exit status."""
    parser = make_parser(
        "Update a checkout to the newest release of its template, or leave it alone."
    )
    parser.add_argument(
        "--trust",
        action="store_true",
        help="let the template run its migrations, which the update to a new major can have",
    )
    parser.add_argument(
        "--test",
        metavar="COMMAND",
        help="run this in the updated project (in a clone, so without ignored files), "
        "and keep the update only if it succeeds",
    )
    parser.add_argument(
        "--answers-file",
        metavar="FILE",
        help=f"where the answers are (default: {ANSWERS_FILES[0]} if there is one, "
        f"else {ANSWERS_FILES[1]})",
    )
    options = parser.parse_args(arguments)

    def work() -> NoReturn:
        update(options.checkout, options.answers_file, options.test, trust=options.trust)

    return tell(options.checkout, work)


def update(path: Path, answers_file: str | None, test: str | None, *, trust: bool) -> NoReturn:
    """Bring the newest release into a checkout.

    Raises:
        Ended: always; it carries the outcome.

    """
    checkout = open_checkout(path)
    command = find_copier()
    answers = find_answers(checkout.folder, answers_file)

    gone: list[str] = []

    def work(project: Path, scratch: Path) -> Step:
        copier = Copier(command, answers, scratch)
        step = copier.find_release(project)
        own = own_files(project / answers)
        copier.update(project, step, trust=trust)
        newly = sorted(own_files(project / answers) - own)
        gone.extend(path for path in newly if not (project / path).exists())
        return step

    step, files = change(checkout, work, test)
    sentence = f"{step}, {counted(len(files), 'file')}"
    if gone:
        sentence += f", and nothing for {listed(gone)}, moved or deleted here"
    raise Ended(Outcome.UPDATED, sentence, **step.facts, gone=gone, files=files)


class Copier:
    """The two commands of Copier that an update needs."""

    def __init__(self, command: list[str], answers: str, scratch: Path) -> None:
        """Take the command that starts it, the name of the answers file, and a place to work in."""
        self.command = command
        self.answers = answers
        self.places = programs.copier_in(scratch)

    def find_release(self, project: Path) -> Step:
        """Return the step to the newest release, such as `1.0.0 -> 1.1.0`.

        Raises:
            Ended: there is none, or Copier does not know.

        """
        done = self._run("check-update", "--output-format", "json", cwd=project)
        if done.returncode:
            raise Ended(Outcome.FAILED, f"`copier check-update` says: {last_line(done.stderr)}")
        news = json.loads(done.stdout)
        if not news["update_available"]:
            version = news["current_version"]
            raise Ended(Outcome.UP_TO_DATE, f"{version} is the newest release", **{"from": version})
        before, after = news["current_version"], news["latest_version"]
        return Step(f"{before} -> {after}", {"from": before, "to": after})

    def update(self, project: Path, step: Step, *, trust: bool) -> None:
        """Update a project in place; conflicts may be left in it.

        Raises:
            Ended: Copier refuses, or fails.

        """
        trusting = ("--trust",) if trust else ()
        done = self._run("update", "--defaults", "--skip-answered", *trusting, cwd=project)
        if done.returncode == Outcome.NEEDS_TRUST.status:
            sentence = f"{step} runs code of the template: read its changelog, then use --trust"
            raise Ended(Outcome.NEEDS_TRUST, sentence, **step.facts)
        if done.returncode:
            sentence = f"`copier update` says: {last_line(done.stderr)}"
            raise Ended(Outcome.FAILED, sentence, **step.facts)

    def _run(self, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        command = [*self.command, *arguments, "--answers-file", self.answers]
        done = programs.run(command, cwd=cwd, more=self.places)
        sys.stderr.write(shown(done.stdout + done.stderr))
        return done


def find_copier() -> list[str]:
    """Return the command that starts Copier.

    Raises:
        Ended: there is neither Copier nor uv.

    """
    return programs.find("copier", "copier", package="copier")


if __name__ == "__main__":
    sys.exit(main())
