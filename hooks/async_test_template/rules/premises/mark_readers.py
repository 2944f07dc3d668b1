"""Whether a repository reads a mark itself, so that the mark matters elsewhere too."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from async_test_template.project import Project

_ASKED = (
    rb"\b(?:get_closest_marker|iter_markers(?:_with_node)?)\(\s*(?:name\s*=\s*)?"
    rb"(?:[\"'](?P<asked>\w+)[\"'])?"
    rb"|[\"'](?P<there>\w+)[\"']\s+(?:not\s+)?in\s+[\w.]*\bkeywords\b"
    rb"|\bkeywords(?:\.get\(|\[)\s*[\"'](?P<got>\w+)"
    rb"|\bown_markers\b|\.pytestmark\b(?!\s*=[^=])|[\"']pytestmark[\"']"
)
# A fixture's marks are only on its function: no test has them, and no hook sees them.
_OF_FUNCTION = rb"\.pytestmark\b(?!\s*=[^=])|[\"']pytestmark[\"']|\bget_unpacked_marks\b"

#: Stands for any mark of a fixture.
OF_FIXTURES = "*"

# What is awaited is in a coroutine, where a loop runs.
_TAKES_LOOP = (
    rb"\bget_event_loop\(|(?<!await )(?<![\w.])(?:asyncio\.)?(?:Future|ensure_future|gather)\("
)
_PLAIN_LOOP = (b"get_event_loop", b"Future(", b"ensure_future", b"gather(")

# Many files assign `pytestmark`, and speak of keywords.
_PLAIN_MARKS = (b".pytestmark", b"'pytestmark'", b'"pytestmark"')
_PLAIN = (
    *(b"get_closest_marker", b"iter_markers", b"own_markers", *_PLAIN_MARKS),
    *(b".keywords", b"in keywords", b"keywords[", b"keywords.get("),
)


# Only one project is used at a time.
@lru_cache(maxsize=16)
def mark_reader(project: Project, mark: str) -> str:
    """Return a file whose code reads a mark, or all marks, or "".

    Such a hook or fixture may depend on the mark, on its arguments, or on the order of marks.
    For OF_FIXTURES it is a file that reads the marks of functions.
    """
    if mark == OF_FIXTURES:
        found = project.reader.mentioning(
            re.compile(_OF_FUNCTION), (*_PLAIN_MARKS, b"get_unpacked_marks")
        )
        return next((file for file, _ in found), "")
    # If the code shows no name, it may be any mark.
    wanted = {mark.encode(), b""}
    return next((file for file, asked in _asked(project) if not wanted.isdisjoint(asked)), "")


# Only one project is used at a time, and it has many files.
@lru_cache(maxsize=4)
def _asked(project: Project) -> tuple[tuple[str, frozenset[bytes]], ...]:
    """Return the names of the marks that each file reads; an empty name if it is unknown."""
    asks = re.compile(_ASKED)
    return tuple(
        (
            file,
            frozenset(
                found[found.lastgroup] if found.lastgroup else b"" for found in asks.finditer(data)
            ),
        )
        for file, data in project.reader.mentioning(asks, _PLAIN)
    )


# Only one project is used at a time.
@lru_cache(maxsize=1)
def loop_maker(project: Project) -> str:
    """Return a file with code that is not async and asks for the current loop, or "".

    pytest-asyncio before 1.0 sets up a loop for everything with the mark. A test that is not async
    relies on it if an earlier one has ended with `asyncio.run`, which leaves no loop behind.
    """
    if project.dependencies.at_least("pytest-asyncio", "1.0"):
        return ""
    found = project.reader.mentioning(re.compile(_TAKES_LOOP), _PLAIN_LOOP)
    return next((file for file, _ in found), "")


def selects_by(project: Project, mark: str) -> bool:
    """Tell whether `addopts` selects tests by a mark (`-m`)."""
    words = [option.text for option in project.settings.addopts]
    chosen = [word[2:] or after for word, after in pairwise([*words, ""]) if word.startswith("-m")]
    return any(re.search(rf"\b{re.escape(mark)}\b", each) for each in chosen)
