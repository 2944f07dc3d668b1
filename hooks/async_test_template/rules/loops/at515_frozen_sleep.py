"""AT515: an async test that sleeps while freezegun has stopped the clock."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.loops._sleeps import is_zero
from async_test_template.rules.on_code import code_finding, has_stars, keyword, marks
from async_test_template.rules.patched import patching
from async_test_template.rules.rule import Rule
from async_test_template.source.items import Fixture, Test
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
#: Plugins with a fixture `freezer` and a mark `freeze_time`.
_PLUGINS = ("pytest-freezer", "pytest-freezegun")
_SLEEP = re.compile(rb"\bsleep\b")
#: The test moves the clock itself.
_MOVED = re.compile(r"\.(?:tick|move_to)\(")


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    frozen = [(call, function.name) for call, function in _frozen(source)]
    frozen += [
        (call, sleeper)
        for call, fixture in _freezing_fixtures(source)
        if (sleeper := _sleeper(project, fixture)) is not None
    ]
    for call, name in frozen:
        if any(patching(project, sleep) for sleep in _SLEEPS):
            return
        yield code_finding(
            RULE.code,
            source,
            call,
            f"{name} sleeps while the clock is frozen, and the sleep never ends",
            hint="give freeze_time the argument real_asyncio=True (freezegun 1.5)",
        )
    if not any(map(project.dependencies.has, _PLUGINS)):
        return
    for test, function in _frozen_by_plugin(source):
        of_project = project.code.find("freezer", test.file, test.owner)
        if of_project is None and not any(patching(project, sleep) for sleep in _SLEEPS):
            yield code_finding(
                RULE.code,
                source,
                function,
                f"{test.name} sleeps while the clock is frozen, and the sleep never ends",
                hint="mark it with pytest.mark.freeze_time(real_asyncio=True) (freezegun 1.5)",
            )


def _spots(source: Source) -> Iterator[object]:
    yield from _frozen(source)
    yield from _freezing_fixtures(source)
    yield from _frozen_by_plugin(source)


def _frozen_by_plugin(source: Source) -> Iterator[tuple[Test, ast.AsyncFunctionDef]]:
    """Yield the async tests that sleep with the fixture or the mark of a plugin."""
    for mark in marks(source, "freeze_time"):
        if isinstance(mark, ast.Call) and (
            has_stars(mark) or any(keyword(mark, name) for name in _GO_ON)
        ):
            return
    for line, item in sorted(source.items.items()):
        function = source.functions.get(line)
        if (
            isinstance(item, Test)
            and ("freezer" in item.requests or item.mark("freeze_time"))
            and isinstance(function, ast.AsyncFunctionDef)
            and _sleeps(source, function, function)
            and not _MOVED.search(source.text(function))
        ):
            yield item, function


def _stops(source: Source) -> Iterator[ast.Call]:
    """Yield the calls that stop every clock."""
    for call in source.calls(_FREEZE):
        if not has_stars(call) and not any(keyword(call, name) for name in _GO_ON):
            yield call


def _freezing_fixtures(source: Source) -> Iterator[tuple[ast.Call, Fixture]]:
    """Yield the calls that stop the clock around the `yield` of a fixture."""
    for call in _stops(source):
        around = source.parents[source.parents[call]]
        item = source.items.get(getattr(source.scope(call), "lineno", 0))
        if (
            isinstance(item, Fixture)
            and isinstance(around, ast.With)
            and any(isinstance(node, ast.Yield) for node in walk(around))
        ):
            yield call, item


def _sleeper(project: Project, fixture: Fixture) -> str | None:
    """Return the name of an async test that gets a fixture, sleeps, and does not move the clock."""
    sleeping = {file for file, _ in project.reader.mentioning(_SLEEP, (b"sleep",))}
    for test in project.code.tests:
        if test.is_async and test.file in sleeping and fixture in project.code.used_by(test):
            source = project.code.sources.get(test.file)
            function = source.functions.get(test.line)
            if (
                isinstance(function, ast.AsyncFunctionDef)
                and _sleeps(source, function, function)
                and not _MOVED.search(source.text(function))
            ):
                return test.name
    return None


def _frozen(source: Source) -> Iterator[tuple[ast.Call, ast.AsyncFunctionDef]]:
    """Yield the calls that stop the clock around a sleep of an async test or fixture."""
    for call in _stops(source):
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
    words=rb"\bfreeze_time\b|\bfreezer\b",
    spots=_spots,
    libraries=("freezegun",),
)
