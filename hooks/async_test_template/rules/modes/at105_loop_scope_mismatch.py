"""AT105: tests run in another loop than their fixtures."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.facts import CODE
from async_test_template.rules.rule import Rule
from async_test_template.rules.which_loop import (
    BOTH_SCOPES_SINCE,
    FIXTURE_SCOPE,
    SCOPES,
    TEST_SCOPE,
    asyncio_fixtures,
    asyncio_tests,
    command_to_set,
    fixture_loop,
    named,
    named_scopes,
    test_loop,
    wide_fixtures,
    wider,
    with_command,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.items import Fixture, Test


#: A loop that is made from nothing passes all calls to another, so that two may be one.
_PROXY = rb"\bclass \w+\((?:asyncio\.)?AbstractEventLoop\b"


def _check(project: Project) -> Iterator[Finding]:
    by_default: list[tuple[Test, Fixture]] = []
    scopes = named_scopes(project)
    explicit: dict[tuple[str, int] | tuple[str, Fixture], list[tuple[Test, Fixture]]] = {}
    found = list(_mismatches(project))
    if found and any(project.reader.mentioning(re.compile(_PROXY), (b"AbstractEventLoop",))):
        return
    for test, fixture in found:
        mark = test.mark("asyncio")
        if mark is not None and mark.loop_scope is not None:
            explicit.setdefault((test.file, mark.line), []).append((test, fixture))
        elif fixture.loop_scope is not None and not _can_follow(project, scopes, test):
            explicit.setdefault((test.file, fixture), []).append((test, fixture))
        else:
            by_default.append((test, fixture))
    if by_default:
        yield _from_settings(project, by_default)
    for (file, at), pairs in explicit.items():
        test, _ = pairs[0]
        yield Finding(
            RULE.code,
            _sentence(project, pairs),
            file,
            at if isinstance(at, int) else test.line,
            hint="give both the same loop_scope",
            severity=_severity(pairs),
        )


def _mismatches(project: Project) -> Iterator[tuple[Test, Fixture]]:
    in_a_loop = {fixture for fixture in asyncio_fixtures(project) if fixture.is_async}
    # A hook may have given the tests the marks that are missing in their files.
    if not in_a_loop or project.code.has_item_hook:
        return
    harmless: dict[Fixture, bool] = {}
    for test in asyncio_tests(project):
        own = test_loop(project, test)
        for fixture in project.code.used_by(test):
            other = fixture_loop(project, fixture) if fixture in in_a_loop else own
            if other == own or not {own, other} <= set(SCOPES):
                continue
            if fixture not in harmless:
                # Imported here: it reads code, and settings alone need no `ast`.
                from async_test_template.rules.modes._kept_open import keeps_nothing

                harmless[fixture] = keeps_nothing(project, fixture)
            if not harmless[fixture]:
                yield test, fixture
                break


def _can_follow(project: Project, scopes: set[str], test: Test) -> bool:
    """Tell whether the default can be the one loop that fixtures ask for."""
    if len(scopes) != 1:
        return False
    (scope,) = scopes
    others = (test_loop(project, test), project.settings.effective(FIXTURE_SCOPE) or scope)
    is_widest = all(wider(scope, other) == scope for other in others if other in SCOPES)
    return is_widest and project.desired.loop_scope in {None, scope}


def _from_settings(project: Project, pairs: list[tuple[Test, Fixture]]) -> Finding:
    settings = project.settings
    # What a fixture returns, and does not yield, may be plain data: the others say more.
    pairs = [pair for pair in pairs if pair[1].is_generator] or pairs
    test, _ = pairs[0]
    scope = project.desired.loop_scope
    if scope is None:
        scope = "function"
        for one, other in pairs:
            scope = wider(scope, wider(test_loop(project, one), fixture_loop(project, other)))
    for wide in wide_fixtures(project):
        # In a narrower loop it cannot be set up.
        scope = wider(scope, wide.scope) if wide.scope in SCOPES else scope
    can = settings.can_grow and project.dependencies.at_least("pytest-asyncio", BOTH_SCOPES_SINCE)
    # In a shared loop a test sees the tasks that others have left.
    can = can and not any(
        b"all_tasks(" in (project.tree.read(file) or b"")
        for file in {test.file for test in asyncio_tests(project)}
    )
    both = {FIXTURE_SCOPE: scope, TEST_SCOPE: scope}
    edits = (settings.set_all(both) if can else None) or ()
    name = TEST_SCOPE if TEST_SCOPE in settings.options else FIXTURE_SCOPE
    message = _sentence(project, pairs)
    hint = f"set {FIXTURE_SCOPE} and {TEST_SCOPE} to {scope}"
    severity = _severity(pairs)
    if not settings.file:
        return Finding(RULE.code, message, test.file, test.line, hint=hint, severity=severity)
    found = settings.finding(RULE.code, message, name, tier=Tier.UNSAFE, edits=edits, hint=hint)
    return with_command(found._replace(severity=severity), command_to_set(project, scope))


def _severity(pairs: list[tuple[Test, Fixture]]) -> Severity | None:
    """Return advice if no fixture yields: what it returns may be plain data, of no loop."""
    return None if any(fixture.is_generator for _, fixture in pairs) else Severity.ADVICE


def _sentence(project: Project, pairs: list[tuple[Test, Fixture]]) -> str:
    test, fixture = pairs[0]
    more = f", as for {len(pairs) - 1} more tests" if len(pairs) > 1 else ""
    return (
        f"{test.name} ({test.file}:{test.line}) runs in the {test_loop(project, test)} loop, "
        f"its fixture {named(fixture)} in the {fixture_loop(project, fixture)} loop{more}"
    )


RULE = Rule(
    code="AT105",
    name="loop-scope-mismatch",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    about="pytest-asyncio",
    check=_check,
    only_with=(CODE,),
    follows=("AT504", "AT505"),
    broken_since=(("pytest-asyncio", "0.23"),),
)
