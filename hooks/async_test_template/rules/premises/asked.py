"""What flags ask of settings: a fix with another value would be undone at each run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Change
from async_test_template.rules.which_loop import (
    FIXTURE_SCOPE,
    MODE,
    SCOPES,
    TEST_SCOPE,
    wide_fixtures,
    wider,
)

if TYPE_CHECKING:
    from async_test_template.findings import Finding
    from async_test_template.project import Project


#: The files of the template whose fixtures an update changes, and nobody else.
TEMPLATES_OWN = ("tests/async_guard.py", "tests/test_event_loop.py")
#: The rules that do what flags ask for. Their fixes come first, so that the other rules judge the
#: suite by the values that flags ask for, and not by those that are about to go.
FIRST = frozenset({"AT122", "AT718"})


def asked(project: Project) -> dict[str, str]:
    """Return the settings that a flag asks for, as far as they are possible for the suite.

    The loop scope of fixtures is not made narrower than a fixture, which could not be set up.
    """
    desired = project.desired
    found: dict[str, str] = {}
    if "mode" in desired.insisted and desired.mode:
        found["anyio_mode" if desired.backend == "anyio" else MODE] = desired.mode
    if "loop_scope" in desired.insisted and desired.loop_scope:
        scope = desired.loop_scope
        wide = (f.scope for f in wide_fixtures(project) if not f.file.endswith(TEMPLATES_OWN))
        if all(wider(scope, other) == scope for other in wide if other in SCOPES):
            found[FIXTURE_SCOPE] = scope
        found[TEST_SCOPE] = scope
    if "timeout" in desired.insisted and desired.timeout is not None:
        found["timeout"] = str(desired.timeout)
    return found


def against(project: Project, finding: Finding) -> str:
    """Name the setting that a fix would set differently from a flag, or ""."""
    changes = [edit for edit in finding.edits if isinstance(edit, Change)]
    if not changes or not project.desired.insisted:
        return ""
    wanted = asked(project)
    for name, value in (pair for change in changes for pair in _set_by(change)):
        if wanted.get(name, value) != value:
            return f"{name} = {wanted[name]}"
    return ""


def _set_by(change: Change) -> list[tuple[str, str]]:
    """Return the options that a change sets, with their values as text."""
    if change.verb == "set":
        return [(str(change.at[-1]), str(change.value))]
    if change.verb == "create" and change.file.endswith(".ini"):
        lines = (line.partition(" = ") for line in str(change.value).splitlines())
        return [(name, value) for name, _, value in lines]
    return []
