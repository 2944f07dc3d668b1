"""All nodes of a syntax tree, read in one walk and sorted by kind."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

_Node = TypeVar("_Node", bound=ast.AST)


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
        waiting = [tree]
        for node in waiting:
            by_kind.setdefault(node.__class__, []).append(node)
            for field in node._fields:
                value = getattr(node, field, None)
                if value.__class__ is list:
                    children = [child for child in value if isinstance(child, ast.AST)]
                elif isinstance(value, ast.AST) and value._fields:
                    children = [value]
                else:
                    continue
                for child in children:
                    parents[child] = node
                waiting += children

    def of(self, *kinds: type[_Node]) -> Iterator[_Node]:
        """Yield the nodes of some kinds, kind by kind, each from the outside in."""
        for kind in kinds:
            # The lists are sorted by kind, which no type can say.
            yield from self._by_kind.get(kind, ())  # type: ignore[misc]
