"""Whether the settings of a timeout are those of pytest-timeout."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from async_test_template.project import Project

_OWN = re.compile(rb"""add(?:ini|option)\(\s*["'](?:--)?timeout""")


def is_of_plugin(project: Project) -> bool:
    """Tell whether pytest-timeout reads the timeout.

    It does not where it is told not to load, and the name may then be an option of the
    repository's own; both at once stop pytest with `option names already added`.
    """
    return not project.settings.disables("timeout") and not any(
        _OWN.search(project.tree.read(file) or b"") for file in project.tree.disk.python_files
    )
