"""AT818: `allow_redirects=` of `TestClient`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.clients._test_client import requests
from async_test_template.rules.on_code import code_finding, keyword
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for call, method, argument in requests(project, source, frozenset({"allow_redirects"})):
        yield code_finding(
            RULE.code,
            source,
            call,
            f"{method} takes no allow_redirects=",
            tier=Tier.REPORT if keyword(call, "follow_redirects") else Tier.UNSAFE,
            fix=partial(_fix, source, argument),
            hint="write follow_redirects=",
        )


def _fix(source: Source, argument: ast.keyword) -> tuple[Edit, ...]:
    start = source.start(argument)
    return (changes.replace(source, start, start + len("allow_redirects"), "follow_redirects"),)


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
)
