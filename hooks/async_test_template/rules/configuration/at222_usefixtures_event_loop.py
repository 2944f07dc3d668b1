"""AT222: `event_loop` in the setting `usefixtures`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.loops._lost import NAME, where_from
from async_test_template.rules.rule import Rule
from async_test_template.rules.which_loop import asked_for_all

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.settings import Settings

_SETTING = "usefixtures"
#: The release without the fixture.
_GONE = ("pytest-asyncio", "1.0")


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    if NAME not in asked_for_all(project) or _SETTING in settings.overrides:
        return
    # Those in the same class of a file get the same fixture.
    asking = {(test.file, test.owner): test for test in project.code.tests}.values()
    lost = [test for test in asking if where_from(project, NAME, test) == "nowhere"]
    if not lost:
        return
    is_everywhere = len(lost) == len(asking) and not project.code.unreadable
    # In an older release, it gives a current loop to tests that are not async.
    is_old = not project.dependencies.at_least(*_GONE)
    yield settings.finding(
        RULE.code,
        f"{_SETTING} names the fixture {NAME}, which was removed",
        _SETTING,
        tier=Tier.UNSAFE if is_old else Tier.SAFE,
        edits=_without(settings) if is_everywhere else (),
        hint="" if is_everywhere else "some tests have a fixture of that name: name it in theirs",
    )


def _without(settings: Settings) -> tuple[Edit, ...]:
    """Return the edits that take the name out of the setting, and the setting out if it is all."""
    lines = settings.lines_of(_SETTING)
    kept = [" ".join(word for word in line.split() if word != NAME) for line in lines]
    if not any(kept):
        return (settings.delete(_SETTING),)
    if isinstance(settings.options[_SETTING], list):
        return settings.without_entries(_SETTING, [i for i, line in enumerate(kept) if not line])
    return (settings.set(_SETTING, "\n".join(filter(None, kept))),)


RULE = Rule(
    code="AT222",
    name="usefixtures-event-loop",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    about="pytest-asyncio",
    check=_check,
    only_with=(f"{_SETTING}=",),
    broken_since=(_GONE,),
)
