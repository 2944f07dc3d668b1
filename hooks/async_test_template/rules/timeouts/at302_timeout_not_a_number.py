"""AT302: a timeout that is not a number of seconds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_settings import bare_value
from async_test_template.rules.rule import Rule
from async_test_template.rules.timeouts._timeouts import is_of_plugin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.settings import Settings


_SECONDS = r"(?i)(?P<number>\d+(\.\d+)?)\s*(s|sec|secs|seconds?)"


def _check(project: Project) -> Iterator[Finding]:
    found = list(_found(project))
    if found and is_of_plugin(project):
        yield from found


def _found(project: Project) -> Iterator[Finding]:
    settings = project.settings
    value = settings.text_of("timeout")
    # AT305 handles an empty value, AT107 a comment or quotes, AT207 a native table.
    if value and settings.holder != "native" and bare_value(settings, "timeout") is None:
        yield from _judged(settings, "timeout", value, "timeout")
    option = settings.option_value("--timeout")
    if option:
        yield from _judged(settings, "addopts", option, "--timeout in addopts")


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _judged(settings: Settings, name: str, value: str, label: str) -> Iterator[Finding]:
    if _is_number(value):
        return
    match = re.fullmatch(_SECONDS, value.strip())
    edits: tuple[Edit, ...] = ()
    if match is not None:
        number = match["number"]
        in_addopts = name == "addopts"
        edits = (
            settings.set_option("--timeout", number)
            if in_addopts
            else (settings.set(name, number),)
        )
    yield settings.finding(
        RULE.code,
        f"{label} is {value!r}, which is not a number of seconds",
        name,
        tier=Tier.SAFE,
        edits=edits,
    )


RULE = Rule(
    code="AT302",
    name="timeout-not-a-number",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    check=_check,
    only_with=("timeout", "--timeout"),
)
