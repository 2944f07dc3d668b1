"""The page of a rule: a Markdown file beside its module, its documentation and its tests in one.

Above the first heading is what is wrong, why it matters, how much, and since when. A heading of
the second level begins an example, whose fix its last word tells; the files are in fenced blocks
with their names above, and after a line `becomes` those that a fix changes. A line `Answers:
mode=auto, loop_scope=session.` says what is given to the command line. Below "Left alone" each
heading of the third level begins an example of what the rule does not find.
"""

from __future__ import annotations

import re
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from async_test_template import seen
from async_test_template.findings import Tier

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

#: The heading above what a rule does not find.
LEFT_ALONE = "Left alone"
#: The heading of what every page ends with.
SILENCE = "How to silence it"

#: The parts of a page's beginning, each with what to do if it is written differently.
_HEAD = (
    (re.compile(r"# .+\n\n").match, "begin with `# CODE name` and an empty line"),
    (
        re.compile(r"(?P<title>.+)\.\n\n").match,
        "say in one line what is wrong, end it with a full stop, and leave the next line empty",
    ),
    (
        re.compile(r"(?P<why>.+)\n\n").match,
        "say in one line, however long, what it costs to leave it, and leave the next line empty",
    ),
    (
        re.compile(r"- Severity: \w+\. (?P<because>.+)\n").match,
        "give the reason for the severity in one line: `- Severity: advice. The reason.`",
    ),
    (
        re.compile(r"- Since: (?P<since>.+)\. See (?P<source>\[.+\))\.\n").match,
        "say in one line since when, and link: `- Since: pytest 9, which …. See [pytest 9, …](…).`",
    ),
)
_FENCE = "```"
_BECOMES = "becomes"
_FILE = re.compile(r"`([^`]+)`:")
_ANSWERS = re.compile(r"Answers: (.+)\.")
_TIERS = {"(safe)": Tier.SAFE, "(unsafe)": Tier.UNSAFE, "(report)": Tier.REPORT}


class PageError(Exception):
    """A page that is not written as it has to be; the text says where, and what to do."""


class Example(NamedTuple):
    """Files that show a rule at work.

    Attributes:
        heading: what they show, a sentence.
        before: contents by path.
        after: contents of the files that the fix changes; empty where there is no fix.
        tier: the tier of the finding.
        answers: what the command line is given, by the name of the question.

    """

    heading: str
    before: Mapping[str, str]
    after: Mapping[str, str] = MappingProxyType({})
    tier: Tier = Tier.REPORT
    answers: Mapping[str, Any] = MappingProxyType({})


class Head(NamedTuple):
    """What a page says of its rule before it shows examples.

    Attributes:
        title: what is wrong, as a heading.
        why: what happens if nothing is done, in a sentence or two.
        because: the reason for the rule's severity, a sentence.
        since: the version that made it so, and of what.
        source: the proof, a link in Markdown whose text has the project and its version.

    """

    title: str
    why: str
    because: str
    since: str
    source: str


class Page(NamedTuple):
    """What is on a page.

    Attributes:
        invalid: repositories with exactly one finding of the rule each.
        valid: repositories that look similar and have none.

    """

    invalid: tuple[Example, ...]
    valid: tuple[Example, ...]


def read_head(path: Path) -> Head:
    """Read what a page says of its rule.

    Raises:
        PageError: the page does not begin as `docs/write_rules.py` lays it out.

    """
    text = seen.followed(str(path)).decode().replace("\r\n", "\n")
    said: dict[str, str] = {}
    place = 0
    for match_at, what in _HEAD:
        match = match_at(text, place)
        if match is None:
            line = text.count("\n", 0, place) + 1
            raise PageError(f"{path.name}:{line}: {what}")
        said |= match.groupdict()
        place = match.end()
    return Head(**said)


@cache
def read_page(path: Path) -> Page:
    """Read the examples of a page, for tests: nothing else needs them.

    Raises:
        PageError: something is not as this module's documentation says.

    """
    invalid: list[Example] = []
    valid: list[Example] = []
    lines = iter(enumerate(path.read_text(encoding="utf-8").split("\n"), 1))
    section = _Section(path, 1, "", Tier.REPORT)
    into: list[Example] | None = None
    for number, line in lines:
        level, _, heading = line.partition(" ")
        if level not in {"##", "###"}:
            section.take(number, line, lines)
            continue
        if into is not None:
            into += section.example()
        into = valid if level == "###" or heading == LEFT_ALONE else invalid
        if heading == SILENCE:
            return Page(tuple(invalid), tuple(valid))
        tier = None if into is valid else _TIERS.get(heading.rpartition(" ")[2])
        if into is invalid and tier is None:
            raise PageError(
                f"{path.name}:{number}: end the heading in (safe), (unsafe) or (report), as the "
                f"fix is, or put it below {LEFT_ALONE!r} as one of the third level"
            )
        section = _Section(path, number, heading, tier or Tier.REPORT)
    raise PageError(f"{path.name}: the page has no end, run: python docs/write_rules.py")


class _Section:
    """One heading and what is below it."""

    def __init__(self, path: Path, line: int, heading: str, tier: Tier) -> None:
        self._path = path
        self._line = line
        self._heading = heading
        self._tier = tier
        self._name = ""
        self._files: list[dict[str, str]] = [{}]
        self._answers: dict[str, str | int] = {}

    def take(self, number: int, line: str, rest: Iterator[tuple[int, str]]) -> None:
        """Read one line, and with the first of a fenced block all of it."""
        if line.startswith(_FENCE):
            if not self._name:
                raise self._wrong(number, "name the file in a line above the block: `test_it.py`:")
            text = self._block(number, rest)
            self._files[-1][self._name] = text
            self._name = ""
        elif line == _BECOMES:
            self._files.append({})
        elif match := _FILE.fullmatch(line):
            self._name = match[1]
        elif match := _ANSWERS.fullmatch(line):
            for answer in match[1].split(", "):
                name, _, value = answer.partition("=")
                self._answers[name] = int(value) if value.isdigit() else value

    def example(self) -> Iterator[Example]:
        """Return the files that were read, if there are any."""
        before, *after = self._files
        if not before and self._heading == LEFT_ALONE:
            return
        if not before or len(after) > 1:
            raise self._wrong(self._line, "show one example below each heading, and its files")
        yield Example(self._heading, before, after[0] if after else {}, self._tier, self._answers)

    def _block(self, number: int, rest: Iterator[tuple[int, str]]) -> str:
        lines: list[str] = []
        for _, line in rest:
            if line == _FENCE:
                return "".join(f"{line}\n" for line in lines)
            lines.append(line)
        raise self._wrong(number, f"close the block with {_FENCE}")

    def _wrong(self, line: int, what: str) -> PageError:
        return PageError(f"{self._path.name}:{line}: {what}")
