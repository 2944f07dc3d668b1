"""Which objects of asyncio a repository makes when a module is imported."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from async_test_template.project import Project

#: The cause on the page.
GLOBAL = "The object is global, and each test has an event loop of its own"
#: An assignment at the beginning of a line, which runs when the module is imported.
_MADE = re.compile(
    rb"^(\w+)[ \t]*(?::[^=\n]*)?=[ \t]*(?:asyncio\.)?"
    rb"(Lock|Event|Condition|Semaphore|BoundedSemaphore|Barrier|(?:Priority|Lifo)?Queue)\(",
    re.MULTILINE,
)


def look(project: Project, _gaps: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the places of such objects, each with the cause that they show."""
    for file in project.memory.disk.python_files:
        data = project.tree.read(file) or b""
        if b"asyncio" in data:
            for match in _MADE.finditer(data):
                line = data.count(b"\n", 0, match.start()) + 1
                name, kind = match[1].decode(), match[2].decode()
                yield GLOBAL, f"{file}:{line} makes {name}, a {kind}, when it is imported"
