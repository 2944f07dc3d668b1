"""AT827: an override of a dependency that a test leaves to the tests after it."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.origin import bindings
from async_test_template.rules.rule import Rule, Where
from async_test_template.source.items import Fixture, Test
from async_test_template.source.nodes import root_of, walk, walk_scope
from async_test_template.source.source import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source

_WORD = re.compile(rb"\bdependency_overrides\b")


class _Set(NamedTuple):
    """A place that sets an override: the dotted names of application and dependency."""

    node: ast.expr
    app: str
    dependency: str


class _Use(NamedTuple):
    """What a test or fixture does with overrides.

    Attributes:
        item: the test or fixture.
        sets: the places that set one.
        undoes: it does more than that, and may take them back.

    """

    item: Test | Fixture
    sets: list[_Set]
    undoes: bool


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    uses = _uses(project)
    for use in uses.values() if uses else ():
        if use.item.file != source.file or not _is_for_some(use.item):
            continue
        for place in use.sets:
            after = _after(project, uses or {}, use.item, place)
            if after is not None:
                yield code_finding(
                    RULE.code,
                    source,
                    place.node,
                    f"the override of {place.dependency.rpartition('.')[2]} stays for tests that "
                    f"do not ask for it, such as {after.name}",
                    hint="remove it after a `yield`, or use monkeypatch.setitem",
                )


def _is_for_some(item: Test | Fixture) -> bool:
    return isinstance(item, Test) or item.scope == "function"


# Only one is used at a time, and each of its files asks.
@lru_cache(maxsize=2)
def _uses(project: Project) -> dict[tuple[str, int], _Use] | None:
    """Return what tests and fixtures do with overrides; None if something else does it too."""
    found: dict[tuple[str, int], _Use] = {}
    for file, _ in project.reader.mentioning(_WORD, (b"dependency_overrides",)):
        if file not in project.code.by_file:
            return None
        try:
            source = project.code.sources.get(file)
            for node in _mentions(source):
                function = source.scope(node)
                item = source.items.get(getattr(function, "lineno", 0))
                if item is None or function is not source.functions.get(item.line):
                    return None
                use = found.setdefault((file, item.line), _Use(item, [], undoes=False))
                for named in _names(source, function, node):
                    place = _set(source, function, node, named)
                    if place is None:
                        found[file, item.line] = use._replace(undoes=True)
                    else:
                        use.sets.append(place)
        except Unreadable:
            return None
    return found


def _mentions(source: Source) -> Iterator[ast.Attribute]:
    for node in source.mentions.get("dependency_overrides"):
        if isinstance(node, ast.Attribute):
            yield node


def _names(source: Source, function: ast.AST, node: ast.Attribute) -> list[ast.expr]:
    """Return the places that use overrides: of a local name for them, all places of the name."""
    around = source.parents[node]
    target = around.targets[0] if isinstance(around, ast.Assign) else None
    if not isinstance(target, ast.Name) or bindings(source, function, target.id) != [node]:
        return [node]
    uses = source.mentions.get(target.id, ())
    names = [use for use in uses if isinstance(use, ast.Name) and use is not target]
    return [use for use in names if function in source.around(use)] or [node]


def _set(source: Source, function: ast.AST, node: ast.Attribute, named: ast.expr) -> _Set | None:
    """Return what a statement sets, of an application for all."""
    made = _overridden(source, named)
    root = root_of(node)
    if not (
        made is not None
        and isinstance(root, ast.Name)
        and isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
        and _is_certain(source, function, made[0])
        and _is_global(source, function, root.id)
    ):
        return None
    return _Set(named, source.names.resolve(node.value).lstrip("."), source.names.resolve(made[1]))


def _overridden(source: Source, node: ast.expr) -> tuple[ast.stmt, ast.expr] | None:
    """Return the statement that sets one override, and the dependency.

    It is `overrides[dependency] = ...`, `overrides.update({dependency: ...})` or
    `overrides = {dependency: ...}`.
    """
    around = source.parents[node]
    statement = source.parents.get(around)
    given: ast.expr | None = None
    if isinstance(around, ast.Subscript):
        is_set = isinstance(statement, ast.Assign) and statement.targets == [around]
        return (statement, around.slice) if is_set and isinstance(statement, ast.stmt) else None
    if isinstance(around, ast.Assign) and around.targets == [node]:
        statement, given = around, around.value
    elif isinstance(statement, ast.Call) and getattr(around, "attr", "") == "update":
        given = statement.args[0] if len(statement.args) == 1 else None
        statement = source.parents[statement]
    keys = given.keys if isinstance(given, ast.Dict) else []
    key = keys[0] if len(keys) == 1 else None
    return (statement, key) if key is not None and isinstance(statement, ast.stmt) else None


def _is_certain(source: Source, function: Function, statement: ast.stmt) -> bool:
    """Tell whether a statement always runs, and before the `yield` of a fixture."""
    around = source.parents[statement]
    while isinstance(around, (ast.With, ast.AsyncWith)):
        around = source.parents[around]
    return around is function and not any(
        isinstance(node, ast.Yield) and node.lineno < statement.lineno
        for node in walk_scope(function)
    )


def _is_global(source: Source, function: Function, name: str) -> bool:
    arguments = [n.arg for n in ast.walk(function.args) if isinstance(n, ast.arg)]
    return name not in arguments and not bindings(source, function, name)


def _after(
    project: Project, uses: dict[tuple[str, int], _Use], item: Test | Fixture, place: _Set
) -> Test | None:
    """Return a test that follows one with an override, and has it without asking for it."""
    with_it: list[Test] = []
    without: list[Test] = []
    for test in (*project.code.tests, *_others(project, place.app)):
        got = [uses.get((each.file, each.line)) for each in _with_fixtures(project, test)]
        known = [use for use in got if use is not None]
        if any(use.item == item for use in known):
            if any(use.undoes for use in known):
                return None
            with_it.append(test)
        elif not any(
            use.undoes or place.dependency in {each.dependency for each in use.sets}
            for use in known
        ):
            without.append(test)
    first = min(((test.file, test.line) for test in with_it), default=None)
    return next(
        (
            test
            for test in without
            if first is not None
            and (test.file, test.line) > first
            and _uses_application(project, test, place.app)
        ),
        None,
    )


# Each override of an application asks.
@lru_cache(maxsize=2)
def _others(project: Project, app: str) -> tuple[Test, ...]:
    """Return the tests of files with nothing async that ask for a fixture with an application."""
    fixtures = [f for f in project.code.fixtures if f.file.endswith("conftest.py")]
    names = {fixture.name for fixture in fixtures if _mentions_app(project, fixture, app)}
    while more := {f.name for f in fixtures if names.intersection(f.requests)} - names:
        names |= more
    words = tuple(name.encode() for name in sorted(names))
    if not words:
        return ()
    asked = re.compile(rb"\b(?:%s)\b" % b"|".join(map(re.escape, words)))
    return tuple(project.reader.other_tests(asked, words))


def _with_fixtures(project: Project, test: Test) -> list[Test | Fixture]:
    return [test, *project.code.used_by(test)]


def _uses_application(project: Project, test: Test, app: str) -> bool:
    """Tell whether a test, or one of its fixtures, mentions an application."""
    return any(_mentions_app(project, item, app) for item in _with_fixtures(project, test))


def _mentions_app(project: Project, item: Test | Fixture, app: str) -> bool:
    source = project.code.sources.get(item.file)
    function = source.functions.get(item.line)
    return function is not None and any(
        isinstance(node, (ast.Name, ast.Attribute))
        and source.names.resolve(node).lstrip(".") == app
        for node in walk(function)
    )


RULE = Rule(
    code="AT827",
    name="override-stays",
    severity=Severity.ADVICE,
    tier=Tier.REPORT,
    visit=_visit,
    words=_WORD.pattern,
    where=Where.CLIENTS,
    libraries=("fastapi",),
)
