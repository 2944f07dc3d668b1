"""Parts of one PEP 508 requirement, so that only its version specifier is edited."""

from __future__ import annotations

import re
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from async_test_template.errors import EditError, ParseError

_NAME_AND_EXTRAS = re.compile(r"\s*(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?P<extras>\s*\[[^]]*\])?")


@dataclass(frozen=True)
class ParsedRequirement:
    """One requirement and where its specifier is.

    Attributes:
        text: the whole requirement, as written.
        name: the normalised name (PEP 503).
        requirement: what packaging makes of the text.
        start: where the specifier begins in `text`; without one, where it would.
        end: where it ends. Parentheses around it are outside.

    """

    text: str
    name: str
    requirement: Requirement
    start: int
    end: int

    @property
    def specifier(self) -> str:
        """The specifier as written, empty where there is none."""
        return self.text[self.start : self.end]


def parse(text: str) -> ParsedRequirement:
    """Read one requirement.

    Raises:
        ParseError: packaging does not accept it.

    """
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        sentence = str(error).partition("\n")[0]
        raise ParseError(f"{text!r} is not a requirement: {sentence}") from error
    match = _NAME_AND_EXTRAS.match(text)
    if match is None:
        raise ParseError(f"{text!r} is not a requirement")
    start = end = match.end()
    if requirement.url is None:
        rest = text[start:].partition(";")[0]
        content = rest.strip()
        if content.startswith("("):
            content = content[1:-1].strip()
        if content:
            start += rest.index(content)
            end = start + len(content)
    return ParsedRequirement(text, canonicalize_name(requirement.name), requirement, start, end)


def replace_specifier(text: str, specifier: str) -> str:
    """Give a requirement another version specifier; all else stays as written.

    Raises:
        ParseError: `text` is not a requirement.
        EditError: it points to a URL, or the result would not be a requirement.

    """
    old = parse(text)
    if old.requirement.url is not None:
        raise EditError(f"{text!r} points to a URL and takes no version")
    result = text[: old.start] + specifier + text[old.end :]
    new = parse(result)
    if new.specifier != specifier or (
        (old.name, old.requirement.extras, old.requirement.marker)
        != (new.name, new.requirement.extras, new.requirement.marker)
    ):
        raise EditError(f"{specifier!r} cannot be the version of {text!r}")
    return result
