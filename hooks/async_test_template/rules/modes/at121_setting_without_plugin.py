"""AT121: settings of a plugin that is not installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.dependencies import bounds
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.modes._registered import OF_OTHERS, is_registered
from async_test_template.rules.rule import Rule
from async_test_template.rules.which_loop import names_another

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


_OWNERS = (
    ("asyncio_", "pytest-asyncio", "1.5"),
    ("anyio_mode", "anyio", "4.12"),
    ("timeout", "pytest-timeout", "2.4"),
)


#: Where it is, rosdep and colcon install what the tests need.
_OF_ROS = "package.xml"
#: The first versions that know a setting, if they are older than those above.
_LEAST = {
    "asyncio_mode": "0.17",
    "asyncio_default_fixture_loop_scope": "0.24",
    "timeout": "2.1",
    "timeout_method": "2.1",
}


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    for prefix, package, version in _OWNERS:
        names = [
            name for name in settings.options if name.startswith(prefix) and name not in OF_OTHERS
        ]
        if not names or project.dependencies.may_have(package):
            continue
        if project.dependencies.may_bring_plugins() or project.tree.read(_OF_ROS) is not None:
            continue
        # A conftest.py may define the setting itself, as a replacement or for its own use.
        names = [name for name in names if not is_registered(project, name)]
        if not names:
            continue
        least = max((_LEAST.get(name, version) for name in names), key=bounds.release)
        edits = project.dependencies.added(package, version, least)
        found = settings.finding(
            RULE.code,
            f"{names[0]} is set, and no dependency installs {package}",
            names[0],
            tier=Tier.UNSAFE,
            edits=edits,
            hint=f"add {package}>={version} to the test dependencies, or remove the setting",
        )
        is_left_over = prefix == "asyncio_" and _needs_nothing(project)
        yield found._replace(severity=Severity.ADVICE) if is_left_over else found


def _needs_nothing(project: Project) -> bool:
    """Tell whether AnyIO or trio run each async test, if any, and pytest only warns."""
    return all(map(names_another, project.code.async_tests)) and not (
        project.settings.refuses_unknown
    )


RULE = Rule(
    code="AT121",
    name="setting-without-plugin",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    check=_check,
)
