"""Fixtures `event_loop` that once replaced pytest-asyncio's own, and their replacements."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.rules.importers import importers
from async_test_template.rules.loops._bridge import bridge_text, takes_current_loop
from async_test_template.rules.loops._canonical import called_names
from async_test_template.rules.loops._kept import kept
from async_test_template.rules.loops._lost import NAME, is_override, where_from
from async_test_template.rules.loops._running_loop import can_do_without
from async_test_template.rules.on_code import is_called
from async_test_template.rules.which_loop import (
    BOTH_SCOPES_SINCE,
    FIXTURE_SCOPE,
    SCOPES,
    TEST_SCOPE,
    asked_for_all,
    wider,
)
from async_test_template.source import changes, new_imports
from async_test_template.source.nodes import FUNCTIONS, walk

if TYPE_CHECKING:
    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.items import Fixture, Test
    from async_test_template.source.source import Function, Source

#: Since this version, a fixture of that name is like any other.
_FREE = "1.0"
#: What a test may notice after it has ended.
_MORE = frozenset({"all_tasks", "cancel", "gather", "run_forever"})
_BY_NAME = re.compile(rb"""getfixturevalue\(\s*["']event_loop["']""")


def asking(project: Project, override: Fixture) -> list[Fixture | Test]:
    """Find code that asks for an override and cannot work without it."""
    return [item for item in _asking(project) if item is not override]


# Only one project is used at a time, and each fix of its overrides asks this.
@lru_cache(maxsize=2)
def _asking(project: Project) -> list[Fixture | Test]:
    return [
        item
        for item in project.code.items
        if NAME in item.requests
        and where_from(project, NAME, item) == "override"
        and not can_do_without(project, item, NAME)
    ]


def is_named(project: Project) -> bool:
    """Tell whether a test gets the fixture by a name in the settings, or while it runs."""
    return NAME in asked_for_all(project) or any(
        _BY_NAME.search(project.tree.read(module.file) or b"") for module in project.code.modules
    )


def may_be_missed(project: Project, override: Fixture) -> bool:
    """Tell whether an override cleans its loop up, and a version that calls it is allowed."""
    if project.dependencies.at_least("pytest-asyncio", "1.0"):
        return False
    function = project.code.sources.get(override.file).functions[override.line]
    return bool(called_names(function) & _MORE)


def replacement(
    project: Project, source: Source, fixture: Fixture, hook: str = ""
) -> tuple[Edit, ...]:
    """Return the edits that replace an override with a hook, or nothing, and the settings.

    Code that still asks for the fixture also gets a bridge.

    Raises:
        EditError: its type or its users are unknown, or it cannot be replaced.

    """
    if fixture.scope not in SCOPES:
        raise EditError("its scope is computed")
    function = source.functions[fixture.line]
    if is_called(source, function) and not _only_parameters(source, function):
        raise EditError("its name is used elsewhere in the file")
    settings = _settings(project, fixture.scope)
    still = asking(project, fixture)
    if fixture.scope != "function" and _may_still_act(project):
        if still or hook or is_named(project):
            raise EditError(f"the replacement needs pytest-asyncio >= {BOTH_SCOPES_SINCE}")
        # The oldest versions that the project allows need it, and the newer ones the settings.
        return settings
    is_asked = still or is_named(project) or is_imported(project, fixture)
    if not is_asked and not fixture.autouse:
        if hook:
            return (changes.rewrite_definition(source, function, hook), *settings)
        return (changes.remove_statement(source, function), *settings)
    if fixture.owner is not None:
        return (*kept(project, source, fixture, _scope(project, fixture.scope)), *settings)
    asyncio, one = new_imports.bind_module(source, "asyncio")
    plugin, other = new_imports.bind_module(source, "pytest_asyncio")
    for_all = fixture.autouse or (
        not all(item.is_async for item in still) and takes_current_loop(project)
    )
    # The loop of the tests, which is that of the widest override.
    wide = "" if fixture.scope == "function" else _scope(project, fixture.scope)
    text = bridge_text(NAME, fixture.scope, asyncio, plugin, for_all=for_all, loop_scope=wide)
    text = f"{hook}\n\n{text}" if hook else text
    return (changes.rewrite_definition(source, function, text), *one, *other, *settings)


def _only_parameters(source: Source, override: Function) -> bool:
    """Tell whether each use of the name is in the override, or in a function that binds it."""
    return all(
        any(
            outer is override or (isinstance(outer, FUNCTIONS) and _binds(outer))
            for outer in source.around(node)
        )
        for node in source.mentions.get(NAME, ())
    )


def _binds(function: Function) -> bool:
    """Tell whether the name is a parameter or a variable of a function."""
    arguments = (*function.args.args, *function.args.kwonlyargs)
    return any(argument.arg == NAME for argument in arguments) or any(
        isinstance(node, ast.Name) and node.id == NAME and isinstance(node.ctx, ast.Store)
        for node in walk(function)
    )


def is_imported(project: Project, fixture: Fixture) -> bool:
    """Tell whether another file imports a fixture, or everything where it is."""
    return any(importers(project, fixture))


def settings_alone(project: Project, fixture: Fixture) -> tuple[Edit, ...]:
    """Return the settings that restore an override's shared loop if it cannot be replaced.

    It may stay, because pytest-asyncio ignores it.

    Raises:
        EditError: it is not possible to set them.

    """
    if fixture.scope not in SCOPES:
        raise EditError("its scope is computed")
    return _settings(project, fixture.scope)


def with_the_rest(
    project: Project,
    source: Source,
    fixture: Fixture,
    makers: frozenset[str] = frozenset(),
) -> tuple[Edit, ...]:
    """Return the edits that give an override the running loop, and the settings.

    Args:
        project: the repository.
        source: the file.
        fixture: the override.
        makers: dotted names of what makes a loop of another type, for which there is a hook.

    Raises:
        EditError: not all of it is understood, or an old version may still use it as before.

    """
    if fixture.scope not in SCOPES:
        raise EditError("its scope is computed")
    if _may_still_act(project, _FREE):
        raise EditError(f"the replacement needs pytest-asyncio >= {_FREE}")
    edits = kept(project, source, fixture, _scope(project, fixture.scope), makers)
    if fixture.scope == "function":
        return (*edits, *_raised(project, _FREE))
    return (*edits, *_settings(project, fixture.scope, _FREE))


def _scope(project: Project, scope: str) -> str:
    """Return the scope of the loop that all tests run in once an override is replaced.

    There is only one pair of settings for all tests, so the widest loop that is needed counts.

    Raises:
        EditError: another one was asked for.

    """
    others = [f.scope for f in project.code.fixtures if f.name == NAME and is_override(project, f)]
    others += [project.settings.effective(name) or "" for name in (FIXTURE_SCOPE, TEST_SCOPE)]
    for other in others:
        scope = wider(scope, other) if other in SCOPES else scope
    asked = project.desired.loop_scope if "loop_scope" in project.desired.insisted else None
    if asked is not None and wider(scope, asked) != asked:
        # AT122 would change the settings back, and so on at each run.
        raise EditError(f"it needs the loop scope {scope}, and {asked} was asked for")
    return asked or scope


def _settings(project: Project, scope: str, since: str = BOTH_SCOPES_SINCE) -> tuple[Edit, ...]:
    """Return the settings with which tests and fixtures share a loop as before."""
    if scope == "function":
        return ()
    scope = _scope(project, scope)
    edits = project.settings.set_all({FIXTURE_SCOPE: scope, TEST_SCOPE: scope})
    if edits is None:
        raise EditError("no file that can be edited contains pytest's configuration")
    if _may_still_act(project, since):
        return edits
    return (*edits, *_raised(project, since))


def _raised(project: Project, version: str) -> tuple[Edit, ...]:
    dependencies = project.dependencies
    is_low = dependencies.may_be_below("pytest-asyncio", version)
    return dependencies.raised("pytest-asyncio", version) if is_low else ()


def _may_still_act(project: Project, since: str = BOTH_SCOPES_SINCE) -> bool:
    """Tell whether the project allows a version that needs the override, and has to.

    Raises:
        EditError: it need not, and only a person can raise the version.

    """
    dependencies = project.dependencies
    if not dependencies.may_be_below("pytest-asyncio", since):
        return False
    if dependencies.raised("pytest-asyncio", since):
        return False
    floor = dependencies.python_kept
    if floor is None or floor >= (3, 9):
        raise EditError(f"the settings that replace it need pytest-asyncio >= {since}")
    if not dependencies.may_reach("pytest-asyncio", since):
        raise EditError(f"no allowed version is {since} or later, and all of them use it")
    return True
