"""AT505: a fixture `event_loop` with another type of loop."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.loops._canonical import called_names, is_canonical
from async_test_template.rules.loops._loop_factories import (
    HOOK,
    MAKERS,
    SINCE,
    factory_of,
    has_own_loop,
    hook,
)
from async_test_template.rules.loops._lost import is_override, when_all_is_read
from async_test_template.rules.loops._override import NAME, replacement, settings_alone
from async_test_template.rules.on_code import code_finding, needs
from async_test_template.rules.rule import Rule
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.items import Fixture
    from async_test_template.source.source import Function, Source

#: Other calls in an override with such a loop.
_BESIDES = frozenset({"set_event_loop_policy", *(name.rpartition(".")[2] for name in MAKERS)})


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for fixture in project.code.by_file[source.file].fixtures:
        if not is_override(project, fixture):
            continue
        function = source.functions[fixture.line]
        if not has_own_loop(source, function):
            continue
        made = ", ".join(sorted(name for name in called_names(function) if "loop" in name.lower()))
        yield code_finding(
            RULE.code,
            source,
            function,
            f"the {fixture.scope}-scoped fixture {NAME} no longer replaces anything, and its own "
            f"type of loop ({made}) is not used",
            tier=Tier.UNSAFE,
            fix=when_all_is_read(project, partial(_fix, project, source, fixture)),
            hint=f"return the loop's factory from {HOOK} in conftest.py ({SINCE})",
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
    needs(project, "pytest-asyncio", SINCE)
    function = source.functions[fixture.line]
    text, imports = hook(source, *_factory(source, function))
    edits = replacement(project, source, fixture, text)
    return (*edits, *(edit for edit in imports if edit not in edits))


def _factory(source: Source, function: Function) -> tuple[str, str]:
    """Return module and name of the one factory that an override uses.

    Raises:
        EditError: there are several, or it does something else, or depends on a condition.

    """
    if not is_canonical(function, _BESIDES):
        raise EditError("it does more than create a loop")
    found = set()
    for call in walk(function):
        if isinstance(call, ast.Call) and source.names.resolve(call.func) in MAKERS:
            if _is_conditional(source, call, function):
                raise EditError("the loop depends on a condition")
            found.add(factory_of(source, call))
    if len(found) != 1:
        raise EditError("its loop is unknown")
    return found.pop()


def _is_conditional(source: Source, node: ast.AST, function: Function) -> bool:
    conditions = (ast.If, ast.IfExp, ast.BoolOp, ast.ExceptHandler)
    for around in source.around(node):
        if around is function:
            return False
        if isinstance(around, conditions):
            return True
    return False


RULE = Rule(
    code="AT505",
    name="event-loop-override-custom",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    about="pytest-asyncio",
    visit=_visit,
    words=rb"event_loop",
)
