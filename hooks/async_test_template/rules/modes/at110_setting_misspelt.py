"""AT110: a setting of a plugin that no plugin knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.by_hand import comes_into_force
from async_test_template.rules.modes._registered import OF_OTHERS, is_registered
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


_KNOWN = (
    "anyio_mode",
    "asyncio_debug",
    "asyncio_default_fixture_loop_scope",
    "asyncio_default_test_loop_scope",
    "asyncio_mode",
    "faulthandler_exit_on_timeout",
    "faulthandler_timeout",
    "session_timeout",
    "timeout",
    "timeout_disable_debugger_detection",
    "timeout_func_only",
    "timeout_method",
    "trio_mode",
    "trio_run",
)
_FAMILIES = ("asyncio", "anyio", "timeout", "trio")


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    for name in settings.options:
        if name in (*_KNOWN, *OF_OTHERS) or not name.lower().startswith(_FAMILIES):
            continue
        if is_registered(project, name):
            continue
        # Imported here: hardly any repository gets this far.
        import difflib

        close = difflib.get_close_matches(name.lower(), _KNOWN, n=1, cutoff=0.75)
        meant = close[0] if close else ""
        is_free = meant not in settings.options and not comes_into_force(project, meant)
        edits = (settings.rename(name, meant),) if meant and is_free else ()
        yield settings.finding(
            RULE.code,
            f"no plugin knows the setting {name}" + (f"; did you mean {meant}" if meant else ""),
            name,
            tier=Tier.UNSAFE,
            edits=edits,
            hint="" if edits else "give it the right name, and check what it does then",
        )


RULE = Rule(
    code="AT110",
    name="setting-misspelt",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    check=_check,
)
