"""What people read about a message: its cause, what shows it, and the cure."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.addresses import message_address
from async_test_template.rules import FIRST_STATIC, NAMES
from async_test_template.shown import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from async_test_template.messages.page import Cause
    from async_test_template.messages.search import Hit

#: So many places of one cause are named.
_MOST = 5
#: So much of what is in a gap is shown.
_GAP = 80


class Sign(NamedTuple):
    """Something that shows in a repository which cause it is.

    Attributes:
        text: the place and what is there.
        code: the rule that found it, "" if none did.
        tier: how far the rule's fix may go: safe, unsafe or report.

    """

    text: str
    code: str = ""
    tier: str = "report"


class Answer(NamedTuple):
    """What is known about one message.

    Attributes:
        hit: the message.
        signs: what shows its causes, by their headings; None where no repository was looked at.
        where: the tests and the lines that the text names.

    """

    hit: Hit
    signs: Mapping[str, Sequence[Sign]] | None = None
    where: Sequence[str] = ()

    @property
    def settled(self) -> tuple[Cause, ...]:
        """The causes that it is: those that something shows, or the only one that is left."""
        causes = self.hit.message.causes
        said = tuple(c for c in causes if c.is_shown_by(self.hit.match, self.hit.near))
        # Of the causes that the message shows, what the repository has decides.
        here = tuple(c for c in said or causes if self._signs_of(c))
        left = causes if len(causes) == 1 else tuple(filter(self._may_be, causes))
        return here or said or (left if len(left) == 1 else ())

    def is_shown(self, cause: Cause) -> bool:
        """Tell whether the message or the repository shows a cause."""
        return bool(self._signs_of(cause)) or cause.is_shown_by(self.hit.match, self.hit.near)

    def _may_be(self, cause: Cause) -> bool:
        """Tell whether it may be a cause that nothing in a repository shows."""
        is_looked_for = cause.condition or any(code >= FIRST_STATIC for code in cause.rules)
        return self.signs is not None and not is_looked_for

    def _signs_of(self, cause: Cause) -> Sequence[Sign]:
        return (self.signs or {}).get(cause.heading, ())


def lines_of(answer: Answer) -> Iterator[str]:
    """Yield the lines of an answer; those of code begin with more blanks than text does."""
    hit = answer.hit
    message = hit.message
    yield _title(answer)
    if answer.where:
        yield f"  At: {', '.join(map(shown, answer.where))}."
    yield f"  {message.meaning}"
    settled = answer.settled
    for cause in settled:
        yield ""
        yield f"  {_introduction(answer, cause)}: {cause.heading}."
        if len(message.causes) > 1:
            yield f"  {cause.tell}"
        yield from _cure(answer, cause)
    others = [cause for cause in message.causes if cause not in settled]
    if settled and others:
        yield ""
        yield "  Other causes, if that is not it:"
        for cause in others:
            yield f"  - {cause.heading}. {cause.tell}"
    elif others:
        yield ""
        yield f"  {_undecided(answer)}"
        for number, cause in enumerate(others, 1):
            yield ""
            yield f"  {number}. {cause.heading}."
            yield f"  {cause.tell}"
            yield from _cure(answer, cause)
    yield ""
    yield f"  More: {message_address(message.name)}"


def said(hit: Hit) -> str:
    """Return a message as it was said, with what was in its gaps, as far as a line has room."""
    text = hit.wording.text
    for name, part in hit.match.gaps.items():
        text = text.replace(f"{{{name}}}", shown(part)[:_GAP])
    return text


def _title(answer: Answer) -> str:
    hit = answer.hit
    times = f", {hit.times} times, first in line {hit.line}" if hit.times > 1 else ""
    return f"{said(hit)} ({hit.wording.said_by}{times})"


def _introduction(answer: Answer, cause: Cause) -> str:
    if (answer.signs or {}).get(cause.heading):
        return "The cause here"
    is_only = len(answer.hit.message.causes) == 1
    return "The cause" if is_only or answer.is_shown(cause) else "The likely cause"


def _undecided(answer: Answer) -> str:
    count = len(answer.hit.message.causes)
    if answer.signs is None:
        return f"It has {count} possible causes. In the repository, this command looks which it is."
    return f"It has {count} possible causes, and nothing in this repository shows which one it is."


def _cure(answer: Answer, cause: Cause) -> Iterator[str]:
    signs = (answer.signs or {}).get(cause.heading, ())
    for sign in signs[:_MOST]:
        yield f"    {shown(sign.text)}"
    if len(signs) > _MOST:
        yield f"    and {len(signs) - _MOST} more"
    yield f"  Cure: {cause.cure}"
    commands = list(_commands(signs))
    yield from (f"    $ {command}" for command in commands)
    if cause.after and not commands:
        yield "  For example:"
        yield from (f"    {line}" for line in _diff(cause))
    if cause.rules:
        names = ", ".join(f"{code} {NAMES[code]}" for code in cause.rules)
        yield f"  Found before it happens by: {names}."


def _commands(signs: Sequence[Sign]) -> Iterator[str]:
    """Yield the commands that make the fixes of what was found."""
    for tier, option in (("safe", ""), ("unsafe", " --unsafe")):
        codes = sorted({sign.code for sign in signs if sign.code and sign.tier == tier})
        if codes:
            yield f"async-test-template migrate{option} --select {','.join(codes)}"


def _diff(cause: Cause) -> Iterator[str]:
    """Yield the cure of the page's example as a diff, each file with its name."""
    for file, new in cause.after.items():
        old = cause.before.get(file, "")
        found = difflib.unified_diff(old.splitlines(), new.splitlines(), n=2, lineterm="")
        yield f"{file}:"
        yield from (line for line in found if not line.startswith(("---", "+++", "@@")))
