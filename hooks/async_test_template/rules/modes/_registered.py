"""Settings that something other than the plugin of their name knows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from async_test_template.project import Project

#: A setting of pytest-asyncio-cooperative, with a name like one of pytest-asyncio.
OF_OTHERS = ("asyncio_task_timeout",)


def is_registered(project: Project, name: str) -> bool:
    """Tell whether the repository defines a setting itself with `addini`."""
    words = re.compile(rb"""addini\(\s*(?:name\s*=\s*)?["']%s["']""" % re.escape(name.encode()))
    return any(True for _ in project.reader.mentioning(words, (b"addini",)))
