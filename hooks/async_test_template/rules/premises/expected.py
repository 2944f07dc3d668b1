"""Whether a test expects an error or a warning."""

from __future__ import annotations

import ast
import builtins
import enum
import re
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.rules.on_code import keyword, text_of
from async_test_template.rules.premises.contexts import (
    DEPRECATED,
    QUIET,
    Hope,
    around_yield,
    class_names,
    hopes,
    is_called_form,
)
from async_test_template.source.items import Fixture
from async_test_template.source.nodes import FUNCTIONS, callee

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from async_test_template.findings import Finding
    from async_test_template.source.source import Function, Source

#: Warnings of libraries: `PytestRemovedIn9Warning`, `StarletteDeprecationWarning`.
_OWN_DEPRECATION = re.compile(r"Deprecat|RemovedIn(?:(?!RemovedIn)\w)*Warning$")
_BROAD = frozenset({"Exception", "BaseException"})
_ENTER = frozenset({"enter_context", "enterContext", "enterClassContext"})
_MARKS = ("pytest.mark.xfail", "pytest.mark.filterwarnings", "unittest.expectedFailure")


class Wish(enum.Enum):
    """How certain it is that a test expects an error or a warning."""

    MEANT = "meant"
    PERHAPS = "perhaps"


class _Stretch(NamedTuple):
    """A part of a file, and what may happen there without harm.

    Attributes:
        start: offset of its first byte.
        end: offset after its last byte.
        hope: the errors and warnings.
        is_single: it is one statement or one expression, so nothing else can be meant.
        is_caught: it is under `try`, which goes on if nothing is raised.

    """

    start: int
    end: int
    hope: Hope
    is_single: bool = False
    is_caught: bool = False


class _Stretches:
    """Stretches of a file, found by a place in them."""

    def __init__(self, found: Iterable[_Stretch]) -> None:
        self._found = sorted(found, key=attrgetter("start"))
        self._starts = [stretch.start for stretch in self._found]
        #: How far each reaches, or one before it.
        self._reach = list(accumulate((stretch.end for stretch in self._found), max))

    def at(self, place: int) -> Iterator[_Stretch]:
        """Yield those around a place, the latest first."""
        for number in reversed(range(bisect_right(self._starts, place))):
            if self._reach[number] <= place:
                return
            if place < self._found[number].end:
                yield self._found[number]


def wish(source: Source, finding: Finding, raised: tuple[str, ...]) -> Wish | None:
    """Tell whether the code that a rule has found is there because of its error or warning.

    Args:
        source: the file of the finding.
        finding: what was found.
        raised: the exceptions and warnings that it causes, in any version of a
            library.

    """
    begin = source.offset(finding.line)
    line = source.data[begin : source.line_end(begin)].decode()
    place = begin + len(line[: finding.column - 1].encode())
    wishes = {_judged(stretch, raised) for stretch in _stretches(source).at(place)}
    if Wish.MEANT in wishes:
        return Wish.MEANT
    return Wish.PERHAPS if Wish.PERHAPS in wishes else None


def _judged(stretch: _Stretch, raised: tuple[str, ...]) -> Wish | None:
    only_warns = all(name.endswith("Warning") for name in raised)
    classes, is_tolerated, is_recorded = stretch.hope
    if is_tolerated and not only_warns:
        # The error comes whatever happens to the warnings of older versions; but a test that checks
        # these warnings needs the code as long as there is one.
        is_seen = is_recorded and any(_catches(c, r) for c in classes or () for r in raised)
        return Wish.PERHAPS if is_seen else None
    if classes is not None:
        if any(_catches(caught, name) for caught in classes for name in raised):
            return Wish.MEANT
        if not classes & _BROAD:
            return None
        if stretch.is_single and not only_warns:
            return Wish.MEANT
    return None if stretch.is_caught else Wish.PERHAPS


def _catches(caught: str, raised: str) -> bool:
    if caught in _BROAD:
        return False
    if caught == raised or (raised in DEPRECATED and _OWN_DEPRECATION.search(caught)):
        return True
    one, other = getattr(builtins, raised, None), getattr(builtins, caught, None)
    return isinstance(one, type) and isinstance(other, type) and issubclass(one, other)


# All rules look at one file before the next.
@lru_cache(maxsize=2)
def _stretches(source: Source) -> _Stretches:
    found = [*_blocks(source), *_calls(source), *_attempts(source)]
    found += [*_marked(source), *_recorded(source)]
    more = [*_helpers(source, _Stretches(found)), *_fixtures(source)] if found else ()
    return _Stretches([*found, *more])


def _blocks(source: Source) -> Iterator[_Stretch]:
    """Yield the code under `pytest.raises` and similar, including later contexts."""
    kinds: tuple[type[ast.With | ast.AsyncWith], ...] = (ast.With, ast.AsyncWith)
    for block in source.nodes.of(*kinds):
        for item in block.items:
            start, end = source.end(item.context_expr), source.end(block)
            for hope in hopes(source, item.context_expr, block):
                yield _Stretch(start, end, hope, is_single=len(block.body) == 1)


def _calls(source: Source) -> Iterator[_Stretch]:
    """Yield the functions passed to `raises`, and the code after a context that is entered."""
    for call in source.nodes.of(ast.Call):
        if isinstance(call.func, ast.Attribute) and call.func.attr in _ENTER and call.args:
            scope = source.scope(call)
            end = source.end(scope) if isinstance(scope, FUNCTIONS) else len(source.data)
            for hope in hopes(source, call.args[0], call):
                yield _Stretch(source.end(call), end, hope)
        elif is_called_form(source, call):
            for hope in hopes(source, call, call):
                yield _Stretch(source.end(call.func), source.end(call), hope, is_single=True)


def _attempts(source: Source) -> Iterator[_Stretch]:
    """Yield the code under `try`, with the exceptions that are caught."""
    for attempt in source.nodes.of(ast.Try):
        # The first statement may be a function, whose decorators are above it.
        start, end = source.start(attempt), source.end(attempt.body[-1])
        for handler in attempt.handlers:
            caught: frozenset[str] | None = frozenset({"BaseException"})
            if handler.type is not None:
                caught = class_names(source, handler.type)
            is_single = len(attempt.body) == 1
            yield _Stretch(start, end, Hope(caught), is_single=is_single, is_caught=True)


def _marked(source: Source) -> Iterator[_Stretch]:
    """Yield the tests that may fail or warn, because of a mark on them or around them."""
    tests: dict[ast.AST, list[Function]] = {}
    hoped: dict[tuple[ast.AST, Hope], None] = {}
    for node in source.references(*_MARKS):
        around = source.parents[node]
        mark = around if isinstance(around, ast.Call) and around.func is node else node
        hope = _of_mark(source, mark)
        owner = _owner(source, mark) if hope is not None else None
        if hope is not None and owner is not None:
            hoped[owner, hope] = None
    for function in source.functions.values() if hoped else ():
        tests.setdefault(function, []).append(function)
        if function.name.startswith("test"):
            for owner in source.around(function):
                tests.setdefault(owner, []).append(function)
    for owner, hope in hoped:
        for function in tests.get(owner, ()):
            for start, end in _parts(source, function):
                yield _Stretch(start, end, hope, is_single=True)


def _owner(source: Source, mark: ast.expr) -> ast.AST | None:
    """Return the function, the class or the module that a mark applies to."""
    owner = source.parents[mark]
    while isinstance(owner, (ast.List, ast.Tuple)):
        owner = source.parents[owner]
    if isinstance(owner, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == "pytestmark" for target in owner.targets
    ):
        owner = source.parents[owner]
    return owner if isinstance(owner, (*FUNCTIONS, ast.ClassDef, ast.Module)) else None


def _of_mark(source: Source, mark: ast.expr) -> Hope | None:
    called, arguments = mark, []
    raises = None
    if isinstance(mark, ast.Call):
        called, arguments, raises = mark.func, mark.args, keyword(mark, "raises")
    if not source.names.resolve(called).endswith("filterwarnings"):
        return Hope(class_names(source, raises.value) if raises else frozenset({"BaseException"}))
    names = set()
    for argument in arguments:
        action, _, rest = (text_of(argument) or "").partition(":")
        message, _, rest = rest.partition(":")
        category = rest.partition(":")[0].rpartition(".")[2]
        # "ignore" alone says nothing about this warning.
        if action in QUIET and (message or category):
            names.add(category or "Warning")
    return Hope(frozenset(names), is_tolerated=True) if names else None


def _parts(source: Source, function: Function) -> Iterator[tuple[int, int]]:
    """Yield the parts of a test that run with it, without decorators that act at import."""
    yield source.start(function), source.end(function)
    for decorator in function.decorator_list:
        called = callee(decorator)
        name = source.names.resolve(called)
        if name.startswith("pytest.mark.") and name != "pytest.mark.parametrize":
            yield source.start(decorator), source.end(decorator)


def _recorded(source: Source) -> Iterator[_Stretch]:
    """Yield the functions that check their warnings with pytest's `recwarn`."""
    hope = Hope(frozenset({"Warning"}), is_tolerated=True, is_recorded=True)
    for argument in source.nodes.of(ast.arg):
        if argument.arg == "recwarn":
            function = source.scope(argument)
            if isinstance(function, FUNCTIONS):
                yield _Stretch(source.start(function.body[0]), source.end(function), hope)


def _fixtures(source: Source) -> Iterator[_Stretch]:
    """Yield the functions whose fixture waits for them in such a block."""
    expecting = {
        item.name: expected
        for line, item in source.items.items()
        if isinstance(item, Fixture)
        and (function := source.functions.get(line)) is not None
        and (expected := [*around_yield(source, function)])
    }
    for function in source.functions.values() if expecting else ():
        for argument in function.args.args:
            for hope in expecting.get(argument.arg, ()):
                yield _Stretch(source.start(function.body[0]), source.end(function), hope)


def _helpers(source: Source, found: _Stretches) -> Iterator[_Stretch]:
    """Yield the functions of the file that are called only where something is expected."""
    # The name of a fixture is a parameter of its tests, not a call.
    functions = [f for f in source.functions.values() if f.lineno not in source.items]
    source.mentions.look_for([function.name for function in functions])
    for function in functions:
        mentions = source.mentions.get(function.name)
        # Most are called somewhere else first, and then the other calls do not matter.
        if mentions and all(any(found.at(source.start(node))) for node in mentions):
            start, end = source.start(function), source.end(function)
            around = found.at(source.start(mentions[0]))
            yield from (stretch._replace(start=start, end=end) for stretch in around)
