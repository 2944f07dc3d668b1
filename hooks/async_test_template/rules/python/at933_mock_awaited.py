"""AT933: a `Mock` or `MagicMock` where something is awaited."""

from __future__ import annotations

import ast
import re
from functools import lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.origin import bindings, stands_for
from async_test_template.rules.python._mocks import as_async, mentions, mocks, replaced
from async_test_template.rules.rule import Rule
from async_test_template.source.items import Test
from async_test_template.source.nodes import walk
from async_test_template.source.relevance import is_of_tests
from async_test_template.source.source import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.rules.python._mocks import Mention, Mock, Target
    from async_test_template.source.source import Source

_FLOOR = (3, 8)
#: They make something else of a mock, or say that nothing calls it.
_CHANGES = re.compile(
    r"assert_not_|side_effect$|return_value$|configure_mock$|attach_mock$|mock_add_spec$|__"
)
_COUNTS = frozenset({"called", "call_count", "await_count", "mock_calls", "method_calls"})
_ASKING = (ast.Assert, ast.BoolOp, ast.Compare, ast.Expr, ast.UnaryOp)
_BROAD = frozenset({"Exception", "BaseException", "TypeError"})


class _Spot(NamedTuple):
    """A mock that may stand for something that is awaited.

    Attributes:
        mock: how it is made.
        test: the async test around it.
        awaited: where the test awaits it, what it returns, or an attribute of it.
        others: where the test mentions it otherwise, always in a way that is understood.
        placed: where `patch` or `setattr` puts it in the place of something.

    """

    mock: Mock
    test: ast.AsyncFunctionDef
    awaited: list[Mention]
    others: list[Mention]
    placed: list[ast.expr]


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for spot in _spots(source):
        for value in spot.placed:
            yield from _in_place(project, source, spot.mock, value)
        first = min(spot.awaited, key=lambda mention: source.start(mention.node), default=None)
        if first is not None:
            yield _awaited(project, source, spot, first)


def _spots(source: Source) -> Iterator[_Spot]:
    """Yield the mocks that an async test awaits or puts in the place of something.

    Most mocks are only passed on.
    """
    for mock, test in _in_tests(source):
        name = _name_of(source, mock)
        if name is not None:
            spot = _named(source, mock, test, name)
        else:
            spot = _unnamed(source, mock, test)
        if spot is not None and (spot.awaited or spot.placed):
            yield spot


def _in_tests(source: Source) -> Iterator[tuple[Mock, ast.AsyncFunctionDef]]:
    """Yield the mocks that async tests make, or their decorators."""
    for mock in mocks(source):
        for around in source.around(mock.value):
            if isinstance(around, ast.AsyncFunctionDef) and isinstance(
                source.items.get(around.lineno), Test
            ):
                yield mock, around


def _name_of(source: Source, mock: Mock) -> str | None:
    """Return the name that a mock is assigned to, None if it is to no single one."""
    around = source.parents[mock.value]
    if isinstance(around, ast.Assign) and len(around.targets) == 1:
        return getattr(around.targets[0], "id", None)
    return None


def _unnamed(source: Source, mock: Mock, test: ast.AsyncFunctionDef) -> _Spot | None:
    """Return a mock that is put in the place of something where it is made, None otherwise."""
    value = mock.value
    is_placed = _may_be_placed(source, test, value) and not _may_differ(source, test, value)
    return _Spot(mock, test, [], [], [value]) if is_placed else None


def _named(source: Source, mock: Mock, test: ast.AsyncFunctionDef, name: str) -> _Spot | None:
    """Return what a test does with a mock that has a name, None if it is not understood."""
    if not re.search(rf"await\s+{name}\b|patch|setattr", source.text(test)):
        return None
    if bindings(source, test, name) != [mock.value]:
        return None
    found = _Spot(mock, test, [], [], [])
    for mention in mentions(source, test, name):
        if _is_await(source, test, mention):
            found.awaited.append(mention)
        elif not mention.path and replaced(source, mention.node):
            if _may_be_placed(source, test, mention.node):
                found.placed.append(mention.node)
        elif mention.node is not getattr(source.parents[mock.value], "targets", [None])[0]:
            found.others.append(mention)
    return found if all(_is_harmless(source, mention) for mention in found.others) else None


def _awaited(project: Project, source: Source, spot: _Spot, first: Mention) -> Finding:
    """Return what is wrong with an await of a mock."""
    is_called = first.path[-1:] == ("()",)
    fix = partial(_fix, project, source, spot.mock, spot.others)
    return code_finding(
        RULE.code,
        source,
        first.node,
        f"a {spot.mock.kind} cannot be awaited: {source.text(first.node)}",
        tier=_tier(source, spot.test, first.node) if is_called else Tier.REPORT,
        fix=fix if is_called else None,
        hint="let an AsyncMock stand for what is awaited" if is_called else "call the mock",
    )


def _is_await(source: Source, test: ast.AsyncFunctionDef, mention: Mention) -> bool:
    """Tell whether a test awaits a mock, an attribute of it, or the result of calling one."""
    if not isinstance(source.parents[mention.node], ast.Await):
        return False
    return (
        source.scope(mention.node) is test
        and "()" not in mention.path[:-1]
        and not any(map(_CHANGES.match, mention.path))
    )


def _is_harmless(source: Source, mention: Mention) -> bool:
    """Tell whether a test only calls a mock, or asserts that something has called it."""
    around = source.parents[mention.node]
    if any(map(_CHANGES.match, mention.path)):
        return False
    if _COUNTS.intersection(mention.path):
        return isinstance(around, ast.Assert) or (
            isinstance(around, ast.Compare)
            and isinstance(around.ops[0], ast.Eq)
            and isinstance(around.comparators[0], ast.Constant)
            and bool(around.comparators[0].value)
        )
    return isinstance(around, _ASKING)


def _tier(source: Source, test: ast.AsyncFunctionDef, awaited: ast.expr) -> Tier:
    """Return SAFE where nothing in a test can get past an await that fails."""
    for around in source.around(awaited):
        if around is test:
            break
        if isinstance(around, (ast.Try, ast.With, ast.AsyncWith)):
            return Tier.UNSAFE
    item = source.items[test.lineno]
    return Tier.UNSAFE if isinstance(item, Test) and item.wrapped else Tier.SAFE


def _may_be_placed(source: Source, test: ast.AsyncFunctionDef, value: ast.expr) -> bool:
    """Tell whether `patch` or `setattr` puts a mock in the place of what the test never asks."""
    target = replaced(source, value)
    return target is not None and not _is_asked_for(source, test, target.name.rpartition(".")[2])


def _in_place(project: Project, source: Source, mock: Mock, value: ast.expr) -> Iterator[Finding]:
    """Yield a mock that `patch` or `setattr` puts in the place of an async function."""
    target = replaced(source, value)
    if target is not None and _is_awaited_always(project, source.file, target):
        yield code_finding(
            RULE.code,
            source,
            value,
            f"{target.name} is async, and a {mock.kind} in its place cannot be awaited",
            tier=Tier.UNSAFE,
            fix=partial(_fix, project, source, mock, ()),
        )


def _is_asked_for(source: Source, test: ast.AsyncFunctionDef, name: str) -> bool:
    """Tell whether a test mentions a function itself, and not only a mock of the same name."""
    return any(
        (isinstance(node, ast.Attribute) or node.id in source.names.imported)
        and test in source.around(node)
        for node in source.mentions.get(name)
    )


def _may_differ(source: Source, test: ast.AsyncFunctionDef, value: ast.expr) -> bool:
    """Tell whether a test may change a mock that has no name at first, or want it not called."""
    around = source.parents[value]
    if isinstance(around, ast.keyword):
        around = source.parents[around]
    item = source.parents[around]
    if isinstance(item, ast.withitem):
        bound = item.optional_vars
        if bound is None or not isinstance(bound, ast.Name):
            return bound is not None
        used = (m for m in mentions(source, test, bound.id) if m.node is not bound)
        return not all(_is_harmless(source, mention) for mention in used)
    return any(
        isinstance(node, ast.Attribute) and (_CHANGES.match(node.attr) or node.attr in _COUNTS)
        for node in walk(test)
    )


def _is_awaited_always(project: Project, file: str, target: Target) -> bool:
    """Tell whether what a test replaces is an async function that all code awaits."""
    name = target.name.rpartition(".")[2]
    if target.is_of_object:
        return bool(_awaiting(project, name))
    found = stands_for(project, file, target.name)
    if found is None or not isinstance(found.meant, ast.AsyncFunctionDef):
        return False
    is_method = isinstance(found.source.parents[found.meant], ast.ClassDef)
    # `patch` changes the meaning of a name for one module, and of a method for all.
    awaiting = _awaiting(project, name)
    return bool(awaiting) if is_method else found.module.file in awaiting


# Many tests put something in the place of the same few.
@lru_cache(maxsize=256)
def _awaiting(project: Project, name: str) -> frozenset[str]:
    """Return the files that await a call of an async function of the repository.

    None at all if one uses it in another way, or if there is another function of that name.
    """
    awaiting, is_defined = set[str](), False
    word = name.encode()
    for file, _ in project.reader.mentioning(re.compile(rb"\b%s\b" % re.escape(word)), (word,)):
        if is_of_tests(file) or project.reader.is_test_file(file):
            continue
        try:
            source = project.code.sources.get(file)
            defined = source.named(name)
            uses = _uses(source, name)
        except Unreadable:
            return frozenset()
        if uses is None or not all(isinstance(f, ast.AsyncFunctionDef) for f in defined):
            return frozenset()
        is_defined = is_defined or bool(defined)
        awaiting.update({file} if uses else ())
    return frozenset(awaiting) if is_defined else frozenset()


def _uses(source: Source, name: str) -> int | None:
    """Count the mentions of a function; None if it is not awaited in one, or an error is caught."""
    if source.names.aliases(name):
        return None
    found = source.mentions.get(name)
    return len(found) if all(_is_awaited(source, node) for node in found) else None


def _is_awaited(source: Source, node: ast.expr) -> bool:
    call = source.parents[node]
    if not (isinstance(call, ast.Call) and call.func is node):
        return False
    if not isinstance(source.parents[call], ast.Await):
        return False
    for around in source.around(call):
        if isinstance(around, (ast.FunctionDef, ast.AsyncFunctionDef)):
            break
        if isinstance(around, ast.Try) and any(map(_is_broad, around.handlers)):
            return False
        if isinstance(around, (ast.With, ast.AsyncWith)) and any(
            "suppress" in source.text(item.context_expr) for item in around.items
        ):
            return False
    return True


def _is_broad(handler: ast.ExceptHandler) -> bool:
    caught = [] if handler.type is None else [*walk(handler.type)]
    return handler.type is None or any(getattr(n, "id", "") in _BROAD for n in caught)


def _fix(
    project: Project, source: Source, mock: Mock, others: tuple[Mention, ...] | list[Mention]
) -> tuple[Edit, ...]:
    floor = project.dependencies.python_floor
    if floor is not None and floor < _FLOOR:
        raise EditError("AsyncMock needs Python 3.8, and the project allows older ones")
    for mention in others:
        *_, called, last = ("", "", *mention.path)
        if last == "()" and not called.startswith("assert_"):
            raise EditError("something of the mock is called without await")
    return as_async(source, mock)


RULE = Rule(
    code="AT933",
    name="mock-awaited",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    visit=_visit,
    words=rb"\bMock\b|MagicMock|NonCallableMock",
    spots=_spots,
    expects=("TypeError",),
)
