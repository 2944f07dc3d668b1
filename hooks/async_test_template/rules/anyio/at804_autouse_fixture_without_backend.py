"""AT804: an autouse async fixture of anyio's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule
from async_test_template.rules.which_loop import asked_for_all, asks_for_backend, may_be_auto

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.items import Fixture, Test

_BACKEND = "anyio_backend"
_TEST = re.compile(rb"def test")


def _check(project: Project) -> Iterator[Finding]:
    if may_be_auto(project) or not any(test.mark("anyio") for test in project.code.tests):
        return
    suspects = [
        fixture
        for fixture in project.code.fixtures
        if fixture.autouse
        and fixture.is_async
        and fixture.decorator == "pytest.fixture"
        and not asks_for_backend(fixture)
    ]
    if not suspects or _BACKEND in asked_for_all(project):
        return
    tests = (*project.code.tests, *project.reader.other_tests(_TEST))
    sync = [test for test in tests if not test.is_async]
    for fixture in suspects:
        hit = next((test for test in sync if _is_left(project, test, fixture)), None)
        if hit is not None:
            yield Finding(
                RULE.code,
                f"the async fixture {fixture.name} applies to {hit.name}, which is not async",
                fixture.file,
                fixture.line,
                fixture.column,
                hint="let it ask for anyio_backend; other tests then run once per backend too",
            )


def _is_left(project: Project, test: Test, fixture: Fixture) -> bool:
    """Tell whether a fixture reaches a test for which AnyIO does not run fixtures.

    AnyIO runs fixtures for a test if any fixture of the test asks for the backend. One that comes
    in a way that cannot be followed may do so.
    """
    code = project.code
    used = list(code.used_by(test))
    items: list[Fixture | Test] = [test, *used]
    return fixture in used and not any(
        asks_for_backend(item)
        or any(
            code.find(name, item.file, item.owner) is None and code.may_bring(name, item.file)
            for name in item.requests
        )
        for item in items
    )


RULE = Rule(
    code="AT804",
    name="autouse-fixture-without-backend",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
    about="anyio",
    check=_check,
    broken_since=(("pytest", "9.0"),),
    follows=("AT112", "AT208"),
)
