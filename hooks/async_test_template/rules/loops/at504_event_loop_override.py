"""AT504: a fixture `event_loop` that once replaced pytest-asyncio's own."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.loops._canonical import is_canonical
from async_test_template.rules.loops._loop_factories import HOOK, SINCE, has_own_loop
from async_test_template.rules.loops._lost import (
    NAME,
    is_from_elsewhere,
    is_override,
    is_shipped_override,
    overrides,
    passed_on,
    when_all_is_read,
)
from async_test_template.rules.loops._override import (
    asking,
    is_imported,
    is_named,
    may_be_missed,
    replacement,
    settings_alone,
    with_the_rest,
)
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.rule import Rule
from async_test_template.rules.which_loop import (
    AS_WIDE,
    BOTH_SCOPES_SINCE,
    FIXTURE_SCOPE,
    TEST_SCOPE,
    named_scopes,
    wide_fixtures,
)
from async_test_template.source.items import Test

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.items import Fixture
    from async_test_template.source.source import Source


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for fixture in project.code.by_file[source.file].fixtures:
        # Its name first: the file may have to be parsed again for the function.
        function = source.functions.get(fixture.line) if fixture.name == NAME else None
        if function is None:
            continue
        if is_shipped_override(project, fixture):
            yield code_finding(
                RULE.code,
                source,
                function,
                f"the plugin's {fixture.scope}-scoped fixture {NAME} no longer replaces anything "
                "in the tests that use the plugin",
                hint="return asyncio.get_running_loop() from an async fixture of pytest-asyncio, "
                f"or choose the loop by {HOOK} in the plugin (pytest-asyncio {SINCE})",
            )
        if not is_override(project, fixture):
            continue
        if has_own_loop(source, function) or is_from_elsewhere(project, fixture):
            # AT505 reports those.
            continue
        passed = passed_on(project, fixture)
        message = f"the {fixture.scope}-scoped fixture {NAME} no longer replaces anything"
        if passed is not None:
            yield code_finding(
                RULE.code,
                source,
                function,
                f"{message}, and no test runs in the loop of the fixture {passed.name}",
                tier=Tier.UNSAFE,
                fix=when_all_is_read(project, partial(_fix_passed_on, project, passed)),
                hint=f"return the running loop from {passed.name}",
            )
            continue
        if not is_canonical(function):
            yield code_finding(
                RULE.code,
                source,
                function,
                f"{message}, and the rest of its code does not run",
                tier=Tier.UNSAFE,
                fix=when_all_is_read(
                    project, partial(_fix_with_the_rest, project, source, fixture)
                ),
                hint="move the rest to a fixture with another name",
            )
            continue
        found = code_finding(
            RULE.code,
            source,
            function,
            message,
            tier=_tier(project, fixture),
            fix=when_all_is_read(project, partial(replacement, project, source, fixture)),
            hint=f"delete it and set {FIXTURE_SCOPE} and {TEST_SCOPE} to {fixture.scope}",
        )
        if not found.edits and _is_for_older(project, fixture):
            continue
        is_needless = _changes_nothing(project, source, fixture)
        yield found._replace(severity=Severity.ADVICE) if is_needless else found


def _changes_nothing(project: Project, source: Source, fixture: Fixture) -> bool:
    """Tell whether each async test gets a loop of its own without the override, too.

    For tests that are not async it is a fixture like any other. One for all tests gives them a
    current loop, if it sets the loop itself.
    """
    if fixture.scope != "function" or named_scopes(project) - {"function"}:
        return False
    if fixture.autouse and "set_event_loop(" not in source.text(source.functions[fixture.line]):
        return False
    defaults = {project.settings.effective(name) for name in (FIXTURE_SCOPE, TEST_SCOPE)}
    if defaults - {None, "function", AS_WIDE} or is_named(project):
        return False
    if not all(isinstance(item, Test) and not item.is_async for item in asking(project, fixture)):
        return False
    find = project.code.find
    return not any(find(NAME, wide.file, wide.owner) is fixture for wide in wide_fixtures(project))


def _is_for_older(project: Project, fixture: Fixture) -> bool:
    """Tell whether the settings do the same, and only a release without them needs the override."""
    return (
        project.settings.effective(FIXTURE_SCOPE) == fixture.scope
        and project.settings.effective(TEST_SCOPE) == fixture.scope
        and project.dependencies.allows_below("pytest-asyncio", BOTH_SCOPES_SINCE)
        and not asking(project, fixture)
    )


def _fix_with_the_rest(project: Project, source: Source, fixture: Fixture) -> tuple[Edit, ...]:
    try:
        return with_the_rest(project, source, fixture)
    except EditError:
        edits = settings_alone(project, fixture)
        if not edits:
            raise
        return edits


def _fix_passed_on(project: Project, passed: Fixture) -> tuple[Edit, ...]:
    source = project.code.sources.get(passed.file)
    if has_own_loop(source, source.functions[passed.line]):
        raise EditError(f"{passed.name} makes its own type of loop")
    return with_the_rest(project, source, passed)


def _tier(project: Project, fixture: Fixture) -> Tier:
    if fixture.autouse:
        # It gives tests that are not async a current loop.
        return Tier.UNSAFE
    overrides = [f for f in project.code.fixtures if f.name == NAME]
    if len(overrides) > 1 or not project.code.complete:
        return Tier.UNSAFE
    if asking(project, fixture) or is_named(project) or is_imported(project, fixture):
        return Tier.UNSAFE
    if may_be_missed(project, fixture):
        return Tier.UNSAFE
    if fixture.scope == "function":
        return Tier.SAFE
    explicit = any(mark.loop_scope for test in project.code.tests for mark in test.marks) or any(
        f.loop_scope for f in project.code.fixtures
    )
    certain = project.dependencies.at_least("pytest-asyncio", BOTH_SCOPES_SINCE)
    at_top = fixture.file in {"conftest.py", "tests/conftest.py", "test/conftest.py"}
    is_session = fixture.scope == "session"
    return Tier.SAFE if certain and at_top and is_session and not explicit else Tier.UNSAFE


RULE = Rule(
    code="AT504",
    name="event-loop-override",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    about="pytest-asyncio",
    # That of pytest-asyncio 1.0.
    python=">=3.9",
    visit=_visit,
    words=rb"event_loop",
    spots=overrides,
    broken_since=(("pytest-asyncio", "1.0"),),
)
