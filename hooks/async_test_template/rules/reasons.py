"""Comments that say why code is as it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.parsing import UNPARSABLE, parse_python

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.source.source import Source

#: What tells a tool to be quiet, and no person why.
_SILENCES = r"(?:noqa|type:|pylint:|pragma|ruff:|fmt:|mypy:|pyright:)"
_BEGINNING = r"(?:[A-Z]{3,8}\b:?\s*)?"
_WORDS = r"[^\W\d_]{2,}"
_FEWEST_WORDS = 3
_CONDITION = r"\s*(?:if|try)\b[^#]*:\s*$"


def has_reason(source: Source, line: int) -> bool:
    """Tell whether a comment explains a line: behind it, or above it or the condition that it has.

    A comment of one or two words explains nothing, as little as one for a tool, or as code.
    """
    lines = source.data.decode(errors="replace").splitlines()
    return any(map(_is_reason, _comments(lines, line - 1)))


def _comments(lines: list[str], at: int) -> Iterator[str]:
    """Yield the comment at the end of a line, and each line of the comment above it."""
    yield lines[at].partition("#")[2]
    above = at - 1
    if above >= 0 and re.match(_CONDITION, lines[above]):
        above -= 1
    while above >= 0 and lines[above].lstrip().startswith("#"):
        yield lines[above].lstrip()
        above -= 1


def _is_reason(comment: str) -> bool:
    text = comment.strip("# \t")
    if re.match(_SILENCES, text):
        return False
    text = re.sub(_BEGINNING, "", text, count=1)  # as `NOTE:`
    return len(re.findall(_WORDS, text)) >= _FEWEST_WORDS and not _is_code(text)


def _is_code(text: str) -> bool:
    try:
        parse_python(text)
    except UNPARSABLE:
        return False
    return True
