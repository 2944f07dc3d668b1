"""`explain`: from the text of a message, a traceback or a log to causes and cures.

Where it runs in a repository, the rules of the possible causes look at it, and what they find says
which cause it is.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from async_test_template.boundaries import is_project
from async_test_template.console import view
from async_test_template.desired import Desired
from async_test_template.disk import Disk
from async_test_template.errors import UserError
from async_test_template.messages import PAGES, all_messages
from async_test_template.messages.answer import Answer, Sign, lines_of
from async_test_template.messages.places import places_in, tests_in
from async_test_template.messages.search import search, search_stream
from async_test_template.migrate import plan_with, policy_of
from async_test_template.policy import Given
from async_test_template.project import Project
from async_test_template.report import wrapped
from async_test_template.rules.chosen import choose
from async_test_template.targets import plan_projects, read_targets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from async_test_template.findings import Finding
    from async_test_template.messages.search import Hit
    from async_test_template.plan import Plan
    from async_test_template.targets import Target

#: So many tests of a message are named.
_MOST = 3
_UNKNOWN = (
    "No message that is known here was found. {count} messages about async tests are known; "
    "an assertion that failed is not among them, because its cause is in your own code."
)


def explain(text: str, log: Path | None) -> list[str]:
    """Explain the messages in a text; none if it has no known message.

    Args:
        text: the text, `-` for standard input.
        log: a file to read instead.

    Raises:
        UserError: the file cannot be read.

    """
    hits = _hits(text, log)
    signs = _Repository.around(Path.cwd()) if hits else None
    lines: list[str] = []
    for hit in hits:
        lines += ["", *lines_of(_answer(hit, signs))]
    return lines[1:]


def unknown() -> str:
    """Return the sentence for a text without a known message."""
    return _UNKNOWN.format(count=len(all_messages()))


def printed(lines: Sequence[str]) -> str:
    """Return lines as they are printed: on a terminal, text ends between words."""
    seen = view(sys.stdout)
    parts = (
        part
        for line in lines
        for part in (wrapped(line, seen.width) if seen.is_terminal else [line])
    )
    return "".join(f"{part}\n" for part in parts)


def _hits(text: str, log: Path | None) -> list[Hit]:
    if log is None and text != "-":
        return search(text)
    try:
        if log is None:
            return search_stream(sys.stdin.buffer)
        with log.open("rb") as stream:
            return search_stream(stream)
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", path=log) from error


def _answer(hit: Hit, repository: _Repository | None) -> Answer:
    tests = tests_in(hit.near, hit.message)[:_MOST]
    if repository is None:
        return Answer(hit, where=tests)
    places = [f"{file}:{line}" for file, line in places_in(hit.near, repository.root)]
    return Answer(hit, repository.signs(hit), [*tests, *places])


class _Repository:
    """What the rules and the messages see in a repository.

    Attributes:
        root: the folder that holds its projects.

    """

    def __init__(self, folder: Path) -> None:
        self.root, self._targets = read_targets([str(folder)])
        self._plans: dict[tuple[str, ...], Plan] = {}

    @classmethod
    def around(cls, folder: Path) -> _Repository | None:
        """Return the repository that a folder is in, None if it is in none."""
        if not any(map(is_project, Disk(folder).around)):
            return None
        return cls(folder)

    def signs(self, hit: Hit) -> dict[str, list[Sign]]:
        """Return what shows the causes of a message, by their headings."""
        found: dict[str, list[Sign]] = {}
        plan = self._planned(hit.message.rules)
        for cause in hit.message.causes:
            signs = (_sign(finding) for finding in plan.left if finding.code in cause.rules)
            found[cause.heading] = list(signs)
        for heading, text in self._looks(hit):
            found[heading].append(Sign(text))
        return found

    def _planned(self, codes: tuple[str, ...]) -> Plan:
        if codes not in self._plans:

            def plan_one(target: Target) -> Plan:
                policy = policy_of(target.root, Given(select=codes))
                desired = Desired()._replace(policy=policy)
                return plan_with(target.root, desired, choose(policy), frozenset())

            self._plans[codes] = plan_projects(self.root, self._targets, plan_one)
        return self._plans[codes]

    def _looks(self, hit: Hit) -> Iterator[tuple[str, str]]:
        """Yield what the message's own function sees, with the heading of the cause."""
        message = hit.message
        if not PAGES[message.name].with_suffix(".py").exists():
            return
        module = import_module(f"async_test_template.messages.{message.family}.{message.name}")
        for target in self._targets:
            yield from module.look(Project(target.root, Desired(), {}), hit.match.gaps)


def _sign(finding: Finding) -> Sign:
    hint = f" ({finding.hint})" if finding.hint else ""
    text = f"{finding.file}:{finding.line} {finding.code} {finding.message}{hint}"
    return Sign(text, finding.code, finding.tier.value)
