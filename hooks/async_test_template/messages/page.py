r"""The page of a message: a Markdown file with its wordings, causes and cures, and their proof.

The title is the message, with `...` for what differs. Below it, one line says what happened; then a
list has all wordings, each with who says it. A heading of the second level is a cause. Below it:

- a line that says how to tell it from the others (or what it is, where it is the only one),
- `When: {gap} is `a`, `b`.` where the message itself shows that it is this one, or
  `When: near is `a`.` where the text around it does,
- `Rules: AT105, AT504.`: the rules that find it,
- `Cure: ...`: what to do, in a line,
- files in fenced blocks that bring the message about, and after a line `becomes` the cured ones,
- `With: pytest==8.3.` for a cause that needs other packages than the newest of the usual ones, and
  `Also with: ...` for those in which it is worded differently; tests run the files in each.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.messages.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from async_test_template.messages.wording import Match

#: The name of what stands around a message, beside its gaps.
NEAR = "near"
_FENCE = "```"
_BECOMES = "becomes"


class PageError(Exception):
    """A page that is not written as it has to be; the text says where, and what to do."""


class Condition(NamedTuple):
    """What of a message shows a cause.

    Attributes:
        gap: the name of a gap, or NEAR.
        values: it is one of these; NEAR contains one of them.

    """

    gap: str
    values: tuple[str, ...]


class Cause(NamedTuple):
    """Why a message is said, and what to do.

    Attributes:
        heading: the cause, a sentence without its full stop.
        tell: what tells it apart.
        cure: what to do, a sentence or two.
        rules: codes of the rules that find it.
        condition: what of the message shows it, None if nothing does.
        before: files that bring the message about, by path; contents without their last line end.
        after: what becomes of those that change.
        needs: the requirements that differ from the newest releases.
        also: the same for older releases, which say it in other words.

    """

    heading: str
    tell: str
    cure: str
    rules: tuple[str, ...] = ()
    condition: Condition | None = None
    before: Mapping[str, str] = MappingProxyType({})
    after: Mapping[str, str] = MappingProxyType({})
    needs: tuple[str, ...] = ()
    also: tuple[tuple[str, ...], ...] = ()

    def is_shown_by(self, match: Match, near: str) -> bool:
        """Tell whether a message shows that this is its cause."""
        if self.condition is None:
            return False
        if self.condition.gap == NEAR:
            return any(value in near for value in self.condition.values)
        return match.gaps.get(self.condition.gap) in self.condition.values


class Message(NamedTuple):
    """A message that libraries say.

    Attributes:
        name: the name of its page, without suffix.
        family: the library it belongs to: the folder of its page.
        title: the message, with `...` for what differs.
        meaning: what happened, in a sentence or two.
        wordings: all ways in which it is said.
        causes: the possible causes, at least one.

    """

    name: str
    family: str
    title: str
    meaning: str
    wordings: tuple[Wording, ...]
    causes: tuple[Cause, ...]

    @property
    def telling(self) -> frozenset[str]:
        """The gaps that show the cause."""
        return frozenset(cause.condition.gap for cause in self.causes if cause.condition)

    @property
    def rules(self) -> tuple[str, ...]:
        """The codes of the rules that find a cause."""
        return tuple(dict.fromkeys(code for cause in self.causes for code in cause.rules))


def read_message(path: Path) -> Message:
    """Read a page.

    Raises:
        PageError: something is not as this module's documentation says.

    """
    return _Reader(path).message()


class _Reader:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = path.read_text(encoding="utf-8").split("\n")
        self._number = 0

    def message(self) -> Message:
        title = self._next()
        if not title.startswith("# "):
            raise self._wrong("begin with the message: `# TypeError: ...`")
        meaning = self._next()
        wordings = []
        while (line := self._next()).startswith("- `"):
            text, _, said_by = line.removeprefix("- `").rpartition("` (")
            if not (text and said_by.endswith(")")):
                raise self._wrong("say who says it: - `text` (pytest 9.0 and newer)")
            wordings.append(Wording(text, said_by[:-1]))
        causes = []
        while line.startswith("## "):
            cause, line = self._cause(line[3:])
            causes.append(cause)
        if line or not (wordings and causes):
            raise self._wrong("give wordings, then causes, each with a heading")
        path = self._path
        return Message(
            path.stem, path.parent.name, title[2:], meaning, tuple(wordings), tuple(causes)
        )

    def _cause(self, heading: str) -> tuple[Cause, str]:
        cause = Cause(heading, self._next(), "")
        files: list[dict[str, str]] = [{}]
        while (line := self._next()) and not line.startswith("## "):
            word, colon, rest = line.partition(": ")
            if line == _BECOMES:
                files.append({})
            elif line.startswith("`") and line.endswith("`:"):
                files[-1][line[1:-2]] = self._block()
            elif colon and word == "Cure":
                cause = cause._replace(cure=rest)
            elif colon and rest.endswith("."):
                cause = self._with(cause, word, rest[:-1])
            else:
                raise self._wrong("begin the line with When:, Rules:, Cure:, With: or Also with:")
        if not cause.cure:
            raise self._wrong(f"say what to do about {heading!r} in a line `Cure: ...`")
        after = files[1] if len(files) > 1 else {}
        return cause._replace(before=files[0], after=after), line

    def _with(self, cause: Cause, word: str, rest: str) -> Cause:
        values = tuple(rest.split(", "))
        if word == "Rules":
            return cause._replace(rules=values)
        if word == "With":
            return cause._replace(needs=values)
        if word == "Also with":
            return cause._replace(also=(*cause.also, values))
        if word == "When":
            gap, _, texts = rest.partition(" is ")
            given = tuple(text.strip("`") for text in texts.split("`, `"))
            return cause._replace(condition=Condition(gap, given))
        raise self._wrong(f"{word!r} is none of When, Rules, Cure, With, Also with")

    def _next(self) -> str:
        """Return the next line that is not empty, "" at the end."""
        for line in self._rest():
            if line:
                return line
        return ""

    def _rest(self) -> Iterator[str]:
        while self._number < len(self._lines):
            self._number += 1
            yield self._lines[self._number - 1]

    def _block(self) -> str:
        if not self._next().startswith(_FENCE):
            raise self._wrong("put the text of the file into a fenced block")
        lines: list[str] = []
        for line in self._rest():
            if line == _FENCE:
                return "".join(f"{line}\n" for line in lines)
            lines.append(line)
        raise self._wrong(f"close the block with {_FENCE}")

    def _wrong(self, what: str) -> PageError:
        return PageError(f"{self._path.name}:{self._number}: {what}")
