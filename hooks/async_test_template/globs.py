"""Which paths a pattern means: `*` and `?` stay within a name, and `**` stands for any folders.

The time is proportional to the length of a pattern, so that one of a stranger can be tried.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def matches(parts: Sequence[str], pattern: str) -> bool:
    """Tell whether the parts of a path match a whole pattern."""
    return len(parts) in _ends(parts, pattern)


def is_meant(file: str, pattern: str) -> bool:
    """Tell whether a pattern means a file, by its own path or by that of a folder around it.

    A pattern without a slash means every file and folder of that name, as in .gitignore.
    """
    parts = file.split("/")
    pattern = pattern.removeprefix("./").rstrip("/")
    if "/" not in pattern:
        return any(fnmatchcase(part, pattern) for part in parts)
    return any(end > 0 for end in _ends(parts, pattern))


def _ends(parts: Sequence[str], pattern: str) -> set[int]:
    """Return how many of the first parts of a path match a pattern."""
    ends = {0}
    for part in pattern.strip("/").split("/"):
        if part == "**":
            ends = set(range(min(ends, default=len(parts) + 1), len(parts) + 1))
        else:
            ends = {end + 1 for end in ends if end < len(parts) and fnmatchcase(parts[end], part)}
    return ends
