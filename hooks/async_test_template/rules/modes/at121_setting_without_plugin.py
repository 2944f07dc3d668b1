"""AT121: settings of a plugin that is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.dependencies import bounds
from async_test_template.findings import Finding, Tier
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


_OWNERS = (
    ("asyncio_", "pytest-asyncio", "1.5"),
    ("anyio_mode", "anyio", "4.12"),
    ("timeout", "pytest-timeout", "2.4"),
)


#: The first versions that know a setting, where an older one than above does.
_LEAST = {
    "asyncio_mode": "0.17",
    "asyncio_default_fixture_loop_scope": "0.24",
    "timeout": "2.1",
    "timeout_method": "2.1",
}


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    for prefix, package, version in _OWNERS:
        names = [name for name in settings.options if name.startswith(prefix)]
        if not names or project.dependencies.may_have(package):
            continue
        least = max((_LEAST.get(name, version) for name in names), key=bounds.release)
        edit = project.dependencies.added(package, version, least)
        yield settings.finding(
            RULE.code,
            f"{names[0]} is set and no dependency brings {package}",
            names[0],
            tier=Tier.UNSAFE if edit else Tier.REPORT,
            edits=(edit,) if edit else (),
            hint=f"add {package}>={version} to the test dependencies, or remove the setting",
        )


RULE = Rule(
    code="AT121",
    name="setting-without-plugin",
    title="A setting belongs to a plugin that is not installed",
    why=(
        "pytest warns of an unknown option (an error with strict_config) and the setting does "
        "nothing: no timeout, no async test."
    ),
    since="pytest, always",
    tier=Tier.UNSAFE,
    check=_check,
)
