"""AT906: aiohttp's `@unittest_run_loop`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.patterns import decorated, undecorated
from async_test_template.rules.rule import Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for name, decorator in decorated(source, "aiohttp.test_utils.unittest_run_loop"):
        yield code_finding(
            RULE.code,
            source,
            decorator,
            f"{name} does not need unittest_run_loop",
            tier=Tier.SAFE,
            fix=partial(undecorated, source, decorator),
            hint="remove the decorator",
        )


RULE = Rule(
    code="AT906",
    name="unittest-run-loop",
    severity=Severity.WARNING,
    tier=Tier.SAFE,
    visit=_visit,
    words=rb"unittest_run_loop",
    where=Where.CLIENTS,
    alone=True,
    # Before, the decorator runs the test: without it the test passes without being awaited.
    needs=(("aiohttp", "3.8"),),
    expects=("DeprecationWarning",),
    libraries=("aiohttp",),
)
