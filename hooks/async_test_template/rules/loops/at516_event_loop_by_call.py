"""AT516: a fixture `event_loop` that a call makes of a function."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.loops._lost import NAME
from async_test_template.rules.on_code import code_finding, sure
from async_test_template.rules.rule import Rule
from async_test_template.source import changes
from async_test_template.source.nodes import FUNCTIONS, callee

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

_FIXTURES = frozenset({"pytest.fixture", "pytest_asyncio.fixture"})
#: The argument of `pytest.fixture` for the function.
_FUNCTION = "fixture_function"


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for statement in source.nodes.near(NAME.encode()):
        if isinstance(statement, ast.FunctionDef) and _is_made(source, statement):
            yield code_finding(
                RULE.code,
                source,
                statement,
                f"a function makes the fixture {NAME}, which no longer replaces anything",
                hint=f"write it at the top of the file, and `migrate` replaces the fixture {NAME}",
            )
        if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Call):
            continue
        if [getattr(target, "id", "") for target in statement.targets] != [NAME]:
            continue
        call = statement.value
        made = call.func if isinstance(call.func, ast.Call) else call
        if source.names.resolve(made.func) in _FIXTURES:
            yield code_finding(
                RULE.code,
                source,
                statement,
                f"a call makes the fixture {NAME}, which no longer replaces anything",
                tier=Tier.UNSAFE,
                fix=partial(_fix, source, statement, call, made),
                hint=f"write it as a decorator, and `migrate` replaces the fixture {NAME}",
            )


def _is_made(source: Source, function: ast.FunctionDef) -> bool:
    """Tell whether another function makes the fixture, and hands it on."""
    decorators = (source.names.resolve(callee(own)) for own in function.decorator_list)
    return (
        function.name == NAME
        and isinstance(source.parents[function], FUNCTIONS)
        and not _FIXTURES.isdisjoint(decorators)
    )


def _fix(source: Source, statement: ast.Assign, call: ast.Call, made: ast.Call) -> tuple[Edit, ...]:
    """Return the edits that decorate the function, which other rules can mend then."""
    sure(source, made.func)
    if source.parents[statement] is not source.tree:
        raise EditError("it depends on a condition")
    others = [keyword for keyword in made.keywords if keyword.arg not in {_FUNCTION, "name"}]
    given = [*call.args, *(k.value for k in made.keywords if k.arg == _FUNCTION)]
    known = [
        function
        for function in source.tree.body
        if isinstance(function, ast.FunctionDef)
        and len(given) == 1
        and function.name == getattr(given[0], "id", None)
        and not function.decorator_list
    ]
    if len(known) != 1 or (call is not made and made.args):
        raise EditError("its function is not a plain one of this file")
    function = known[0]
    if len(source.mentions.get(function.name, ())) != 1 or function.name == NAME:
        raise EditError("its function is used elsewhere, too")
    arguments = ", ".join([f'name="{NAME}"', *map(source.text, others)])
    decorated = f"@{source.text(made.func)}({arguments})\n{source.text(function)}\n"
    return (
        changes.rewrite_definition(source, function, decorated),
        changes.remove_statement(source, statement),
    )


RULE = Rule(
    code="AT516",
    name="event-loop-by-call",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    about="pytest-asyncio",
    visit=_visit,
    words=rb"\bevent_loop\s*=|def[ \t]+event_loop\(",
    alone=True,
    broken_since=(("pytest-asyncio", "1.0"),),
)
