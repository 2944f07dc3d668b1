"""Functions and classes that tests replace: a replacement may check how it is called."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from async_test_template.errors import EditError

if TYPE_CHECKING:
    from async_test_template.project import Project
    from async_test_template.source.source import Source

_CLIENT = re.compile(rb"[\"'][\w.]*\b(?:Async)?Client[\"']")
_BLANKS = frozenset(b" \t\n\r\f\v")
_CHAIN = frozenset(b"._") | frozenset(filter(lambda c: chr(c).isalnum(), range(128)))


def not_patched(project: Project, name: str) -> None:
    """Require that no file names something in a string, as `patch` and `setattr` do.

    Args:
        project: the repository.
        name: its dotted name.

    Raises:
        EditError: a file does.

    """
    file = patching(project, name)
    if file:
        raise EditError(f"{file} may put something else in the place of {name}")


def no_client_patched(source: Source) -> None:
    """Require that no string of a file ends in the name of a client of httpx, as for `patch`.

    Raises:
        EditError: one does.

    """
    if source.holds(_CLIENT):
        raise EditError("a string names a client, so a mock may check the argument")


# Only one project is used at a time, and many calls are of the same few names.
@lru_cache(maxsize=64)
def patching(project: Project, name: str) -> str:
    """Return the first file that may replace the object with a dotted name, or ""."""
    module, _, last = (part.encode() for part in name.rpartition("."))
    words = re.compile(rb"%s[\"']" % re.escape(last))
    for file, data in project.reader.mentioning(words, (last,)):
        if _names(data, module, last):
            return file
    return ""


def _names(data: bytes, module: bytes, last: bytes) -> bool:
    """Tell whether a string ends in a name of a module, or is it and follows the module.

    Both `"a.module.sub.last"` and `module.sub, "last"` do. From the last name it goes backwards:
    forwards, a long chain of names would be read again from each of them.
    """
    for match in re.finditer(rb"%s[\"']" % re.escape(last), data):
        end = match.start() - 1
        if data[end : end + 1] in {b'"', b"'"}:
            end = _skipped(data, end, _BLANKS) - 1
            if data[end : end + 1] != b",":
                continue
            end = _skipped(data, end, _BLANKS)
        elif data[end : end + 1] != b".":
            continue
        chain = data[_skipped(data, end, _CHAIN) : end]
        if b".%s." % module in b".%s." % chain:
            return True
    return False


def _skipped(data: bytes, end: int, characters: frozenset[int]) -> int:
    """Return the start of a run of some characters that ends at a place."""
    while end > 0 and data[end - 1] in characters:
        end -= 1
    return end
