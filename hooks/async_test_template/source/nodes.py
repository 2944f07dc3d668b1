"""The nodes of a syntax tree, walked as far as somebody asks, and sorted by kind."""

from __future__ import annotations

import ast
import re
import string
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, get_args

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_Node = TypeVar("_Node", bound=ast.AST)

_OF_WORDS = f"{string.ascii_letters}{string.digits}_".encode()
#: Letters for which Python may take others in a name; they may be in a string or a comment, too.
_OTHERS = re.compile(r"[^\W\x00-\x7f]+|[\u0300-\u036f]+")
#: If a word is in one line of so many, everything is walked.
_FEW = 8
#: After so many walks everything is walked: each of them asks every statement at the top.
_MOST_WALKS = 50
#: Lists of statements, and of what has statements; what is in `cases` has no place.
_PRUNED = frozenset({"body", "orelse", "finalbody", "handlers"})

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

#: By each kind that is a statement or is between two, the fields with statements, in order.
_BETWEEN: list[type[ast.AST]] = [ast.Module, ast.ExceptHandler, ast.match_case]
_BLOCKS = {
    kind: tuple(field for field in kind._fields if field in {*_PRUNED, "cases"})
    for kind in [*_BETWEEN, *ast.stmt.__subclasses__()]
}


def callee(node: ast.expr) -> ast.expr:
    """Return what a call calls, and anything else as it is: decorators and marks are either."""
    return node.func if isinstance(node, ast.Call) else node


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
    """The nodes of a tree, walked as far as somebody asks; no rule walks it again.

    A walk of everything takes a third of the time that parsing took, and most rules look for a
    few words. So the statements without those words are left out of a walk.

    Attributes:
        tree: the root.
        data: the text in UTF-8.

    """

    def __init__(self, tree: ast.AST, data: bytes = b"", lines: Sequence[int] = ()) -> None:
        """Take a tree, the text that it was parsed from, and where the lines of that begin.

        Without a text, every question is answered by a walk of everything.
        """
        self.tree = tree
        self.data = data
        self._lines = lines
        self._parents: dict[ast.AST, ast.AST] = {}
        self._everything: list[ast.AST] = []
        self._walks = 0

    @property
    def parents(self) -> Parents:
        """The node around each node."""
        return Parents(self)

    @property
    def is_whole(self) -> bool:
        """Everything has been walked."""
        return bool(self._everything)

    def of(self, *kinds: type[_Node]) -> Iterator[_Node]:
        """Yield the nodes of some kinds, kind by kind, each from the outside in."""
        for kind in kinds:
            by_kind = self._by_kind if self.is_whole or kind not in _BLOCKS else self._statements
            # The lists are sorted by kind, which no type can say.
            yield from by_kind.get(kind, ())  # type: ignore[misc]

    def near(self, *words: bytes) -> list[ast.AST]:
        """Return all nodes of the statements in which one of some names or keywords is written.

        They are sorted from the outside in, and may be more: all of what is around them.
        """
        if self.is_whole or not self.is_plain:
            return self.everything
        found: set[int] = set()
        for word in words:
            for place in _places(self.data, word):
                found.add(bisect_right(self._lines, place))
                if len(found) * _FEW > len(self._lines):
                    return self.everything
        return self._in_lines(sorted(found)) if found else []

    def beginning_in(self, line: int) -> list[ast.AST]:
        """Return the nodes that begin in a line, from the outside in."""
        if self.is_whole or not self.data:
            return self._by_line.get(line, [])
        return [node for node in self._in_lines([line]) if getattr(node, "lineno", 0) == line]

    @property
    def everything(self) -> list[ast.AST]:
        """All nodes, from the outside in; operators and contexts have no place and are left out."""
        if not self._everything:
            self._everything = self._in_lines(None)
        return self._everything

    @cached_property
    def _by_kind(self) -> dict[type[ast.AST], list[ast.AST]]:
        return _sorted_by_kind(self.everything)

    @cached_property
    def _by_line(self) -> dict[int, list[ast.AST]]:
        by_line: dict[int, list[ast.AST]] = {}
        for node in self.everything:
            by_line.setdefault(getattr(node, "lineno", 0), []).append(node)
        return by_line

    @cached_property
    def _statements(self) -> dict[type[ast.AST], list[ast.AST]]:
        """The statements, without their expressions."""
        waiting, parents = [self.tree], self._parents
        for node in waiting:
            for field in _BLOCKS[node.__class__]:
                for child in getattr(node, field):
                    parents[child] = node
                    waiting.append(child)
        return _sorted_by_kind(waiting)

    @cached_property
    def is_plain(self) -> bool:
        """Whether names are written in the text as they are in the tree."""
        if self.data.isascii():
            return bool(self.data)
        text = self.data.decode()
        # Most files have signs alone, and few different ones.
        if not _OTHERS.search("".join({*text})):
            return True
        # Imported here: most files need nothing of it.
        import unicodedata

        letters = {*_OTHERS.findall(text)}
        # What joins the letter before it gets one.
        return all(unicodedata.is_normalized("NFKC", f"e{some}") for some in letters)

    def _in_lines(self, lines: list[int] | None) -> list[ast.AST]:
        """Walk the statements that some lines are in; None for all of them."""
        self._walks += 1
        if lines is not None and self._walks > _MOST_WALKS:
            return self.everything
        parents, fields = self._parents, _CHILDREN
        waiting = [self.tree]
        add = waiting.append
        for node in waiting:
            kind = node.__class__
            for field in fields[kind]:
                value = getattr(node, field)
                if value.__class__ is list:
                    if lines is not None and field in _PRUNED and kind in _BLOCKS:
                        value = _meeting(value, lines)
                    for child in value:
                        if child is not None:
                            parents[child] = node
                            add(child)
                elif value is not None:
                    parents[value] = node
                    add(value)
        return waiting

    def find_parent(self, node: ast.AST) -> ast.AST | None:
        """Return the node around one, None for the root and what is not in the tree."""
        found = self._parents.get(node)
        if found is None and node is not self.tree and not self.is_whole:
            self._in_lines([getattr(node, "lineno", 0)])
            if node not in self._parents:
                _ = self.everything
            found = self._parents.get(node)
        return found


class Parents(Mapping[ast.AST, ast.AST]):
    """The node around each node of a tree."""

    __slots__ = ("_nodes",)

    def __init__(self, nodes: Nodes) -> None:
        """Look into some nodes; nothing in them leads back here, so no circle keeps a tree."""
        self._nodes = nodes

    def __getitem__(self, node: ast.AST) -> ast.AST:
        """Return the node around one."""
        found = self._nodes.find_parent(node)
        if found is None:
            raise KeyError(node)
        return found

    def __iter__(self) -> Iterator[ast.AST]:
        """Yield every node but the root, from the outside in."""
        return iter(self._nodes.everything[1:])

    def __len__(self) -> int:
        """Count the nodes without the root."""
        return len(self._nodes.everything) - 1


def _sorted_by_kind(nodes: list[ast.AST]) -> dict[type[ast.AST], list[ast.AST]]:
    by_kind: dict[type[ast.AST], list[ast.AST]] = {}
    for node in nodes:
        kind = node.__class__
        if kind not in by_kind:
            by_kind[kind] = []
        by_kind[kind].append(node)
    return by_kind


def _places(data: bytes, word: bytes) -> Iterator[int]:
    """Yield where a word is written that is no part of a longer one."""
    length = len(word)
    place = data.find(word)
    while place >= 0:
        after = data[place + length : place + length + 1] or b" "
        if after not in _OF_WORDS and (place == 0 or data[place - 1 : place] not in _OF_WORDS):
            yield place
        place = data.find(word, place + length)


def _meeting(block: list[ast.stmt], lines: list[int]) -> Iterator[ast.stmt]:
    """Yield the statements of a block that one of some lines is in, decorators included."""
    for statement in block:
        decorators = getattr(statement, "decorator_list", None)
        first = decorators[0].lineno if decorators else statement.lineno
        following = bisect_left(lines, first)
        if following < len(lines) and lines[following] <= (statement.end_lineno or first):
            yield statement
