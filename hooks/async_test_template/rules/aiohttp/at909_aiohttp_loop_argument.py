"""AT909: loops and mocks in aiohttp's test tools."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, has_stars, sure
from async_test_template.rules.origin import bindings
from async_test_template.rules.patterns import keyword_of_call, removed
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes, new_imports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

_TOOLS = "aiohttp.test_utils"
_APPLICATION = "aiohttp.web.Application"
_WITH_LOOP = {
    _APPLICATION,
    *(f"{_TOOLS}.{name}" for name in ("TestClient", "TestServer", "RawTestServer")),
}
_OWN_LOOPS = {
    f"{_TOOLS}.{name}" for name in ("loop_context", "setup_test_loop", "teardown_test_loop")
}
_MOCK = f"{_TOOLS}.make_mocked_coro"
_ASKS = re.compile(rb"(?<!self)\._?loop\b")
#: AsyncMock differs from the Mock of make_mocked_coro in these points: it is a coroutine
#: function itself, so values that are set later are awaited too, and a reset clears its result.
_AS_MOCK = re.compile(rb"\.(?:side_effect|return_value)\s*=(?!=)|reset_mock\(|isinstance\(.*Mock")


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    # aiohttp 3 warns of the loop of an application, and of nothing else here.
    is_early = project.dependencies.stays_below("aiohttp", "4")
    for call, finding in _found(project, source):
        warns = source.names.resolve(call.func) == _APPLICATION
        is_advice = is_early and not warns
        yield finding._replace(severity=Severity.ADVICE) if is_advice else finding


def _found(project: Project, source: Source) -> Iterator[tuple[ast.Call, Finding]]:
    for call, loop in keyword_of_call(source, "loop", *_WITH_LOOP):
        yield (
            call,
            code_finding(
                RULE.code,
                source,
                call,
                f"{source.text(call.func)} does not need loop=",
                tier=Tier.UNSAFE,
                fix=partial(_without_loop, project, source, call, loop),
                hint="remove it: aiohttp uses the running loop",
            ),
        )
    for call in source.calls(_MOCK):
        yield (
            call,
            code_finding(
                RULE.code,
                source,
                call,
                "unittest.mock.AsyncMock replaces make_mocked_coro",
                tier=Tier.UNSAFE,
                fix=partial(_async_mock, source, call),
                hint="use AsyncMock, with return_value= or side_effect=",
            ),
        )
    for call in source.calls(*_OWN_LOOPS):
        name = source.names.resolve(call.func).rpartition(".")[2]
        yield (
            call,
            code_finding(
                RULE.code,
                source,
                call,
                f"{name} creates or closes a second loop beside the loop of the test",
                hint="make the test async, or use asyncio.Runner",
            ),
        )


def _without_loop(
    project: Project, source: Source, call: ast.Call, loop: ast.keyword
) -> tuple[Edit, ...]:
    sure(source, call.func)
    plain = (ast.Name, ast.Attribute, ast.Constant)
    if not isinstance(loop.value, plain) and not _is_asked_for(source, loop.value):
        raise EditError("the loop is created in the argument")
    is_none = isinstance(loop.value, ast.Constant) and loop.value.value is None
    if not is_none and not _is_running(source, call, loop.value):
        # An application takes its loop when it starts, aiohttp 3's tools when created.
        if source.names.resolve(call.func) != _APPLICATION:
            raise EditError("no loop runs there, or it may be another one")
        if source.holds(_ASKS):
            raise EditError("the file asks an application for its loop")
        if project.dependencies.has("webtest-aiohttp"):
            raise EditError("webtest-aiohttp asks an application for its loop")
    return removed(source, call, loop)


def _is_asked_for(source: Source, value: ast.AST | None) -> bool:
    """Tell whether a value is the current loop, as asyncio returns it."""
    return isinstance(value, ast.Call) and source.names.resolve(value.func) in {
        "asyncio.get_event_loop",
        "asyncio.get_running_loop",
    }


def _is_running(source: Source, call: ast.Call, value: ast.expr) -> bool:
    """Tell whether the loop that is passed is the one that runs the surrounding code."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    function = next((around for around in source.around(call) if isinstance(around, kinds)), None)
    if not isinstance(function, ast.AsyncFunctionDef):
        return False
    if isinstance(value, ast.Name):
        given = bindings(source, function, value.id)
        return all(_is_asked_for(source, made) for made in given)
    return True


def _async_mock(source: Source, call: ast.Call) -> tuple[Edit, ...]:
    sure(source, call.func)
    if has_stars(call) or len(call.args) + len(call.keywords) > 1:
        raise EditError("it has, or may have, more than one argument")
    if source.holds(_AS_MOCK):
        raise EditError("the file configures mocks, or checks their type")
    given = call.args[0] if call.args else None
    raised = None
    for argument in call.keywords:
        if argument.arg == "return_value":
            given = argument.value
        else:
            raised = argument.value
    # AsyncMock awaits awaitable values, which a plain mock would return.
    plain = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.JoinedStr)
    if given is not None and not isinstance(given, plain):
        raise EditError("the value may have to be awaited")
    mock, imports = new_imports.bind_name(source, "unittest.mock", "AsyncMock")
    arguments = ""
    if given is not None:
        arguments = f"return_value={source.text(given)}"
    elif raised is not None:
        arguments = f"side_effect={source.text(raised)}"
    return (changes.replace_node(source, call, f"{mock}({arguments})"), *imports)


RULE = Rule(
    code="AT909",
    name="aiohttp-loop-argument",
    severity=Severity.WARNING,
    tier=Tier.UNSAFE,
    visit=_visit,
    words=rb"loop\s*=|make_mocked_coro|loop_context|_test_loop",
    where=Where.CLIENTS,
    suspects=re.compile(rb"aiohttp").search,
    alone=True,
    expects=("TypeError", "DeprecationWarning"),
    libraries=("aiohttp",),
)
