"""The search for code that uses what an async fixture of pytest gives, from place to place."""

from __future__ import annotations

import ast
import builtins
import re
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.rules.on_code import text_of
from async_test_template.rules.origin import origin
from async_test_template.source.items import Fixture
from async_test_template.source.nodes import FUNCTIONS, walk
from async_test_template.source.source import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from async_test_template.project import Project
    from async_test_template.source.items import Test
    from async_test_template.source.source import Function, Source

_AROUND = (ast.Tuple, ast.List, ast.Set, ast.Starred, ast.Dict, ast.IfExp, ast.keyword)
#: Attributes that only a coroutine or an async generator has.
_OWN = re.compile(r"cr_|ag_|__await__$|__anext__$|__aiter__$|asend$|athrow$")
#: Attributes that a value may have too; a test that is not async passes only with a coroutine.
_SHARED = frozenset({"send", "throw", "close", "__class__"})
_MODULES = ("asyncio.", "inspect.", "anyio.", "contextlib.", "types.", "trio.")
_RUN = frozenset(
    {"anext", "create_task", "ensure_future", "run_coroutine_threadsafe", "run_until_complete"}
)
_TELLS = re.compile(r"run|await|sync|complete|block|drive|resolve", re.IGNORECASE)
_ASKS = frozenset({"callable", "hasattr", "isinstance", "type"})
#: A fixture passes it to another one, which passes it to a class: longer chains are rare.
_ROUNDS = 4


class _Value(NamedTuple):
    """A place that holds the value of a fixture.

    Attributes:
        node: the expression.
        owner: the function that the place belongs to.
        roots: the fixtures that it may come from.
        is_listed: it may be a list of several, or another thing that holds one.

    """

    node: ast.expr
    owner: Function
    roots: frozenset[Fixture]
    is_listed: bool = False


class _Place(NamedTuple):
    """Where a value is used.

    Attributes:
        owner: the function around it.
        depth: how many calls led there.

    """

    project: Project
    source: Source
    owner: Function
    depth: int = 0

    @property
    def is_sync(self) -> bool:
        return isinstance(self.owner, ast.FunctionDef)


def search(
    project: Project,
    fixtures: Iterable[Fixture],
    by_hand: dict[Fixture, str],
    unseen: set[Fixture],
) -> None:
    """Look at all that uses some fixtures.

    Args:
        project: the repository.
        fixtures: where the search begins.
        by_hand: gets a place for each fixture that something awaits, or runs, itself.
        unseen: gets the fixtures whose value a test asks for and does not look at.

    """
    search = _Search(project, by_hand, unseen)
    for fixture in fixtures:
        search.names.setdefault(fixture.name, {})[fixture] = {fixture}
    search.run()
    search.decide()


class _Search:
    def __init__(self, project: Project, by_hand: dict[Fixture, str], unseen: set[Fixture]) -> None:
        self.project = project
        self.by_hand = by_hand
        self.unseen = unseen
        #: Names of fixtures and attributes that give access to the value of one of the fixtures.
        self.names: dict[str, dict[Fixture, set[Fixture]]] = {}
        self.attributes: dict[str, set[Fixture]] = {}
        #: Places that may run the value of a fixture, and fixtures whose value has been looked at.
        self.guesses: dict[Fixture, str] = {}
        self.looked_at: set[Fixture] = set()

    def decide(self) -> None:
        """Believe a guess, unless some other code needs what only the value has."""
        for fixture, place in self.guesses.items():
            if fixture in self.looked_at:
                self.unseen.add(fixture)
            else:
                self.by_hand.setdefault(fixture, place)

    def run(self) -> None:
        known: tuple[set[str], set[str]] = (set(), set())
        for _ in range(_ROUNDS):
            new = (self.names.keys() - known[0]) | (self.attributes.keys() - known[1])
            if not new:
                return
            known = ({*self.names}, {*self.attributes})
            words = re.compile(rb"\b(?:%b)\b" % b"|".join(re.escape(n).encode() for n in new))
            plain = tuple(name.encode() for name in new)
            for file, _data in [*self.project.reader.mentioning(words, plain)]:
                try:
                    source = self.project.code.sources.get(file)
                    values = [*self._values(source)]
                except Unreadable:
                    continue
                for value in values:
                    self._look(source, value)

    def _values(self, source: Source) -> Iterator[_Value]:
        module = self.project.code.sources.module(source.file)
        items: dict[int, Fixture | Test] = {}
        if module is not None:
            items.update({test.line: test for test in module.tests})
            items.update({fixture.line: fixture for fixture in module.fixtures})
        for function in source.functions.values():
            # Use the object of the index if it exists, because fixtures are compared by identity.
            item = self.project.code.at(source.file, function.lineno)
            item = item or items.get(function.lineno)
            if item is None and not function.name.startswith("test"):
                continue
            arguments = function.args
            asked = {a.arg for a in (*arguments.args, *arguments.kwonlyargs)}
            for name in {*asked, *(item.requests if item else ())} & self.names.keys():
                roots = self._roots(name, source, item)
                if roots:
                    yield from self._of_parameter(source, function, name, roots, asked)
        yield from self._of_requests(source)
        source.mentions.look_for(self.attributes)
        for name in [*self.attributes]:
            for node in source.mentions.get(name):
                owner = source.scope(node)
                if isinstance(node, ast.Attribute) and isinstance(owner, FUNCTIONS):
                    yield _Value(node, owner, frozenset(self.attributes[name]), is_listed=True)

    def _roots(self, name: str, source: Source, item: Fixture | Test | None) -> frozenset[Fixture]:
        """Return the possible values of a parameter; an overridden one has none."""
        carriers = self.names[name]
        found = None
        if item is not None:
            besides = item if isinstance(item, Fixture) else None
            found = self.project.code.find(name, source.file, item.owner, besides=besides)
        if found is None:
            return frozenset().union(*carriers.values())
        return frozenset(carriers.get(found, ()))

    def _of_parameter(
        self,
        source: Source,
        function: Function,
        name: str,
        roots: frozenset[Fixture],
        asked: set[str],
    ) -> Iterator[_Value]:
        found = [*_mentions(source, function, name)] if name in asked else []
        if not found:
            self.unseen.update(roots)
        for node in found:
            yield _Value(node, function, roots, name not in {root.name for root in roots})

    def _of_requests(self, source: Source) -> Iterator[_Value]:
        """Yield the calls of `getfixturevalue` with every name in the file that it may get."""
        for node in source.mentions.get("getfixturevalue", ()):
            call, owner = source.parents[node], source.scope(node)
            if not isinstance(call, ast.Call) or not isinstance(owner, FUNCTIONS):
                continue
            given = text_of(call.args[0]) if call.args else None
            texts = {given} if given else {text_of(each) for each in source.nodes.of(ast.Constant)}
            asked = [self.names[name or ""] for name in texts & self.names.keys()]
            roots = frozenset(root for found in asked for each in found.values() for root in each)
            if roots:
                yield _Value(call, owner, roots)

    def _look(self, source: Source, value: _Value) -> None:
        waiting = [value.node]
        seen = set(waiting)
        for node in waiting:
            # A value that was stored or passed may be one of several.
            is_listed = node is not value.node or value.is_listed
            outer, around = _outermost(source, node, is_listed=is_listed)
            if isinstance(around, ast.Assign) and around.value is outer:
                for target in around.targets:
                    if isinstance(target, ast.Attribute):
                        self.attributes.setdefault(target.attr, set()).update(value.roots)
                for name in _stored(around):
                    more = {*_mentions(source, value.owner, name)} - seen
                    seen |= more
                    waiting += more
            elif isinstance(around, (ast.Return, ast.Yield)):
                self._hand_on(source, value)
            else:
                self._note(_Place(self.project, source, value.owner), value, node, outer)

    def _note(self, where: _Place, value: _Value, node: ast.expr, outer: ast.AST) -> None:
        """Remember what a place shows about the fixtures that its value may come from."""
        around = where.source.parents[outer]
        found = _is_run(where, outer)
        if found is False:
            if node is value.node and not value.is_listed and _is_of_value(around):
                self.looked_at |= value.roots
            return
        is_loop = isinstance(around, (ast.AsyncFor, ast.comprehension))
        # A value may be iterated over as well as the generator that yields it.
        places = self.guesses if found is None or is_loop else self.by_hand
        for root in value.roots:
            if (root.is_generator and isinstance(around, ast.Await)) or (
                is_loop and not root.is_generator
            ):
                # Nobody can do that with what pytest gives, so it is about the fixture's value.
                continue
            places.setdefault(root, f"{value.owner.name} ({where.source.file}:{node.lineno})")

    def _hand_on(self, source: Source, value: _Value) -> None:
        module = self.project.code.sources.module(source.file)
        for fixture in module.fixtures if module is not None else ():
            if fixture.line == value.owner.lineno:
                carried = self.names.setdefault(fixture.name, {}).setdefault(fixture, set())
                carried.update(value.roots)


def _mentions(source: Source, function: Function, name: str) -> Iterator[ast.expr]:
    first, last = function.lineno, function.end_lineno or function.lineno
    for node in source.mentions.get(name, ()):
        if (
            isinstance(node, ast.Name)
            and isinstance(node.ctx, ast.Load)
            # Asked first: a name may be used in hundreds of functions.
            and first <= node.lineno <= last
            and function in source.around(node)
        ):
            yield node


def _stored(assigned: ast.Assign) -> Iterator[str]:
    for target in assigned.targets:
        for node in walk(target):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


def _outermost(
    source: Source, node: ast.expr, *, is_listed: bool = False
) -> tuple[ast.AST, ast.AST]:
    """Return a value, or the list that contains it, and the code around it."""
    inner: ast.AST = node
    around = source.parents[inner]
    while isinstance(around, _AROUND) or (
        is_listed and isinstance(around, ast.Subscript) and around.value is inner
    ):
        inner, around = around, source.parents[around]
    return inner, around


def _is_of_value(around: ast.AST) -> bool:
    """Tell whether an attribute is one that neither a coroutine nor an async generator has."""
    return isinstance(around, ast.Attribute) and around.attr not in {*_SHARED, "aclose"}


def _is_run(place: _Place, node: ast.AST) -> bool | None:
    """Tell whether the code expects the value to be a coroutine or an async generator.

    None where a test gives it to something unknown.
    """
    around = place.source.parents[node]
    if isinstance(around, ast.Await):
        return True
    if isinstance(around, (ast.AsyncFor, ast.comprehension)):
        is_async = isinstance(around, ast.AsyncFor) or bool(around.is_async)
        return around.iter is node and is_async
    if isinstance(around, ast.Attribute):
        # `client.close.call_count` is of a mock, and not of a coroutine.
        is_of_value = isinstance(place.source.parents[around], ast.Attribute)
        is_shared = around.attr in _SHARED and (around.attr == "__class__" or not is_of_value)
        return bool(_OWN.match(around.attr)) or (place.is_sync and is_shared)
    if isinstance(around, ast.Call) and around.func is not node:
        return _runs(place, around, node)
    return False


def _runs(place: _Place, call: ast.Call, node: ast.AST) -> bool | None:
    """Tell whether a call runs the coroutine that it gets, or checks whether it is one."""
    project, source, owner, depth = place
    name = source.names.resolve(call.func)
    last = call.func.attr if isinstance(call.func, ast.Attribute) else name.rpartition(".")[2]
    if name.startswith(_MODULES) or last in _RUN:
        return True
    made = origin(project, source, call.func) if depth < _ROUNDS else None
    if made is not None and isinstance(made[1], FUNCTIONS):
        inside = _Place(project, made[0], made[1], depth + 1)
        return any(
            _is_run(inside, _outermost(inside.source, inner)[0]) is not False
            for name in _taken_as(made[1], call, node)
            for inner in _mentions(inside.source, made[1], name)
        )
    if not place.is_sync or last[:1].isupper():
        return False
    if last == name and hasattr(builtins, last):
        return last in _ASKS
    # A fixture that is not async may prepare something for async tests.
    if _TELLS.search(last):
        return True
    return None if owner.name.startswith("test") else False


def _taken_as(function: Function, call: ast.Call, node: ast.AST) -> list[str]:
    """Return the name of the parameter that gets an argument of a call."""
    if isinstance(node, ast.keyword):
        return [node.arg] if node.arg else []
    own = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    if own[:1] in (["self"], ["cls"]):
        own = own[1:]
    places = [index for index, given in enumerate(call.args) if given is node]
    return [own[index] for index in places if index < len(own)]
