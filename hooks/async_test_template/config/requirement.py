"""Parts of one PEP 508 requirement, so that only its version specifier is edited."""

import re
from typing import NamedTuple

from async_test_template.errors import EditError, ParseError

_SEPARATORS = re.compile(r"[-_.]+")
_REQUIREMENT = re.compile(
    r"""
    \s* (?P<name> [A-Za-z0-9] (?: [A-Za-z0-9._-]* [A-Za-z0-9] )? )
    (?: \s* \[ (?P<extras> [^]]* ) \] )?
    \s*
    (?: @ \s* (?P<url> \S+ ) \s*
      | \( (?P<in_parentheses> [\w.*+!<>=~,\s-]* ) \) \s*
      | (?P<bare> [<>=!~] [\w.*+!<>=~,\s-]* )
    )?
    (?: ; (?P<marker> .* ) )?
    """,
    re.VERBOSE | re.DOTALL,
)


class Parts(NamedTuple):
    """One requirement, taken apart.

    Attributes:
        text: the whole requirement, as written.
        name: the project's normalised name (PEP 503).
        extras: their normalised names.
        start: where the specifier begins in `text`; without one, where it would.
        end: where it ends. Parentheses around it are outside.
        url: what `name @ URL` points to, or None.
        marker: the environment marker, or None.

    """

    text: str
    name: str
    extras: frozenset[str]
    start: int
    end: int
    url: str | None
    marker: str | None

    @property
    def specifier(self) -> str:
        """The version specifier as written, empty where there is none."""
        return self.text[self.start : self.end]


def normalised(name: str) -> str:
    """Return a project's name as PEP 503 compares it."""
    return _SEPARATORS.sub("-", name).lower()


def parse(text: str) -> Parts:
    """Take a requirement apart by its form alone; versions and markers are not checked.

    Raises:
        ParseError: it has not the form of a requirement.

    """
    match = _REQUIREMENT.fullmatch(text)
    if match is None:
        raise ParseError(f"{text!r} is not a requirement")
    group = "in_parentheses" if match["in_parentheses"] is not None else "bare"
    start, end = match.span(group)
    if match[group]:
        # Spaces around a specifier are no part of it.
        start += len(match[group]) - len(match[group].lstrip())
        end = start + len(match[group].strip())
    if start < 0:
        start = end = match.end("extras") + 1 if match["extras"] is not None else match.end("name")
    names = (match["extras"] or "").split(",")
    extras = frozenset(normalised(name.strip()) for name in names if name.strip())
    marker = match["marker"]
    return Parts(
        text,
        normalised(match["name"]),
        extras,
        start,
        end,
        match["url"],
        None if marker is None else marker.strip(),
    )


def check(text: str) -> None:
    """Make sure that packaging, and so every installer, accepts a requirement.

    Raises:
        ParseError: it does not.

    """
    # Late, because it takes as long as all the rest that a check needs.
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        Requirement(text)
    except InvalidRequirement as error:
        sentence = str(error).partition("\n")[0]
        raise ParseError(f"{text!r} is not a requirement: {sentence}") from error


def replace_specifier(text: str, specifier: str) -> str:
    """Change the version specifier of a requirement; everything else stays as written.

    Raises:
        ParseError: `text`, or the result, is not a requirement.
        EditError: it points to a URL, which takes no version.

    """
    old = parse(text)
    check(text)
    if old.url is not None:
        raise EditError(f"{text!r} points to a URL and takes no version")
    result = text[: old.start] + specifier + text[old.end :]
    check(result)
    new = parse(result)
    if (new.name, new.extras, new.url, new.marker) != (old.name, old.extras, None, old.marker):
        raise EditError(f"{specifier!r} cannot be the version of {text!r}")
    return result
