"""AT836: names of trio that are gone."""

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

_GROUP = "use ExceptionGroup, or pytest.RaisesGroup in a test"
_REMOVED = Removed(
    "was removed from trio",
    {
        "trio.current_default_worker_thread_limiter": (
            "trio.to_thread.current_default_thread_limiter"
        ),
        "trio.hazmat": "trio.lowlevel",
        "trio.open_process": "trio.lowlevel.open_process",
        "trio.run_sync_in_worker_thread": "trio.to_thread.run_sync",
    },
    {
        "trio.BlockingTrioPortal": "use trio.from_thread.run",
        "trio.MultiError": _GROUP,
        "trio.NonBaseMultiError": _GROUP,
        "trio.Queue": "use trio.open_memory_channel",
    },
    ("trio", "0.15"),
)


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    yield from removed_names(project, source, RULE.code, _REMOVED)


RULE = Rule(
    code="AT836",
    name="trio-names",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    visit=_visit,
    words=_REMOVED.words,
    where=Where.EVERYWHERE,
    suspects=re.compile(rb"(?:import|from)[ \t][^\n]{0,200}\btrio\b").search,
    alone=True,
    expects=("AttributeError", "ImportError"),
    libraries=("trio",),
    broken_since=(("trio", "0.25"),),
)
