"""Whether what a value is made of is complete where the value stands.

An iterator is read when the whole file has been run, a list where it stands.
"""

from __future__ import annotations

import ast
import builtins
import sys
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.source.nodes import FUNCTIONS, callee, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.source.source import Source

_LATER = (*FUNCTIONS, ast.Lambda)
#: Methods that change what they are called on.
_CHANGES = frozenset(
    {
        *("add", "append", "appendleft", "clear", "discard", "extend", "extendleft", "insert"),
        *("pop", "popitem", "popleft", "register", "remove", "reverse", "setdefault", "sort"),
        *("update", "__setitem__"),
    }
)

#: Modules of Python with functions that change a list which they get.
_CHANGING = ("bisect.", "heapq.", "random.")


def finished_below(source: Source, values: ast.expr) -> str:
    """Return a name that an iterator needs and the file defines, or fills, only below, or "".

    Args:
        source: the file.
        values: the iterator, in a decorator or anywhere at the top level of the file.

    """
    top = _Top(source, values)
    start = source.start(values)
    for name in top.needed(values):
        if any(_is_later(source, place, start) for place in top.places(name)):
            return name
    return top.filled_by_import(values, start)


def _is_later(source: Source, place: ast.AST, start: int) -> bool:
    """Tell whether a place runs after the one at an offset; so do the decorators of the latter."""
    return isinstance(place, (ast.expr, ast.stmt)) and source.start(place) > start


class _Names(NamedTuple):
    """What is bound in one scope: by name, the nodes that bind it, and names in their values."""

    bound: dict[str, list[ast.AST]]
    made_of: dict[str, dict[str, None]]


# One file is checked at a time, and each of its iterators asks this.
@lru_cache(maxsize=1)
def _names(source: Source) -> dict[ast.AST, _Names]:
    """Return what a file binds at import, by scope."""
    found: dict[ast.AST, _Names] = {}
    for node in _run_at_import(source.tree):
        if _is_of_comprehension(source, node):
            continue
        for name, value in _bound(node):
            names = found.setdefault(source.scope(node), _Names({}, {}))
            names.bound.setdefault(name, []).append(node)
            if value is not None:
                names.made_of.setdefault(name, {}).update(_mentioned(value))
    return found


class _Top:
    """What the top level of a file binds, and what the file does to it at import."""

    def __init__(self, source: Source, values: ast.expr) -> None:
        self._source = source
        scopes = dict.fromkeys([source.tree, *source.around(values)])
        self._names = [names for scope in scopes if (names := _names(source).get(scope))]

    def _bound(self, name: str) -> list[ast.AST]:
        return [node for names in self._names for node in names.bound.get(name, ())]

    def needed(self, values: ast.expr) -> list[str]:
        """Return the top-level names that a value depends on, step by step."""
        waiting = [*_mentioned(values)]
        found: dict[str, None] = {}
        for name in waiting:
            if name not in found and any(name in names.bound for names in self._names):
                found[name] = None
                waiting += [n for names in self._names for n in names.made_of.get(name, ())]
        return [*found]

    def places(self, name: str) -> Iterator[ast.AST]:
        """Yield the places where the file binds a name, or may change its value."""
        bound = self._bound(name)
        yield from bound
        if all(isinstance(node, (*FUNCTIONS, ast.ClassDef)) for node in bound):
            return
        if all(isinstance(node, (ast.Import, ast.ImportFrom)) for node in bound) and not _is_own(
            self._source.names.targets.get(name, "")
        ):
            return  # `@pytest.mark.slow()` changes nothing in a module of Python or pytest.
        for node in self._source.mentions.get(name, ()):
            if isinstance(node, ast.Name) and self._is_changed(node):
                yield from self._when(node, set())

    def _is_changed(self, node: ast.Name) -> bool:
        inner: ast.AST = node
        around = self._source.parents[inner]
        last = ""
        while isinstance(around, (ast.Attribute, ast.Subscript)) and around.value is inner:
            if not isinstance(around.ctx, ast.Load):
                return True
            last = around.attr if isinstance(around, ast.Attribute) else ""
            inner, around = around, self._source.parents[around]
        if isinstance(around, ast.AugAssign):
            return around.target is inner
        if _decorates(around, inner):
            return True
        if not isinstance(around, (ast.Call, ast.keyword, ast.Starred)):
            return False
        if isinstance(around, ast.Call) and around.func is inner:
            # `CASES.add(one)` as a statement, or as a decorator with arguments.
            outer = self._source.parents[around]
            return last in _CHANGES or isinstance(outer, ast.Expr) or _decorates(outer, around)
        return not last and self._is_for_its_effect(around)

    def _is_for_its_effect(self, node: ast.AST) -> bool:
        """Tell whether a call with an object is made for its effect on the object."""
        parents = self._source.parents
        while node in parents and not isinstance(node, ast.Call):
            node = parents[node]
        if not isinstance(node, ast.Call):
            return False
        target = self._source.names.resolve(node.func)
        may_change = target.startswith(_CHANGING) or _is_own(target)
        return may_change and (
            isinstance(parents[node], ast.Expr) or _decorates(parents[node], node)
        )

    def _when(self, node: ast.AST, seen: set[str]) -> Iterator[ast.AST]:
        """Yield the places at the top level of the file that run a node."""
        function = next((n for n in self._source.around(node) if isinstance(n, FUNCTIONS)), None)
        if function is None or self._source.parents[node] in function.decorator_list:
            yield node
            return
        if any(inner is node for each in function.decorator_list for inner in walk(each)):
            yield from self._when(function, seen)
            return
        for around in (function, *self._source.around(function)):
            if isinstance(around, (*FUNCTIONS, ast.ClassDef)) and around.name not in seen:
                seen.add(around.name)
                for use in self._source.mentions.get(around.name, ()):
                    yield from self._when(use, seen)

    def filled_by_import(self, values: ast.expr, start: int) -> str:
        """Return a name that a module of the repository provides and the file goes on to run."""
        source = self._source
        taken = [n for n in self.needed(values) if _is_own(source.names.targets.get(n, ""))]
        if not taken:
            return ""
        for node in _run_at_import(source.tree):
            if isinstance(node, (ast.Import, ast.ImportFrom)) and source.start(node) > start:
                return taken[0]
            for done in _done_at_import(node):
                target = source.names.resolve(callee(done))
                if _is_own(target) and "." in target and source.start(done) > start:
                    return taken[0]
                if _is_own(target) and "." in target and values in walk(node):
                    return taken[0]
        return ""


def _mentioned(node: ast.AST) -> dict[str, None]:
    """Return the names in a node, in their order."""
    return dict.fromkeys(inner.id for inner in walk(node) if isinstance(inner, ast.Name))


def _is_of_comprehension(source: Source, node: ast.AST) -> bool:
    """Tell whether a node is the variable of a comprehension, which is not visible outside."""
    while isinstance(source.parents.get(node), (ast.Tuple, ast.List, ast.Starred)):
        node = source.parents[node]
    around = source.parents.get(node)
    return isinstance(around, ast.comprehension) and around.target is node


def _decorates(around: ast.AST, node: ast.AST) -> bool:
    kinds = (*FUNCTIONS, ast.ClassDef)
    return isinstance(around, kinds) and node in around.decorator_list


def _done_at_import(node: ast.AST) -> list[ast.expr]:
    """Return the calls, and the decorators, by which a statement may change something."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return [node.value]
    return node.decorator_list if isinstance(node, (*FUNCTIONS, ast.ClassDef)) else []


def _is_own(target: str) -> bool:
    """Tell whether a dotted name may belong to the repository, not to Python or pytest."""
    top = target.partition(".")[0]
    is_known = top in sys.stdlib_module_names or "pytest" in top or hasattr(builtins, target)
    return bool(target) and not is_known


def _run_at_import(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield the nodes of a file that run at import, without bodies of functions."""
    waiting: list[ast.AST] = [*reversed(tree.body)]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _LATER):
            waiting.extend(ast.iter_child_nodes(node))


def _bound(node: ast.AST) -> Iterator[tuple[str, ast.AST | None]]:
    """Yield the names that a node binds, each with the names in its value."""
    if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        yield node.name, node
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        for alias in node.names:
            yield (alias.asname or alias.name).partition(".")[0], None
    elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            for inner in walk(target):
                if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                    yield inner.id, node.value
    elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id, None
