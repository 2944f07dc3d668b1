"""Whether the settings of a timeout belong to pytest-timeout."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from async_test_template.project import Project

_OWN = rb"""add(?:ini|option)\(\s*["'](?:--)?timeout"""


def is_of_plugin(project: Project) -> bool:
    """Tell whether pytest-timeout reads the timeout.

    It does not if it is told not to load. Then the name may be an option of the
    repository; both at once stop pytest with `option names already added`.
    """
    return not project.settings.disables("timeout") and not any(
        True for _ in project.reader.mentioning(re.compile(_OWN), (b"timeout",))
    )
