"""AT506: a fixture `event_loop_policy`."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.loops._loop_factories import POLICIES, SINCE, factory_of, hook
from async_test_template.rules.on_code import code_finding, keyword
from async_test_template.rules.rule import Rule
from async_test_template.source import changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for fixture in source.module.fixtures:
        if fixture.name != "event_loop_policy" or not fixture.function:
            continue
        function = source.functions[fixture.line]
        is_plain = source.file.endswith("conftest.py") and fixture.scope == "session"
        yield code_finding(
            RULE.code,
            source,
            function,
            "the fixture event_loop_policy is deprecated",
            tier=Tier.SAFE if is_plain else Tier.REPORT,
            fix=partial(_fix, source, function),
            hint="return the loop's factory from pytest_asyncio_loop_factories in conftest.py",
        )


def _fix(source: Source, function: Function) -> tuple[Edit, ...]:
    value = function.body[-1]
    call = value.value if isinstance(value, ast.Return) else None
    if len(function.body) != 1 or not isinstance(call, ast.Call) or call.args or call.keywords:
        raise EditError("it does more than return a policy")
    if any(isinstance(d, ast.Call) and keyword(d, "params") for d in function.decorator_list):
        raise EditError("tests that are not async would lose its params")
    if source.names.resolve(call.func) not in POLICIES:
        raise EditError("the policy is unknown")
    text, imports = hook(source, factory_of(source, call))
    return (changes.rewrite_definition(source, function, text), *imports)


RULE = Rule(
    code="AT506",
    name="event-loop-policy-fixture",
    severity=Severity.WARNING,
    tier=Tier.SAFE,
    about="pytest-asyncio",
    needs=(("pytest-asyncio", SINCE),),
    visit=_visit,
    words=rb"event_loop_policy",
    warning='Overriding the "event_loop_policy" fixture is deprecated',
    alone=True,
)
