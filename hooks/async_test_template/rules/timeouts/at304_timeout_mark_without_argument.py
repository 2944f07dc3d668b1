"""AT304: `@pytest.mark.timeout` without a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
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
    title="`@pytest.mark.timeout` has no argument",
    why="pytest stops with an internal error and runs none of the remaining tests.",
    since="pytest-timeout, always",
    source=(
        "[pytest-timeout 2.4.0, `_parse_marker`]"
        "(https://github.com/pytest-dev/pytest-timeout/blob/2.4.0/pytest_timeout.py#L407)"
    ),
    severity=Severity.ERROR,
    because="The whole run ends at this test.",
    tier=Tier.REPORT,
    check=_check,
)
