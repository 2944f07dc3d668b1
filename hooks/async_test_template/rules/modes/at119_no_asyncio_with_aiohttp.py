"""AT119: `-p no:asyncio` with pytest-aiohttp."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule
from async_test_template.rules.runners import has_old_aiohttp
from async_test_template.rules.which_loop import MODE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project

_PLUGIN = "pytest-aiohttp"
_WORDS = ("-p", "no:asyncio")
_JOINED = frozenset({"".join(_WORDS), " ".join(_WORDS)})


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    if (
        settings.disables("asyncio")
        and not settings.disables("aiohttp")
        and project.dependencies.has(_PLUGIN)
    ):
        yield settings.finding(
            RULE.code,
            "addopts disables pytest-asyncio, which pytest-aiohttp needs",
            "addopts",
            tier=Tier.UNSAFE,
            edits=_edits(project),
            hint="add -p no:aiohttp, or remove -p no:asyncio",
        )


def _edits(project: Project) -> tuple[Edit, ...]:
    """Return the edits for the new plugin, which runs in its auto mode what the old one ran."""
    others = ("anyio", "trio")
    if any(test.mark(name) for test in project.code.async_tests for name in others):
        return ()
    mode = project.settings.effective(MODE)
    removed = _removed(project)
    set_ = project.settings.set_all({MODE: "auto"}) if mode is None else ()
    is_old = has_old_aiohttp(project)
    raised = project.dependencies.raised(_PLUGIN, "1.0") if is_old else ()
    if not removed or set_ is None or (is_old and not raised):
        return ()
    return (*removed, *set_, *raised)


def _removed(project: Project) -> tuple[Edit, ...]:
    options = project.settings.addopts
    for option in options:
        if option.text in _JOINED:
            return project.settings.replace_option(option)
        both = options[option.position : option.position + len(_WORDS)]
        if tuple(each.text for each in both) == _WORDS:
            return project.settings.replace_option(option, count=len(_WORDS))
    return ()


RULE = Rule(
    code="AT119",
    name="no-asyncio-with-aiohttp",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    about=_PLUGIN,
    check=_check,
    only_with=("-p",),
)
