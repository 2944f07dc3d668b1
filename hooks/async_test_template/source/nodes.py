"""All nodes of a syntax tree, read in one walk and sorted by kind."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

_Node = TypeVar("_Node", bound=ast.AST)


# Fields that hold no nodes, and operators and contexts, which have no place in the text. Leaving
# them out by name takes half the time of looking at each value: most nodes have nothing else.
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
        "str",
        "tag",
        "type_comment",
        "type_ignores",
    ]
)
_WITHOUT_CHILDREN = ("Constant", "Global", "MatchSingleton", "Name", "Nonlocal")


def _children(kind: type[ast.AST]) -> tuple[str, ...]:
    """Give the fields of a kind of nodes that hold nodes, lists of nodes, or None."""
    if kind.__name__ in _WITHOUT_CHILDREN:
        return ()
    # Of all kinds only the `type` statement (Python 3.12) has a node for its name.
    own = {"name"} if kind.__name__ == "TypeAlias" else set()
    return tuple(field for field in kind._fields if field not in _PLAIN - own)


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
        fields: dict[type[ast.AST], tuple[str, ...]] = {}
        waiting = [tree]
        add = waiting.append
        for node in waiting:
            kind = node.__class__
            if kind not in by_kind:
                by_kind[kind] = []
                fields[kind] = _children(kind)
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
