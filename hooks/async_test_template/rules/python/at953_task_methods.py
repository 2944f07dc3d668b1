"""AT953: functions of tasks that asyncio has no longer as methods, and its helpers for tests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.removed_names import Removed, removed_names
from async_test_template.rules.rule import Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source

_REMOVED = Removed(
    "was removed from asyncio",
    {
        "asyncio.Task.all_tasks": "asyncio.all_tasks",
        "asyncio.Task.current_task": "asyncio.current_task",
    },
    {"asyncio.test_utils": "write the helper yourself"},
)


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    yield from removed_names(project, source, RULE.code, _REMOVED)


RULE = Rule(
    code="AT953",
    name="task-methods",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    python=">=3.9",
    visit=_visit,
    words=rb"Task\.all_tasks|Task\.current_task|test_utils",
    where=Where.EVERYWHERE,
    suspects=re.compile(
        rb"\bTask\.(?:all_tasks|current_task)\b|\basyncio(?:\.| import )test_utils\b"
    ).search,
    alone=True,
    expects=("AttributeError", "ImportError"),
)
