"""AT818: `allow_redirects=` of `TestClient`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.clients._test_client import HOMES, requests
from async_test_template.rules.on_code import code_finding, keyword
from async_test_template.rules.patterns import renamed
from async_test_template.rules.rule import Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for call, method, argument in requests(project, source, frozenset({"allow_redirects"})):
        yield code_finding(
            RULE.code,
            source,
            call,
            f"{method} does not accept allow_redirects=",
            tier=Tier.REPORT if keyword(call, "follow_redirects") else Tier.UNSAFE,
            fix=partial(renamed, source, argument, "follow_redirects"),
            hint="write follow_redirects=",
        )


RULE = Rule(
    code="AT818",
    name="test-client-allow-redirects",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    visit=_visit,
    words=rb"allow_redirects",
    needs=(("starlette", "0.21"),),
    expects=("TypeError", "DeprecationWarning"),
    where=Where.EVERYWHERE,
    anywhere=HOMES,
    libraries=("starlette", "fastapi"),
    broken_since=(("starlette", "0.43"),),
)
