"""Whether a repository uses the plugin or library that a rule is about.

A name alone proves little: `event_loop` may be a fixture of AnyIO's users, of aiomisc or of the
project's own `pytest_pyfunc_call`, and what is right for pytest-asyncio breaks their tests.
"""

from __future__ import annotations

import enum
from functools import lru_cache
from typing import TYPE_CHECKING

from async_test_template.rules.which_loop import names_another

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project

PYTEST_ASYNCIO = "pytest-asyncio"

#: Plugins that run async tests in their own way, with their own loop.
OTHER_RUNNERS = (
    "aiomisc",
    "aiomisc-pytest",
    "alt-pytest-asyncio",
    "pytest-aio",
    "pytest-asyncio-cooperative",
    "pytest-curio",
    # It marks each async test, and keeps pytest-asyncio below 0.23 (pytest-operator 0.43).
    "pytest-operator",
    "pytest-sanic",
    "pytest-tornado",
    "pytest-tornado5",
    "pytest-tornasync",
    "pytest-twisted",
)
#: How a package shows in a configuration file and in test code, apart from its name: the first
#: characters of options, and marks.
_OPTIONS = {
    PYTEST_ASYNCIO: ("asyncio_",),
    "anyio": ("anyio_",),
    "pytest-timeout": ("timeout",),
    "pytest-trio": ("trio_mode",),
}
_FLAGS = {
    PYTEST_ASYNCIO: ("--asyncio-",),
    "pytest-aiohttp": ("--aiohttp-",),
    "pytest-timeout": ("--timeout",),
}
_MARKS = {PYTEST_ASYNCIO: "asyncio", "anyio": "anyio", "pytest-timeout": "timeout"}


class Presence(enum.Enum):
    """Whether a package is used by the tests.

    THERE: declared or imported, or the tests' dependencies are in a place that nothing here can
    read. PERHAPS: they are declared without it, but a mark or a setting mentions it. ABSENT:
    nothing mentions it, or the repository is that package itself, or something else runs its tests,
    or pytest is told not to load it.
    """

    THERE = "there"
    PERHAPS = "perhaps"
    ABSENT = "absent"


# Only one project is used at a time, it does not change after it is read, and every finding asks.
@lru_cache(maxsize=32)
def presence(project: Project, package: str) -> Presence:
    """Tell whether the tests of a repository use a package."""
    if project.metadata.name == package:
        return Presence.ABSENT
    if package == PYTEST_ASYNCIO and project.settings.disables("asyncio"):
        return Presence.ABSENT
    dependencies = project.dependencies
    if dependencies.has(package) or _is_imported(project, package):
        return Presence.THERE
    if package == PYTEST_ASYNCIO and has_own_runner(project):
        return Presence.ABSENT
    is_marked = any(test.mark(_MARKS.get(package, "")) for test in project.code.tests)
    is_set = _is_configured(project, package)
    if dependencies.may_have(package):
        # Nothing declares what the tests need, so the tests themselves decide.
        others = package == PYTEST_ASYNCIO and not is_marked and not is_set
        is_others = others and any(map(names_another, project.code.tests))
        return Presence.ABSENT if is_others else Presence.THERE
    return Presence.PERHAPS if is_marked or is_set else Presence.ABSENT


# Only one project is used at a time, and each function that asks for a loop asks this.
@lru_cache(maxsize=4)
def has_own_runner(project: Project) -> bool:
    """Tell whether something other than pytest-asyncio, AnyIO or trio is known to run async tests.

    Such a plugin is declared, or the repository has a hook `pytest_pyfunc_call` that runs them.
    """
    return any(map(project.dependencies.of, OTHER_RUNNERS)) or any(
        module.runs_tests for module in project.code.modules
    )


def ships(project: Project, file: str) -> bool:
    """Tell whether a file belongs to a pytest plugin that the repository ships."""
    path = file.removeprefix("src/").removesuffix(".py")
    for module in project.metadata.plugins:
        plugin = module.replace(".", "/")
        if path == plugin or path.startswith((f"{plugin}/", _package(plugin))):
            return True
    return False


def _package(plugin: str) -> str:
    """Return the folder of a plugin's module, or a text that no path starts with."""
    folder, slash, _ = plugin.rpartition("/")
    return f"{folder}{slash}" or "/"


def _is_imported(project: Project, package: str) -> bool:
    name = package.replace("-", "_")
    return any(
        imported == name or imported.startswith(f"{name}.") for imported in _imported(project)
    )


def _imported(project: Project) -> Iterator[str]:
    for module in project.code.modules:
        yield from module.imports
        yield from module.plugins


def _is_configured(project: Project, package: str) -> bool:
    settings = project.settings
    flags = _FLAGS.get(package, ())
    words = " ".join(settings.lines_of("addopts"))
    return (
        any(name.startswith(_OPTIONS.get(package, ("\0",))) for name in settings.options)
        or any(flag in words for flag in flags)
        or any(flag in command.text for command in project.commands for flag in flags)
    )
