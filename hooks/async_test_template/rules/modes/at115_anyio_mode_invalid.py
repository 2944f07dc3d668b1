"""AT115: a mode that AnyIO does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_settings import bare_value
from async_test_template.rules.rule import Rule
from async_test_template.rules.which_loop import asyncio_tests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


_MODES = ("auto", "strict")


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    value = settings.text_of("anyio_mode")
    # AT107 handles a comment or quotes around it.
    if value is None or value in _MODES or bare_value(settings, "anyio_mode") is not None:
        return
    # pytest-asyncio's tests pass as long as the value is nonsense: in auto mode AnyIO takes them.
    allowed = ("strict",) if any(asyncio_tests(project)) else _MODES
    edits = settings.corrected("anyio_mode", value, allowed)
    yield settings.finding(
        RULE.code,
        f"anyio_mode is {value!r}, which is neither auto nor strict",
        "anyio_mode",
        tier=Tier.SAFE,
        edits=edits,
        hint="" if edits else "use auto or strict; with auto, AnyIO runs every async test",
    )


RULE = Rule(
    code="AT115",
    name="anyio-mode-invalid",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    about="anyio",
    check=_check,
    only_with=("anyio_mode",),
)
