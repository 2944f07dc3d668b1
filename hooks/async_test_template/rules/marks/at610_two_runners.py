"""AT610: a test with the marks of two runners."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    for test in project.code.async_tests:
        if test.mark("asyncio") is not None and test.mark("anyio") is not None:
            yield Finding(
                RULE.code,
                f"{test.name} has the marks asyncio and anyio",
                test.file,
                test.line,
                test.column,
                hint="keep one of the two",
            )


RULE = Rule(
    code="AT610",
    name="two-runners",
    title="A test has the marks `asyncio` and `anyio`",
    why=(
        "The mark of AnyIO brings its fixture `anyio_backend`, and with it AnyIO runs the test "
        "once for each of its backends, trio included where it is installed."
    ),
    since="anyio 2.0, which brought the mark",
    source=(
        "[anyio 4.9.0, documentation of testing]"
        "(https://github.com/agronholm/anyio/blob/4.9.0/docs/testing.rst)"
    ),
    severity=Severity.ERROR,
    because="The mark says asyncio, and AnyIO runs the test.",
    tier=Tier.REPORT,
    about="pytest-asyncio",
    check=_check,
)
