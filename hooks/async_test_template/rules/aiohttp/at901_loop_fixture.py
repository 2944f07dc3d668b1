"""AT901: tests and fixtures that ask for `loop`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.aiohttp._clients import client_calls
from async_test_template.rules.loops._asking import (
    items_asking,
    parameter_findings,
    usefixtures_findings,
)
from async_test_template.rules.on_code import text_of
from async_test_template.rules.rule import Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    yield from parameter_findings(RULE.code, project, source, "loop", is_async=True)
    for finding in parameter_findings(RULE.code, project, source, "loop", is_async=False):
        # AT904 makes those async.
        if not client_calls(source.functions[finding.line]):
            yield finding
    yield from usefixtures_findings(RULE.code, project, source, "loop")


def _asking(source: Source) -> Iterator[object]:
    for is_async in (True, False):
        yield from items_asking(source, "loop", is_async=is_async)
    for call in source.calls("pytest.mark.usefixtures"):
        yield from (argument for argument in call.args if text_of(argument) == "loop")


RULE = Rule(
    code="AT901",
    name="loop-fixture",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    about="pytest-aiohttp",
    visit=_visit,
    words=rb"loop\b",
    expects=("LookupError", "DeprecationWarning"),
    where=Where.TESTS,
    spots=_asking,
    suspects=re.compile(
        rb"def[ \t]+\w+\((?:(?!def[ \t])[^)])*\bloop\b"
        rb"|usefixtures\((?:(?!usefixtures)[^)])*[\"']loop[\"']"
    ).search,
    libraries=("aiohttp",),
    broken_since=(("pytest-aiohttp", "1.1"),),
)
