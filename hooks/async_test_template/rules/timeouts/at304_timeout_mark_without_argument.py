"""AT304: `@pytest.mark.timeout` without a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.facts import CODE
from async_test_template.rules.rule import Rule
from async_test_template.rules.timeouts._timeouts import is_of_plugin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    found = list(_found(project))
    if found and is_of_plugin(project):
        yield from found


def _found(project: Project) -> Iterator[Finding]:
    seen = set()
    for test in project.code.tests:
        for mark in test.marks:
            place = (test.file, mark.line)
            if mark.name == "timeout" and not mark.has_arguments and place not in seen:
                seen.add(place)
                yield Finding(
                    RULE.code,
                    "the mark timeout has no argument",
                    test.file,
                    mark.line,
                    mark.column,
                    hint="write @pytest.mark.timeout(SECONDS)",
                )


RULE = Rule(
    code="AT304",
    name="timeout-mark-without-argument",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
    check=_check,
    only_with=(CODE,),
)
