"""AT118: options of pytest-aiohttp before 1.0."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.dependencies import bounds
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule
from async_test_template.rules.which_loop import has_aiohttps_plugin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


_REMOVED = ("--aiohttp-fast", "--aiohttp-loop", "--aiohttp-enable-loop-debug")


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    # aiohttp's own plugin still has the options.
    if has_aiohttps_plugin(project):
        return
    specifiers = [d.specifier for d in project.dependencies.of("pytest-aiohttp")]
    if specifiers and not any(bounds.reaches(s, (1,)) for s in specifiers):
        return
    for name in _REMOVED:
        option = settings.option(name)
        if option is None:
            continue
        # Only --aiohttp-loop takes a value, and in `--name value` it would stay behind.
        alone = "=" in option.text or name != "--aiohttp-loop"
        edits = settings.replace_option(option) if alone else ()
        if edits and name == "--aiohttp-enable-loop-debug":
            debug: object = True if settings.holder == "native" else "true"
            edits = (*edits, settings.set("asyncio_debug", debug))
        safe = name == "--aiohttp-fast"
        yield settings.finding(
            RULE.code,
            f"pytest-aiohttp no longer has the option {name}",
            "addopts",
            tier=Tier.SAFE if safe else Tier.UNSAFE,
            edits=edits,
            hint="" if safe else "the hook pytest_asyncio_loop_factories now chooses the loop",
        )


RULE = Rule(
    code="AT118",
    name="aiohttp-options-removed",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    about="pytest-aiohttp",
    check=_check,
    only_with=("--aiohttp",),
    broken_since=(("pytest-aiohttp", "1.0"),),
)
