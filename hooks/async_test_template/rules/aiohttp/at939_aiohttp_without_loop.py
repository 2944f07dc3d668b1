"""AT939: objects of aiohttp's client that are made where no loop runs."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.loops._bare import SETUPS
from async_test_template.rules.on_code import code_finding, keyword
from async_test_template.rules.patched import patching
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import new_imports
from async_test_template.source.changes import replace, set_keyword
from async_test_template.source.items import Fixture, Test
from async_test_template.source.lineage import ISOLATED_CASES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

_CLASSES = tuple(
    f"aiohttp.{name}"
    for name in ("ClientSession", "CookieJar", "DummyCookieJar", "TCPConnector", "UnixConnector")
)
#: A session takes the loop of its connector.
_LOOPS = ("loop", "connector")
_RUNS = re.compile(r"\b(?:run_until_complete|asyncio\.run|Runner)\(")


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for call, function in _calls(source):
        kind = _kind(source, function)
        name = source.names.resolve(call.func)
        if not kind or patching(project, name):
            continue
        yield code_finding(
            RULE.code,
            source,
            call,
            f"{name} needs a running loop, and the {kind} {function.name} is not async",
            tier=Tier.UNSAFE,
            fix=partial(_fix, project, source, call, function),
            hint=f"make the {kind} async",
        )


def _kind(source: Source, function: ast.FunctionDef) -> str:
    """Return what calls a function where no loop runs, or nothing where one may run."""
    item = source.items.get(function.lineno)
    if item is None:
        is_method = isinstance(source.scope(function), ast.ClassDef)
        return "set-up" if is_method and function.name in SETUPS else ""
    # A decorator may run a test in a loop.
    if isinstance(item, Test):
        return "" if item.wrapped else "test"
    return "fixture"


def _calls(source: Source) -> Iterator[tuple[ast.Call, ast.FunctionDef]]:
    """Yield the calls that get no loop in functions that are not async."""
    for call in source.calls(*_CLASSES):
        function = source.scope(call)
        if not isinstance(function, ast.FunctionDef) or not _is_late(call):
            continue
        if source.names.is_certain(call.func):
            yield call, function


def _is_late(call: ast.Call) -> bool:
    """Tell whether a call gets no loop, so that it asks for the running one."""
    return not any(keyword(call, name) for name in _LOOPS) and all(
        argument.arg is not None for argument in call.keywords
    )


def _fix(
    project: Project, source: Source, call: ast.Call, function: ast.FunctionDef
) -> tuple[Edit, ...]:
    item = source.items.get(function.lineno)
    if isinstance(item, Fixture):
        raise EditError("what asks for the fixture may not be async")
    try:
        return _made_async(project, source, function, item)
    except EditError:
        if not _has_current_loop(source, function):
            raise
    # So did aiohttp where no loop ran.
    asyncio, imports = new_imports.bind_module(source, "asyncio")
    return (set_keyword(source, call, "loop", f"{asyncio}.get_event_loop()"), *imports)


def _made_async(
    project: Project, source: Source, function: ast.FunctionDef, item: Test | None
) -> tuple[Edit, ...]:
    if item is None:
        raise EditError("an asyncSetUp of an IsolatedAsyncioTestCase is")
    if _RUNS.search(source.text(function)):
        raise EditError("it runs a loop itself")
    owner = source.scope(function)
    kin = None
    if isinstance(owner, ast.ClassDef):
        kin = project.code.lineage.kin_at(source.file, owner.lineno)
    isolated = kin is not None and not ISOLATED_CASES.isdisjoint(kin.others)
    in_unittest = item.in_unittest or (kin is not None and kin.is_unittest)
    if not isolated and (in_unittest or project.mode != "auto"):
        raise EditError("nothing runs it then: it needs a mark, or a test case that awaits it")
    # The place of a function is its `def`, below its decorators.
    start = source.start(function)
    return (replace(source, start, start + len("def"), "async def"),)


def _has_current_loop(source: Source, function: ast.FunctionDef) -> bool:
    """Tell whether a test, or a method of its class, runs what it needs in the current loop."""
    owner = source.scope(function)
    place = owner if isinstance(owner, ast.ClassDef) else function
    return any(place in source.around(call) for call in source.calls("asyncio.get_event_loop"))


RULE = Rule(
    code="AT939",
    name="aiohttp-without-loop",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    visit=_visit,
    words=rb"ClientSession\(|CookieJar\(|TCPConnector\(|UnixConnector\(",
    where=Where.TESTS,
    suspects=re.compile(rb"aiohttp").search,
    spots=_calls,
    expects=("RuntimeError",),
    libraries=("aiohttp",),
    broken_since=(("aiohttp", "3.10"),),
)
