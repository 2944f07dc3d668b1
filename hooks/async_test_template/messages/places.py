"""The places that the text around a message names: tests, and lines of files in a repository."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from async_test_template.messages.page import Message

#: `FAILED tests/test_it.py::test_it[1]`, with or without what happened.
_TEST = re.compile(
    r"(?:FAILED|ERROR) (?P<test>[^\s:]{1,200}\.py::[^\s]{1,200})(?P<rest>[^\n]{0,1000})"
)
#: `tests/test_it.py:12: RuntimeError`, as pytest ends a traceback.
_LINE = re.compile(r"^(?:E? {0,8})(?P<file>[^\s:\"']{1,200}\.py):(?P<line>\d{1,7})\b", re.MULTILINE)
#: `File "/builds/project/tests/test_it.py", line 12`, as Python writes it.
_FRAME = re.compile(r'File "(?P<file>[^"\n]{1,300}\.py)", line (?P<line>\d{1,7})')
_MOST = 3


def tests_in(near: str, message: Message) -> list[str]:
    """Return the tests that failed with a message, as far as a text says it.

    pytest's summary has what happened behind each test. Where no line says the message, it is that
    of the only test that failed, and of several nobody knows which.
    """
    failed: dict[str, bool] = {}
    for match in _TEST.finditer(near):
        reason = match["rest"].rstrip().partition(" - ")[2]
        says = any(wording.is_begun_in(reason) for wording in message.wordings)
        failed[match["test"]] = says or failed.get(match["test"], False)
    said = [test for test, says in failed.items() if says]
    return said or (list(failed) if len(failed) == 1 else [])


def places_in(near: str, root: Path) -> list[tuple[str, int]]:
    """Return the lines that a text names in files of a repository, the last ones last."""
    places: dict[tuple[str, int], None] = {}
    for pattern in (_FRAME, _LINE):
        for match in pattern.finditer(near):
            file = _own(match["file"], root)
            if file is not None:
                places[file, int(match["line"])] = None
    return list(places)[-_MOST:]


def _own(file: str, root: Path) -> str | None:
    """Return the path of a file from the repository's root, if it is one of its files."""
    for candidate in _candidates(file):
        if "site-packages" in candidate:
            return None
        try:
            path = (root / candidate).resolve()
            if path.is_relative_to(root) and path.is_file():
                return path.relative_to(root).as_posix()
        except (OSError, ValueError):
            return None
    return None


def _candidates(file: str) -> Iterator[str]:
    """Yield a path and its ends: a log of CI has the folders of another machine."""
    parts = file.replace("\\", "/").split("/")
    for index in range(len(parts)):
        yield "/".join(parts[index:])
