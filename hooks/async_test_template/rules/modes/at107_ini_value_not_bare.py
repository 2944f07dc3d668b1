"""AT107: a comment, quotes or capital letters in a value that must be bare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_settings import bare_value
from async_test_template.rules.rule import Rule
from async_test_template.rules.which_loop import FIXTURE_SCOPE, MODE, TEST_SCOPE, asyncio_tests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project

_NAMES = (
    MODE,
    FIXTURE_SCOPE,
    TEST_SCOPE,
    "anyio_mode",
    "asyncio_debug",
    "timeout",
    "timeout_method",
    "timeout_func_only",
    "trio_mode",
)
#: Values with which another plugin runs every async test.
_TAKES_ALL = {"anyio_mode": ("auto",), "trio_mode": ("true", "1", "yes", "on")}


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    for name in _NAMES:
        found = bare_value(settings, name)
        if found is None:
            continue
        bare, comment = found
        if name in _TAKES_ALL and bare in _TAKES_ALL[name] and any(asyncio_tests(project)):
            # The extra text keeps another plugin from taking pytest-asyncio's tests.
            yield settings.finding(
                RULE.code,
                f"{name} is {settings.text_of(name)!r}, which has no meaning; as {bare} it would "
                "take the tests of pytest-asyncio",
                name,
                hint="remove it, or set asyncio_mode = strict",
            )
            continue
        above = (settings.comment(name, comment),) if comment and settings.holder == "ini" else ()
        yield settings.finding(
            RULE.code,
            f"{name} is {settings.text_of(name)!r}: a comment, quotes or capitals are part of "
            f"the value, which should be {bare}",
            name,
            tier=Tier.SAFE,
            edits=(*above, settings.set(name, bare)),
        )


RULE = Rule(
    code="AT107",
    name="ini-value-not-bare",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    check=_check,
)
