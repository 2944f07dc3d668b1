"""All nodes of a syntax tree, read in one walk and sorted by kind."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeVar, get_args

if TYPE_CHECKING:
    from collections.abc import Iterator

_Node = TypeVar("_Node", bound=ast.AST)

#: Nodes with a scope of their own.
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)

# Operators and contexts, which have no place in the text, and comments for type checkers.
_NO_PLACE = (
    ast.boolop,
    ast.cmpop,
    ast.expr_context,
    ast.operator,
    ast.type_ignore,
    ast.unaryop,
)

# What holds no nodes below Python 3.13, where the classes do not say what their fields hold. No
# field can be added to these: such Pythons get no new syntax.
_PLAIN = frozenset(
    [
        "arg",
        "asname",
        "attr",
        "conversion",
        "ctx",
        "id",
        "is_async",
        "kind",
        "kwd_attrs",
        "level",
        "module",
        "name",
        "op",
        "ops",
        "rest",
        "simple",
        "tag",
        "type_comment",
        "type_ignores",
    ]
)
_WITHOUT_CHILDREN = ("Constant", "Global", "MatchSingleton", "Name", "Nonlocal")


def _children(kind: type[ast.AST]) -> tuple[str, ...]:
    """Return the fields of a kind of nodes that hold nodes, lists of nodes, or None.

    To know them saves the walk from looking at each value: most nodes have nothing else. What a
    field holds is asked of the class, for a new Python adds fields: `is_lazy`, a number, in 3.15.
    """
    types = getattr(kind, "_field_types", None)
    if types is not None:
        return tuple(field for field in kind._fields if _holds_nodes(types.get(field)))
    if kind.__name__ in _WITHOUT_CHILDREN:
        return ()
    # Of all kinds only the `type` statement (Python 3.12) has a node for its name.
    own = {"name"} if kind.__name__ == "TypeAlias" else set()
    return tuple(field for field in kind._fields if field not in _PLAIN - own)


def _holds_nodes(declared: object) -> bool:
    """Tell whether a type is that of nodes with a place: `expr`, `expr | None`, `list[expr]`."""
    if isinstance(declared, type) and issubclass(declared, ast.AST):
        return not issubclass(declared, _NO_PLACE)
    return any(_holds_nodes(part) for part in get_args(declared))


class _Children(dict[type[ast.AST], tuple[str, ...]]):
    """The fields with children of each kind of nodes, looked up once for all trees."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        return self.setdefault(kind, _children(kind))


_CHILDREN = _Children()


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and those within it as `ast.walk` does, in a third of the time.

    Operators and contexts, which have no place, are left out.
    """
    waiting = [node]
    for found in waiting:
        yield found
        waiting += _inside(found)


def walk_scope(scope: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a scope's body without those of the scopes within."""
    body = getattr(scope, "body", [])
    waiting: list[ast.AST] = list(body) if isinstance(body, list) else [body]
    for found in waiting:
        yield found
        if not isinstance(found, SCOPES):
            waiting += _inside(found)


def _inside(node: ast.AST) -> list[ast.AST]:
    found: list[ast.AST] = []
    for field in _CHILDREN[node.__class__]:
        value = getattr(node, field)
        if value.__class__ is list:
            found += [child for child in value if child is not None]
        elif value is not None:
            found.append(value)
    return found


class Nodes:
    """The nodes of a tree; every rule asks for some kinds, and none walks the tree again.

    Attributes:
        parents: the node around each node.

    """

    def __init__(self, tree: ast.AST) -> None:
        """Walk the tree; operators and contexts, which have no place, are left out."""
        self.parents: dict[ast.AST, ast.AST] = {}
        self._by_kind: dict[type[ast.AST], list[ast.AST]] = {}
        by_kind, parents = self._by_kind, self.parents
        fields = _CHILDREN
        waiting = [tree]
        add = waiting.append
        for node in waiting:
            kind = node.__class__
            if kind not in by_kind:
                by_kind[kind] = []
            by_kind[kind].append(node)
            for field in fields[kind]:
                value = getattr(node, field)
                if value.__class__ is list:
                    for child in value:
                        if child is not None:
                            parents[child] = node
                            add(child)
                elif value is not None:
                    parents[value] = node
                    add(value)

    def of(self, *kinds: type[_Node]) -> Iterator[_Node]:
        """Yield the nodes of some kinds, kind by kind, each from the outside in."""
        for kind in kinds:
            # The lists are sorted by kind, which no type can say.
            yield from self._by_kind.get(kind, ())  # type: ignore[misc]
