"""AT104: fixtures wider than the loop that they have to run in."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.facts import CODE
from async_test_template.rules.rule import Rule
from async_test_template.rules.which_loop import (
    AS_WIDE,
    FIXTURE_SCOPE,
    SCOPES,
    is_used_in_another_loop,
    named,
    narrow_fixtures,
    one_loop,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.items import Fixture


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    narrow = narrow_fixtures(project)
    if not narrow:
        return
    first = narrow[0]
    others = f" and {len(narrow) - 1} more" if len(narrow) > 1 else ""
    default = settings.effective(FIXTURE_SCOPE)
    edits = _fix(project, narrow) if FIXTURE_SCOPE in settings.options else ()
    yield settings.finding(
        RULE.code,
        f"{FIXTURE_SCOPE} is {default}, narrower than the {first.scope}-scoped fixture "
        f"{named(first)}{others}",
        FIXTURE_SCOPE,
        tier=Tier.UNSAFE,
        edits=edits,
        hint=f'give the fixture loop_scope="{first.scope}"',
    )


def _fix(project: Project, narrow: list[Fixture]) -> tuple[Edit, ...]:
    """Return the edits that give each of the fixtures a loop that its tests also run in."""
    if any(is_used_in_another_loop(project, fixture) for fixture in narrow):
        with suppress(EditError):
            return one_loop(project, max((f.scope for f in narrow), key=SCOPES.index))
        return ()
    if project.dependencies.at_least("pytest-asyncio", "1.5"):
        return project.settings.set_all({FIXTURE_SCOPE: AS_WIDE}) or ()
    return ()


RULE = Rule(
    code="AT104",
    name="fixture-wider-than-loop",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    about="pytest-asyncio",
    check=_check,
    only_with=(CODE,),
)
