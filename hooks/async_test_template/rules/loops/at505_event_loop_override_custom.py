"""AT505: a fixture `event_loop` with another type of loop."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.conflicts import beside
from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Splice, Tier
from async_test_template.paths import name_of
from async_test_template.rules.importers import importers
from async_test_template.rules.loops._canonical import (
    called_loops,
    called_names,
    has_params,
    is_canonical,
)
from async_test_template.rules.loops._for_modules import named_in_module
from async_test_template.rules.loops._loop_factories import (
    HOOK,
    MAKERS,
    SINCE,
    Factory,
    factory_of,
    has_own_loop,
    hook,
    hook_elsewhere,
    makes_own_loop,
)
from async_test_template.rules.loops._lost import (
    NAME,
    is_from_elsewhere,
    is_override,
    overrides,
    when_all_is_read,
)
from async_test_template.rules.loops._override import (
    asking,
    is_named,
    replacement,
    settings_alone,
    with_the_rest,
)
from async_test_template.rules.loops._several_loops import hook_of_params
from async_test_template.rules.on_code import code_finding, raised
from async_test_template.rules.rule import Rule
from async_test_template.source import changes
from async_test_template.source.items import Test
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.items import Fixture
    from async_test_template.source.source import Function, Source

#: Other calls in an override with such a loop.
_BESIDES = frozenset({"set_event_loop_policy", *(name.rpartition(".")[2] for name in MAKERS)})

_NAME = re.compile(r"\w+")
# In the name of a function that chooses the type of the loops to come. Where a loop runs already,
# its call comes too late.
_CHOOSES = re.compile(r"uvloop|winloop")


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for fixture in project.code.by_file[source.file].fixtures:
        if not is_override(project, fixture):
            continue
        function = source.functions[fixture.line]
        if has_params(function):
            lost = "none of its loops is used"
        elif has_own_loop(source, function):
            loops = ", ".join(sorted(called_loops(function)))
            lost = f"its own type of loop ({loops}) is not used"
        elif is_from_elsewhere(project, fixture):
            lost = "the loop that it returns is not used"
        else:
            # AT504 reports those.
            continue
        yield code_finding(
            RULE.code,
            source,
            function,
            f"the {fixture.scope}-scoped fixture {NAME} no longer replaces anything, and {lost}",
            tier=Tier.UNSAFE,
            fix=when_all_is_read(project, partial(_fix, project, source, fixture)),
            hint=f"return the loop's factory from {HOOK} in conftest.py (pytest-asyncio {SINCE})",
        )


def _fix(project: Project, source: Source, fixture: Fixture) -> tuple[Edit, ...]:
    try:
        return _replaced(project, source, fixture)
    except EditError:
        edits = settings_alone(project, fixture)
        if not edits:
            raise
        return edits


def _replaced(project: Project, source: Source, fixture: Fixture) -> tuple[Edit, ...]:
    """Return the edits that choose the loop by a hook, and keep what else an override does.

    Raises:
        EditError: a part of it is unknown, or an older version is allowed, which has no hook.

    """
    function = source.functions[fixture.line]
    if has_params(function):
        return _in_each(project, source, fixture)
    factories = _factories(source, function)
    if not factories:
        if any(_CHOOSES.search(name) for name in called_names(function)):
            raise EditError("another function chooses the type of its loop")
        # What has a loop in its name does something with the loop.
        return with_the_rest(project, source, fixture)
    higher = _with_hook(project)
    if len(factories) != 1:
        raise EditError("its loop is unknown")
    ((factory, makers),) = factories.items()
    files = [*importers(project, fixture)]
    is_in_module = name_of(source.file) != "conftest.py"
    if files and is_in_module:
        edits = hook_elsewhere(project, source, factory, files)
        more = _beside(project, source, fixture, factory, frozenset(makers))
        return beside(higher, (*edits, *more))
    if is_in_module and _is_for_module(project, fixture):
        text, imports = named_in_module(project, source, factory)
    else:
        text, imports = hook(source, factory)
        if _is_for_sync_tests(project, fixture) and not factory.extra:
            start = changes.before(source, function)
            added = changes.replace(source, start, start, f"{text}\n\n")
            return beside(higher, _merged(settings_alone(project, fixture), imports, added))
    is_plain = is_canonical(function, _BESIDES | set(_NAME.findall(factory.call)))
    if is_plain and fixture.owner is None:
        edits = replacement(project, source, fixture, text)
        return beside(higher, (*edits, *(edit for edit in imports if edit not in edits)))
    if is_plain:
        edits = replacement(project, source, fixture)
    else:
        edits = _without_loop(project, source, fixture, factory, frozenset(makers))
    start = changes.before(source, _statement(source, function))
    definition = changes.replace(source, start, start, f"{text}\n\n")
    return beside(higher, _merged(edits, imports, definition))


def _without_loop(
    project: Project, source: Source, fixture: Fixture, factory: Factory, makers: frozenset[str]
) -> tuple[Edit, ...]:
    """Return the edits that leave what an override does besides making its loop."""
    edits = with_the_rest(project, source, fixture, makers)
    if not factory.extra:
        return edits
    return (*edits, *_without_class(source, source.functions[fixture.line], factory.label))


def _is_for_module(project: Project, fixture: Fixture) -> bool:
    """Tell whether all async tests of a file get the loop of an override, also of a class."""
    tests = project.code.by_file[fixture.file].tests
    return fixture.owner is None or all(
        test.owner == fixture.owner for test in tests if test.is_async
    )


def _statement(source: Source, function: Function) -> ast.stmt:
    """Return the function, or the class at the top level that it is in."""
    inside = (node for node in source.around(function) if node in source.tree.body)
    found = next(inside, function)
    return found if isinstance(found, ast.ClassDef) else function


def _in_each(project: Project, source: Source, fixture: Fixture) -> tuple[Edit, ...]:
    """Return the edits with which each async test still runs once in each loop of `params`.

    Raises:
        EditError: one is unknown, or something else asks for them.

    """
    hooked = hook_of_params(source, source.functions[fixture.line])
    if asking(project, fixture) or is_named(project) or fixture.owner is not None:
        raise EditError("something else asks for each of its loops")
    return beside(_with_hook(project), replacement(project, source, fixture, hooked))


def _is_for_sync_tests(project: Project, fixture: Fixture) -> bool:
    """Tell whether only tests ask for an override that are not async, and get nothing async.

    They run its loop themselves. With the hook, it is a fixture like any other.
    """
    asking = [item for item in project.code.items if NAME in item.requests and item is not fixture]
    return bool(asking) and not any(
        item.is_async
        or not isinstance(item, Test)
        or any(used.is_async for used in project.code.used_by(item))
        for item in asking
    )


def _with_hook(project: Project) -> tuple[Edit, ...]:
    """Return the edits with which every installation gets a pytest-asyncio that calls the hook.

    A Python that only an old setup.py names does not count.

    Raises:
        EditError: a Python that is supported allows an older one, or a bound that nothing can edit.

    """
    dependencies = project.dependencies
    if dependencies.may_be_below("pytest-asyncio", SINCE) or not dependencies.fits_python(
        "pytest-asyncio", SINCE
    ):
        return raised(project, "pytest-asyncio", SINCE)
    return ()


def _beside(
    project: Project, source: Source, fixture: Fixture, factory: Factory, makers: frozenset[str]
) -> tuple[Edit, ...]:
    """Return the edits of an override whose hook is in another file."""
    function = source.functions[fixture.line]
    if is_canonical(function, _BESIDES | set(_NAME.findall(factory.call))):
        return replacement(project, source, fixture, factory.extra.rstrip("\n"))
    edits = _without_loop(project, source, fixture, factory, makers)
    if not factory.extra:
        return edits
    start = changes.before(source, function)
    return _merged(edits, (), changes.replace(source, start, start, factory.extra))


def _factories(source: Source, function: Function) -> dict[Factory, set[str]]:
    """Return the factories that an override uses, with the names of what it calls for each.

    Raises:
        EditError: one depends on a condition, or on what only the override knows.

    """
    found: dict[Factory, set[str]] = {}
    for call in walk(function):
        if isinstance(call, ast.Call) and makes_own_loop(source, call):
            found.setdefault(factory_of(source, call), set()).add(source.names.resolve(call.func))
    return found


def _without_class(source: Source, function: Function, name: str) -> Iterator[Edit]:
    for node in function.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            yield changes.remove_statement(source, node)


def _merged(
    edits: tuple[Edit, ...], imports: tuple[Edit, ...], definition: Splice
) -> tuple[Edit, ...]:
    """Return edits with a definition that may be inserted where they insert another one."""
    merged: list[Edit] = []
    for edit in (*edits, *imports):
        if isinstance(edit, Splice) and (edit.start, edit.end) == definition[1:3]:
            definition = definition._replace(text=f"{definition.text}{edit.text}")
        elif edit not in merged:
            merged.append(edit)
    return (*merged, definition)


RULE = Rule(
    code="AT505",
    name="event-loop-override-custom",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    about="pytest-asyncio",
    # That of pytest-asyncio 1.0.
    python=">=3.9",
    visit=_visit,
    words=rb"event_loop",
    spots=overrides,
    broken_since=(("pytest-asyncio", "1.0"),),
)
