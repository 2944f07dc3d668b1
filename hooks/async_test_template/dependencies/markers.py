"""Environment markers, as far as they say that something is for old Pythons alone, or for all."""

import re

_OLD = r"python(?:_full)?_version\s*(?:(?:<=?|==)\s*['\"](?:2|3\.\d\b(?!\d))|<\s*['\"]3\.10['\"])"


def is_for_old_python(marker: str) -> bool:
    """Tell whether a marker holds only for Pythons that pytest 9 does not support.

    What is declared or locked for them says nothing about current versions.
    """
    return marker != "" and all(
        re.search(_OLD, part) is not None for part in re.split(r"\bor\b", marker)
    )


# A lower bound and nothing else, as poetry writes it, and as a marker.
_LEAST = r"\s*(?:>=|\^)\s*3(?:\.(\d+))?(?:\.0)?\s*"
_LEAST_BY_MARKER = r"\s*python(?:_full)?_version\s*>=\s*['\"]3(?:\.(\d+))?(?:\.0)?['\"]\s*"


def holds_from(condition: str, least: tuple[int, ...]) -> bool:
    """Tell whether a condition holds for Python 3 from a version on, as far as it asks for that."""
    found = re.fullmatch(_LEAST, condition) or re.fullmatch(_LEAST_BY_MARKER, condition)
    return found is not None and (3, int(found[1] or 0)) <= least
