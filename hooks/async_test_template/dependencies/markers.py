"""Environment markers, as far as they say that something is for old Pythons alone."""

import re

_OLD = r"python(?:_full)?_version\s*(?:(?:<=?|==)\s*['\"](?:2|3\.\d\b(?!\d))|<\s*['\"]3\.10['\"])"


def is_for_old_python(marker: str) -> bool:
    """Tell whether a marker holds only for Pythons that pytest 9 does not support.

    What is declared or locked for them says nothing about current versions.
    """
    return marker != "" and all(
        re.search(_OLD, part) is not None for part in re.split(r"\bor\b", marker)
    )
