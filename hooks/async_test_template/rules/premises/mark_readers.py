"""Whether a repository looks at a mark itself, so that what the mark says matters elsewhere."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from async_test_template.project import Project

_ASKED = re.compile(
    rb"\b(?:get_closest_marker|iter_markers(?:_with_node)?)\(\s*(?:name\s*=\s*)?"
    rb"(?:[\"'](?P<asked>\w+)[\"'])?"
    rb"|[\"'](?P<there>\w+)[\"']\s+(?:not\s+)?in\s+[\w.]*\bkeywords\b"
    rb"|\bkeywords(?:\.get\(|\[)\s*[\"'](?P<got>\w+)"
    rb"|\bown_markers\b|\.pytestmark\b(?!\s*=[^=])|[\"']pytestmark[\"']"
)
# A fixture's marks are on its function alone: no test has them, and no hook is told of them.
_OF_FUNCTION = re.compile(
    rb"\.pytestmark\b(?!\s*=[^=])|[\"']pytestmark[\"']|\bget_unpacked_marks\b"
)

#: Stands for any mark of a fixture's.
OF_FIXTURES = "*"

# What is awaited is in a coroutine, where a loop runs.
_TAKES_LOOP = re.compile(
    rb"\bget_event_loop\(|(?<!await )(?<![\w.])(?:asyncio\.)?(?:Future|ensure_future|gather)\("
)
_PLAIN_LOOP = (b"get_event_loop", b"Future(", b"ensure_future", b"gather(")

_PLAIN = (b"get_closest_marker", b"iter_markers", b"keywords", b"own_markers", b"pytestmark")


# One project is in use at a time.
@lru_cache(maxsize=16)
def mark_reader(project: Project, mark: str) -> str:
    """Return a file whose code looks at a mark, or at all of them, or "".

    A hook or a fixture that does may count on the mark, on its arguments, or on their order.
    Of OF_FIXTURES the file is one that looks at what is on functions.
    """
    if mark == OF_FIXTURES:
        found = project.reader.mentioning(_OF_FUNCTION, (b"pytestmark", b"get_unpacked_marks"))
        return next((file for file, _ in found), "")
    # Where no name is seen it may be any.
    wanted = {mark.encode(), b""}
    return next((file for file, asked in _asked(project) if not wanted.isdisjoint(asked)), "")


# One project is in use at a time, and its files are many.
@lru_cache(maxsize=4)
def _asked(project: Project) -> tuple[tuple[str, frozenset[bytes]], ...]:
    """Return the marks that each file looks at, by their names; an empty one where none is seen."""
    return tuple(
        (
            file,
            frozenset(
                found[found.lastgroup] if found.lastgroup else b""
                for found in _ASKED.finditer(data)
            ),
        )
        for file, data in project.reader.mentioning(_ASKED, _PLAIN)
    )


# One project is in use at a time.
@lru_cache(maxsize=1)
def loop_maker(project: Project) -> str:
    """Return a file with code that is not async and asks for the current loop, or "".

    pytest-asyncio before 1.0 sets up a loop for whatever has the mark. A test that is not async
    relies on it where an earlier one has ended with `asyncio.run`, which leaves no loop behind.
    """
    if project.dependencies.at_least("pytest-asyncio", "1.0"):
        return ""
    found = project.reader.mentioning(_TAKES_LOOP, _PLAIN_LOOP)
    return next((file for file, _ in found), "")


def selects_by(project: Project, mark: str) -> bool:
    """Tell whether `addopts` chooses tests by a mark (`-m`)."""
    words = [option.text for option in project.settings.addopts]
    chosen = [word[2:] or after for word, after in pairwise([*words, ""]) if word.startswith("-m")]
    return any(re.search(rf"\b{re.escape(mark)}\b", each) for each in chosen)
