"""AT113: pytest-asyncio's auto mode beside anyio's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.facts import CODE
from async_test_template.rules.rule import Rule
from async_test_template.rules.which_loop import MODE, named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    if settings.effective(MODE) != "auto":
        return
    grabbed = [
        (test, fixture)
        for test in project.code.async_tests
        if test.mark("anyio")
        for fixture in project.code.used_by(test)
        if fixture.is_async and fixture.decorator == "pytest.fixture"
    ]
    if not grabbed:
        return
    test, fixture = grabbed[0]
    only_anyio = (
        all(other.mark("anyio") for other in project.code.async_tests)
        and not any(f.decorator == "pytest_asyncio.fixture" for f in project.code.fixtures)
        and project.code.complete
    )
    edits = (settings.set_all({MODE: "strict"}) if only_anyio else None) or ()
    yield settings.finding(
        RULE.code,
        f"auto mode runs the fixture {named(fixture)} in another loop than AnyIO runs "
        f"{test.name} ({test.file}:{test.line})",
        MODE,
        tier=Tier.UNSAFE,
        edits=edits,
        hint="use asyncio_mode = strict and mark pytest-asyncio's own tests, or remove anyio",
    )


RULE = Rule(
    code="AT113",
    name="auto-mode-with-anyio",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    about="pytest-asyncio",
    check=_check,
    only_with=(CODE,),
)
