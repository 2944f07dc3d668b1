"""AT515: an async test that sleeps while freezegun has stopped the clock."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.loops._sleeps import is_zero
from async_test_template.rules.on_code import code_finding, has_stars, keyword
from async_test_template.rules.patched import patching
from async_test_template.rules.rule import Rule
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source

_FREEZE = "freezegun.freeze_time"
_SLEEPS = ("asyncio.sleep", "anyio.sleep")
_WAITS = ("asyncio.gather", "asyncio.shield", "asyncio.wait_for")
#: Arguments with which the clock of the loop goes on.
_GO_ON = ("real_asyncio", "tick", "auto_tick_seconds", "ignore")
#: The test moves the clock itself.
_MOVED = re.compile(r"\.(?:tick|move_to)\(")


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for call, function in _frozen(source):
        if any(patching(project, sleep) for sleep in _SLEEPS):
            return
        yield code_finding(
            RULE.code,
            source,
            call,
            f"{function.name} sleeps while the clock is frozen, and the sleep never ends",
            hint="give freeze_time the argument real_asyncio=True (freezegun 1.5)",
        )


def _frozen(source: Source) -> Iterator[tuple[ast.Call, ast.AsyncFunctionDef]]:
    """Yield the calls that stop the clock around a sleep of an async test or fixture."""
    for call in source.calls(_FREEZE):
        if has_stars(call) or any(keyword(call, name) for name in _GO_ON):
            continue
        region = source.parents[call]
        places = [(region, region)]
        if isinstance(region, ast.withitem):
            region = source.parents[region]
            places = [(region, source.scope(region))]
        elif isinstance(region, ast.ClassDef):
            # freezegun decorates each method, and starts before those of a test case.
            places = [(method, method) for method in region.body]
        for part, function in places:
            if (
                isinstance(function, ast.AsyncFunctionDef)
                and function.lineno in source.items
                and _sleeps(source, part, function)
                and not _MOVED.search(source.text(function))
            ):
                yield call, function
                break


def _sleeps(source: Source, region: ast.AST, function: ast.AsyncFunctionDef) -> bool:
    """Tell whether a part of a function waits for time to pass."""
    return any(
        source.names.resolve(call.func) in _SLEEPS and not is_zero(call)
        for node in walk(region)
        if isinstance(node, ast.Await) and source.scope(node) is function
        for call in _awaited(source, node.value)
    )


def _awaited(source: Source, value: ast.expr) -> Iterator[ast.Call]:
    """Yield a call that is awaited, and those in it that asyncio waits for."""
    if isinstance(value, ast.Call):
        yield value
        if source.names.resolve(value.func) in _WAITS:
            for argument in value.args:
                yield from _awaited(source, argument)


RULE = Rule(
    code="AT515",
    name="frozen-sleep",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
    visit=_visit,
    words=rb"\bfreeze_time\b",
    spots=_frozen,
    libraries=("freezegun",),
)
