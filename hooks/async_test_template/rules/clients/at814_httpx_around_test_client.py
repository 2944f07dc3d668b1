"""AT814: uses of httpx with a `TestClient` that uses httpx2."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.clients._httpx2 import strangers, uses
from async_test_template.rules.clients._test_client import HOMES
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.rule import Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for node, name in strangers(project, source):
        yield code_finding(
            RULE.code,
            source,
            node,
            f"{name} does not match TestClient, which is built on httpx2",
            hint=f"use httpx2.{name.removeprefix('httpx.')}",
        )


RULE = Rule(
    code="AT814",
    name="httpx-around-test-client",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
    needs=(("starlette", "1.2"),),
    visit=_visit,
    words=rb"\bhttpx\b",
    where=Where.CLIENTS,
    # The client may come from a fixture that is elsewhere.
    suspects=re.compile(rb"[Tt]est_?[Cc]lient|def test|fixture").search,
    anywhere=HOMES,
    spots=uses,
    libraries=("starlette", "fastapi"),
    beside=("httpx2",),
    broken_since=(("starlette", "1.2"),),
)
