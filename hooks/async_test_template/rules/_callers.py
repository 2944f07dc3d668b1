"""Whether the tests of a repository call a method of a test class themselves."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from async_test_template.project import Project


# One project is in use at a time.
@lru_cache(maxsize=8)
def callers(project: Project, name: str) -> tuple[str, ...]:
    """Give the files of tests that call a method by its name, of whatever object.

    A subclass in another file may do so by `super()`, a mixin by `self`, a hook or a fixture in
    conftest.py of the instance that it got, by a string too.
    """
    word = re.escape(name).encode()
    words = re.compile(rb"\.%b\b|[\"']%b[\"']" % (word, word))
    defined = re.compile(rb"def %b\b" % word)
    own = re.compile(rb"\bself\.%b\b" % word)
    found = []
    for file, data in project.reader.mentioning(words, (word,)):
        if not (project.reader.is_test_file(file) or b"test" in data.lower()):
            continue
        # One that defines it calls its own; what it has of another class comes by `super()`.
        if not defined.search(data) or words.search(own.sub(b"", data)):
            found.append(file)
    return tuple(found)
