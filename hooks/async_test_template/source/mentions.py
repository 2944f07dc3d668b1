"""Where a file mentions a name."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from async_test_template.source.nodes import Nodes

Mention: TypeAlias = "ast.Name | ast.Attribute"


class Mentions:
    """Where a file mentions names, by themselves or after a dot; definitions do not.

    Only the statements are walked that contain the word.
    """

    def __init__(self, nodes: Nodes) -> None:
        """Look among some nodes; nothing is looked for yet."""
        self._nodes = nodes
        self._found: dict[str, list[Mention]] = {}
        self._is_whole = False

    def get(self, name: str, default: Sequence[Mention] = ()) -> Sequence[Mention]:
        """Return the mentions of a name, first those by itself."""
        if name not in self._found and not self._is_whole:
            self.look_for([name])
        return self._found.get(name) or default

    def look_for(self, names: Iterable[str]) -> None:
        """Find some names, in one walk."""
        if self._is_whole:
            return
        new = [name for name in names if name not in self._found]
        words = [word for name in new if (word := name.encode()) in self._nodes.data]
        near = self._nodes.near(*words) if words else []
        if self._nodes.is_whole:
            self._found, self._is_whole = _mentions(self._nodes.everything), True
            return
        found = _mentions(near)
        self._found.update((name, found.get(name, [])) for name in new)


def _mentions(nodes: list[ast.AST]) -> dict[str, list[Mention]]:
    found: dict[str, list[Mention]] = {}
    attributes: list[ast.Attribute] = []
    for node in nodes:
        if node.__class__ is ast.Name:
            found.setdefault(node.id, []).append(node)
        elif node.__class__ is ast.Attribute:
            attributes.append(node)
    for attribute in attributes:
        found.setdefault(attribute.attr, []).append(attribute)
    return found
