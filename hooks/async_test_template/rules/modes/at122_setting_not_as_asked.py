"""AT122: a setting that a flag wants otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule
from async_test_template.rules.which_loop import FIXTURE_SCOPE, MODE, TEST_SCOPE, wide_fixtures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    for name, wanted in _wanted(project):
        current = settings.effective(name)
        if current is None or current == wanted:
            continue
        in_file = current == settings.text_of(name)
        number = isinstance(settings.options.get(name), int)
        value = int(wanted) if number else wanted
        edits = (settings.set(name, value),) if in_file else ()
        yield settings.finding(
            RULE.code,
            f"{name} is {current}, and {wanted} was asked for",
            name,
            tier=Tier.SAFE if edits else Tier.REPORT,
            edits=edits,
            hint="" if in_file else "it stands in addopts",
        )


def _wanted(project: Project) -> Iterator[tuple[str, str]]:
    desired = project.desired
    if "mode" in desired.insisted and desired.mode:
        yield MODE, desired.mode
    if "loop_scope" in desired.insisted and desired.loop_scope:
        # A loop narrower than a fixture breaks it, whatever was asked for.
        if desired.loop_scope != "function" or not wide_fixtures(project):
            yield FIXTURE_SCOPE, desired.loop_scope
        yield TEST_SCOPE, desired.loop_scope
    if "timeout" in desired.insisted and desired.timeout:
        yield "timeout", str(desired.timeout)


RULE = Rule(
    code="AT122",
    name="setting-not-as-asked",
    title="A setting is not what --mode, --loop-scope or --timeout asks for",
    why="What a flag names replaces a setting; answers and defaults never do.",
    since="this project",
    source="[async-test-template 1.2.0, README](../../../../README.md)",
    severity=Severity.WARNING,
    because="Somebody has asked for the other value by name.",
    tier=Tier.SAFE,
    check=_check,
)
