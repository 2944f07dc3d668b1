"""AT107: a comment, quotes or capital letters in a value that must be bare."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule
from async_test_template.rules.which_loop import FIXTURE_SCOPE, MODE, TEST_SCOPE, asyncio_tests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.settings import Settings

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
_COMMENT = r"\s[#;]"


def bare_value(settings: Settings, name: str) -> tuple[str, str] | None:
    """Return the bare value and the comment of a value that has something around it."""
    value = settings.text_of(name)
    if value is None:
        return None
    comment = ""
    bare = value
    if match := re.search(_COMMENT, value):
        before, behind = value[: match.start()].strip(), value[match.end() :].strip()
        if "\n" not in before and "\n" not in behind:
            bare, comment = before, behind
    bare = bare.strip()
    if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "\"'":
        bare = bare[1:-1].strip()
    if name == MODE:
        bare = bare.lower()
    return None if bare == value or not bare else (bare, comment)


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
