"""AT906: aiohttp's `@unittest_run_loop`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, decorators, sure
from async_test_template.rules.rule import Rule
from async_test_template.source import changes

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for _, function in sorted(source.functions.items()):
        for decorator in decorators(source, function, "aiohttp.test_utils.unittest_run_loop"):
            yield code_finding(
                RULE.code,
                source,
                decorator,
                f"{function.name} needs no unittest_run_loop",
                tier=Tier.SAFE,
                fix=partial(_fix, source, decorator),
                hint="drop the decorator",
            )


def _fix(source: Source, decorator: ast.expr) -> tuple[Edit, ...]:
    sure(source, decorator)
    return (changes.remove_decorator(source, decorator),)


RULE = Rule(
    code="AT906",
    name="unittest-run-loop",
    severity=Severity.WARNING,
    tier=Tier.SAFE,
    visit=_visit,
    words=rb"unittest_run_loop",
    alone=True,
    # Before, it is what runs the test: without it the test passes unawaited.
    needs=(("aiohttp", "3.8"),),
    expects=("DeprecationWarning",),
)
