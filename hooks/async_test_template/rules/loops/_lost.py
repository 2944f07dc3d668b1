"""Where a test or a fixture gets `event_loop` or `loop` from, now that both were removed."""

from __future__ import annotations

import ast
import builtins
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from async_test_template.errors import EditError
from async_test_template.paths import name_of
from async_test_template.rules.aiohttp_plugin import is_aiohttps
from async_test_template.rules.importers import importers
from async_test_template.rules.loops._canonical import called_loops, is_canonical
from async_test_template.rules.loops._loop_factories import has_own_loop
from async_test_template.rules.on_code import is_below
from async_test_template.rules.origin import bindings, fixture_for, origin
from async_test_template.rules.premises.about import has_own_runner, ships
from async_test_template.rules.premises.guarded import is_guarded
from async_test_template.source.items import Fixture, Test
from async_test_template.source.nodes import walk_scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source

#: The fixture that pytest-asyncio 1.0 removed.
NAME = "event_loop"
#: A condition on the platform: `sys.platform == "win32"`
_PLATFORM = re.compile(r"\b(?:sys\.platform|os\.name|platform\.system)\b")
Origin = Literal["nowhere", "override", "elsewhere"]


def where_from(project: Project, name: str, item: Fixture | Test) -> Origin:
    """Tell where a test or a fixture gets the fixture of that name from, as far as files show."""
    found = fixture_for(project, item, name)
    if found is not None and _is_out_of_sight(project, found, item):
        found = None
    if found is not None and item.is_async and _is_for_a_platform(project, found):
        # On other platforms it finds nothing, and on this one it ran in the loop that it got.
        return "nowhere"
    if found is not None and not _is_for_old_plugins(project, found):
        return "override" if is_override(project, found) else "elsewhere"
    known = not has_own_runner(project) if name == "event_loop" else is_aiohttps(project)
    if not known or project.code.may_bring(name, item.file) or _is_in_a_plugin(project, name, item):
        return "elsewhere"
    return "elsewhere" if _comes_with_importers(project, name, item) else "nowhere"


def _is_out_of_sight(project: Project, found: Fixture, item: Fixture | Test) -> bool:
    """Tell whether a fixture is in a file of tests which neither holds nor uses what asks for it.

    Nothing imports it there, so only the tests of that file can get it.
    """
    module = project.code.by_file[found.file]
    if found.file == item.file or name_of(found.file) == "conftest.py" or not module.tests:
        return False
    is_used = any(used is item for test in module.tests for used in project.code.used_by(test))
    return not is_used and not any(importers(project, found))


def _is_for_a_platform(project: Project, fixture: Fixture) -> bool:
    """Tell whether an override is only there on some platform, such as Windows."""
    if not _is_alone(project, fixture):
        return False
    source = project.code.sources.get(fixture.file)
    return is_below(source, source.functions[fixture.line], _PLATFORM)


def _is_for_old_plugins(project: Project, fixture: Fixture) -> bool:
    """Tell whether a fixture is only there where a condition finds an older pytest-asyncio."""
    return _is_alone(project, fixture) and is_guarded(
        project.code.sources.get(fixture.file), fixture.line
    )


def _is_alone(project: Project, fixture: Fixture) -> bool:
    """Tell whether a fixture is an override, and its file has no other."""
    if fixture.name != NAME or not is_override(project, fixture):
        return False
    same = [one for one in project.code.by_file[fixture.file].fixtures if one.name == NAME]
    return len(same) == 1


def _comes_with_importers(project: Project, name: str, item: Fixture | Test) -> bool:
    """Tell whether each file that imports a fixture has, or imports, one of that name as well.

    pytest looks for it from the test, not from the file that the fixture is written in. Where the
    tests import only other fixtures of that file, nothing can ask for this one.
    """
    if isinstance(item, Test) or name_of(item.file) == "conftest.py":
        return False
    files = [*importers(project, item)]
    if not files and not project.code.by_file[item.file].tests:
        return _is_imported_from(project, item.file)
    return bool(files) and all(project.code.may_bring(name, file) for file in files)


# Each fixture of a file asks this.
@lru_cache(maxsize=8)
def _is_imported_from(project: Project, file: str) -> bool:
    """Tell whether some file imports one of the fixtures of another."""
    fixtures = project.code.by_file[file].fixtures
    return any(True for fixture in fixtures for _ in importers(project, fixture))


def _is_in_a_plugin(project: Project, name: str, item: Fixture | Test) -> bool:
    """Tell whether a plugin in the repository may have another fixture of that name.

    Then it is in a file that is neither a conftest.py nor a file with tests, and nothing imports
    it.
    """
    return any(
        fixture is not item
        and not any(importers(project, fixture))
        and not fixture.file.endswith("conftest.py")
        and not project.code.by_file[fixture.file].tests
        for fixture in project.code.named(name)
    )


def overrides(source: Source) -> Iterator[Fixture]:
    """Yield the fixtures of a file that may have replaced pytest-asyncio's, by their name."""
    return (fixture for fixture in source.module.fixtures if fixture.name == NAME)


def is_override(project: Project, fixture: Fixture) -> bool:
    """Tell whether a fixture replaced pytest-asyncio's `event_loop` before that was removed.

    If another plugin, or a hook of the project, runs the tests, the fixture belongs to that. A
    fixture in a plugin that the repository ships is for the tests of others.
    """
    return _has_replaced(project, fixture) and not ships(project, fixture.file)


def is_shipped_override(project: Project, fixture: Fixture) -> bool:
    """Tell whether it is such a fixture in a plugin that the repository ships."""
    return _has_replaced(project, fixture) and ships(project, fixture.file)


def _has_replaced(project: Project, fixture: Fixture) -> bool:
    if fixture.name != NAME or fixture.is_async or has_own_runner(project):
        return False
    known = _known_overrides(project)
    place = (fixture.file, fixture.line)
    if place not in known:
        known[place] = (
            (_may_give_a_loop(project, fixture) or _changes_the_plugins(project, fixture))
            and not _gets_a_loop(project, fixture)
            and not _is_for_sync_code(project, fixture)
        )
    return known[place]


# Only one project is used at a time, and each function that asks for the fixture asks this.
@lru_cache(maxsize=2)
def _known_overrides(_project: Project) -> dict[tuple[str, int], bool]:
    return {}


def _changes_the_plugins(project: Project, fixture: Fixture) -> bool:
    """Tell whether a fixture takes the plugin's own fixture of its name, and gives it back."""
    return NAME in fixture.requests and not any(
        other is not fixture and other.name == NAME and other.owner in {None, fixture.owner}
        for module in project.code.around(fixture.file)
        for other in module.fixtures
    )


def _is_for_sync_code(project: Project, fixture: Fixture) -> bool:
    """Tell whether a fixture of that name is one like any other, which works as before.

    Code that is not async asks for it by name. No async code does, and none would get its loop:
    there is none in its reach, or the suite chooses its loops by the hook of pytest-asyncio 1.4.
    """
    reached = list(_in_reach(project, fixture))
    asking = [item for item in reached if NAME in item.requests]
    if not asking or any(item.is_async for item in asking):
        return False
    has_tests = any(isinstance(item, Test) for item in reached)
    none_is_async = has_tests and not any(item.is_async for item in reached)
    return none_is_async or _chooses_loops(project)


def _in_reach(project: Project, fixture: Fixture) -> Iterator[Fixture | Test]:
    """Yield the tests and fixtures that see a fixture."""
    folder, _, name = fixture.file.rpartition("/")
    items: tuple[Fixture | Test, ...] = (*project.code.tests, *project.code.fixtures)
    for item in items:
        if item is fixture:
            continue
        if item.file == fixture.file:
            if fixture.owner in {None, item.owner}:
                yield item
        elif name == "conftest.py" and (not folder or item.file.startswith(f"{folder}/")):
            yield item


_BUILTINS = frozenset(vars(builtins))
#: Names of what is made in place of a loop.
_IS_ELSE = re.compile(r"[Mm]ock|SimpleNamespace")
_LOOP_FACTORIES = re.compile(rb"def pytest_asyncio_loop_factories\(")


# Only one project is used at a time.
@lru_cache(maxsize=2)
def _chooses_loops(project: Project) -> bool:
    return any(project.reader.mentioning(_LOOP_FACTORIES, (b"pytest_asyncio_loop_factories",)))


def _gets_a_loop(project: Project, fixture: Fixture) -> bool:
    """Tell whether a fixture gets the loop of the tests, from an async one that it builds on.

    One that replaced the plugin's could not: the async one would have been built on it.
    """
    waiting, seen = [fixture], {fixture}
    while waiting:
        one = waiting.pop()
        for name in one.requests:
            found = project.code.find(name, one.file, one.owner, besides=one)
            if found is not None and found.is_async:
                return True
            if found is not None and found not in seen:
                seen.add(found)
                waiting.append(found)
    return False


def passed_on(project: Project, override: Fixture) -> Fixture | None:
    """Return the fixture of the project whose loop an override gives as its own, if there is one.

    Args:
        project: the repository.
        override: of `event_loop`.

    """
    source = project.code.sources.get(override.file)
    function = source.functions[override.line]
    names = {node.id if isinstance(node, ast.Name) else "" for node in _given(function)}
    name = names.pop() if len(names) == 1 else ""
    if name not in override.requests or bindings(source, function, name):
        return None
    return project.code.find(name, override.file, override.owner, besides=override)


def is_from_elsewhere(project: Project, override: Fixture) -> bool:
    """Tell whether an override gives a loop that no fixture of the tests makes, and no plugin."""
    function = project.code.sources.get(override.file).functions[override.line]
    is_known = called_loops(function) or NAME in override.requests
    return not is_known and passed_on(project, override) is None


def _given(function: Function) -> Iterator[ast.expr]:
    """Yield what a fixture returns or yields."""
    for node in walk_scope(function):
        if isinstance(node, (ast.Return, ast.Yield, ast.YieldFrom)) and node.value is not None:
            yield node.value


def _may_give_a_loop(project: Project, fixture: Fixture) -> bool:
    """Tell whether a fixture makes a loop, or gives something that may be one."""
    source = project.code.sources.get(fixture.file)
    function = source.functions[fixture.line]
    return bool(called_loops(function)) or any(
        _may_be_a_loop(project, source, value) for value in _given(function)
    )


def _may_be_a_loop(project: Project, source: Source, value: ast.expr) -> bool:
    found = origin(project, source, value)
    made_in, made = found if found is not None else (source, value)
    if isinstance(made, ast.Call):
        target = made_in.names.resolve(made.func)
        return not (_IS_ELSE.search(target) or target in _BUILTINS)
    return isinstance(made, (ast.Name, ast.Attribute, ast.Subscript))


# Only one project is used at a time, and each function that asks for a loop asks this.
@lru_cache(maxsize=4)
def are_plain(project: Project, name: str) -> bool:
    """Tell whether all overrides of that name return the running loop."""
    overrides = [f for f in project.code.fixtures if f.name == name and is_override(project, f)]
    sources = [(project.code.sources.get(f.file), f.line) for f in overrides]
    return all(
        is_canonical(source.functions[line]) and not has_own_loop(source, source.functions[line])
        for source, line in sources
    )


def when_all_is_read(
    project: Project, fix: Callable[[], tuple[Edit, ...]]
) -> Callable[[], tuple[Edit, ...]]:
    """Withhold a fix if a file that cannot be read may define the fixture or ask for it."""

    def checked() -> tuple[Edit, ...]:
        for file, line, _ in project.code.unreadable:
            raise EditError(f"{file}:{line} cannot be parsed, and may ask for it or define it")
        return fix()

    return checked
