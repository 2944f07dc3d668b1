"""The nodes of a syntax tree, walked as far as somebody asks, and sorted by kind."""

from __future__ import annotations

import ast
import re
import string
from bisect import bisect_right
from collections.abc import Mapping
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, TypeVar, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_Node = TypeVar("_Node", bound=ast.AST)

_ASCII = bytes(range(128))
_OF_WORDS = f"{string.ascii_letters}{string.digits}_".encode()
#: Letters for which Python may take others in a name; they may be in a string or a comment, too.
_LETTERS = re.compile(r"[^\W\x00-\x7f]+")
#: What makes another letter of the one before.
_JOINING = re.compile(r"[\u0300-\u036f]")
#: A line after every other one.
_NO_LINE = 1 << 62

#: Functions that have a name.
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
#: Nodes with a scope of their own.
SCOPES = (*FUNCTIONS, ast.Lambda, ast.ClassDef)

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

#: What is between two statements, one in the other.
_BETWEEN: list[type[ast.AST]] = [ast.Module, ast.ExceptHandler]
if hasattr(ast, "match_case"):
    _BETWEEN.append(ast.match_case)
#: By each kind that is a statement or is between two, the fields with statements, in order.
_BLOCKS = {
    kind: tuple(
        field
        for field in kind._fields
        if field in {"body", "orelse", "finalbody", "handlers", "cases"}
    )
    for kind in [*_BETWEEN, *ast.stmt.__subclasses__()]
}
#: Those of them that hold statements.
_COMPOUND = {kind: fields for kind, fields in _BLOCKS.items() if fields}


class _OutsideBlocks(dict[type[ast.AST], tuple[str, ...]]):
    """The fields with children of each kind of nodes that are no statements."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        blocks = _BLOCKS.get(kind, ())
        return self.setdefault(kind, tuple(f for f in _CHILDREN[kind] if f not in blocks))


_OUTSIDE_BLOCKS = _OutsideBlocks()


def callee(node: ast.expr) -> ast.expr:
    """Return what a call calls, and anything else as it is: decorators and marks are either."""
    return node.func if isinstance(node, ast.Call) else node


def last_name(node: ast.AST | None) -> str:
    """Return a name without what is before its last dot, and no text for what is none."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def root_of(node: ast.expr) -> ast.expr:
    """Return what an attribute, or an attribute of an attribute, belongs to in the end."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node


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


class _Statements(NamedTuple):
    """The statements of a file, and what is between two, in the order of the text.

    Attributes:
        nodes: each of them; the module is the first.
        around: the number of the one around it, -1 for the module.
        first: its first line, decorators included.
        last: its last line, or one that no file has.
        walked: its nodes without those of the statements within, as far as somebody has asked.

    """

    nodes: list[ast.AST]
    around: list[int]
    first: list[int]
    last: list[int]
    walked: dict[int, list[ast.AST]]


class Nodes:
    """The nodes of a tree, walked as far as somebody asks; no rule walks it again.

    A walk of everything takes a third of the time that parsing took, and most rules look for a
    few words. So a statement is walked when somebody looks for a word that is written in it.

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

    @property
    def parents(self) -> Parents:
        """The node around each node."""
        return Parents(self)

    @property
    def is_whole(self) -> bool:
        """Everything has been walked."""
        return bool(self._everything)

    def of(self, *kinds: type[_Node]) -> Iterator[_Node]:
        """Yield the nodes of some kinds, kind by kind, each in the order of the text."""
        for kind in kinds:
            by_kind = self._statements_by_kind if kind in _BLOCKS else self._by_kind
            # The lists are sorted by kind, which no type can say.
            yield from by_kind.get(kind, ())  # type: ignore[misc]

    def near(self, *words: bytes) -> list[ast.AST]:
        """Return all nodes of the statements in which one of some names or keywords is written.

        They are in the order of the statements, each from the outside in, and may be more: all of
        what is around them.
        """
        if self.is_whole or not self.is_plain:
            return self.everything
        lines = {bisect_right(self._lines, at) for word in words for at in _places(self.data, word)}
        return self._in_lines(lines) if lines else []

    def beginning_in(self, line: int) -> list[ast.AST]:
        """Return the nodes that begin in a line, from the outside in."""
        return [node for node in self._in_lines([line]) if getattr(node, "lineno", 0) == line]

    @property
    def everything(self) -> list[ast.AST]:
        """All nodes; operators and contexts have no place and are left out.

        They are in the order of the statements, each from the outside in.
        """
        if not self._everything:
            walked = map(self._walked, range(len(self._statements.nodes)))
            self._everything = list(chain.from_iterable(walked))
        return self._everything

    @cached_property
    def _by_kind(self) -> dict[type[ast.AST], list[ast.AST]]:
        return _sorted_by_kind(self.everything)

    @cached_property
    def _statements_by_kind(self) -> dict[type[ast.AST], list[ast.AST]]:
        return _sorted_by_kind(self._statements.nodes)

    @cached_property
    def _statements(self) -> _Statements:
        """The statements, and what is between two, without their expressions."""
        found = _Statements([], [], [], [], {})
        nodes, around, first, last, _ = found
        parents = self._parents
        blocks: list[tuple[Iterator[ast.AST], ast.AST | None, int]] = [
            (iter([self.tree]), None, -1)
        ]
        while blocks:
            block, outer, number = blocks[-1]
            for node in block:
                nodes.append(node)
                around.append(number)
                if outer is not None:
                    parents[node] = outer
                fields = _COMPOUND.get(node.__class__)
                if fields is None:
                    first.append(getattr(node, "lineno", 0))
                    last.append(getattr(node, "end_lineno", 0))
                else:
                    first.append(_first_line(node))
                    last.append(getattr(node, "end_lineno", _NO_LINE))
                    inner = chain.from_iterable([getattr(node, field) for field in fields])
                    blocks.append((inner, node, len(nodes) - 1))
                    break
            else:
                del blocks[-1]
        return found

    @cached_property
    def is_plain(self) -> bool:
        """Whether names are written in the text as they are in the tree."""
        if self.data.isascii():
            return bool(self.data)
        # Most files have signs alone.
        others = self.data.translate(None, _ASCII).decode()
        letters = "".join(_LETTERS.findall(others))
        if not letters:
            return _JOINING.search(others) is None
        # Imported here: most files need nothing of it.
        import unicodedata

        return _JOINING.search(others) is None and unicodedata.is_normalized("NFKC", letters)

    def _in_lines(self, lines: Iterable[int]) -> list[ast.AST]:
        """Walk the statements that some lines are in, decorators included, and what is around."""
        first, last, around = self._statements.first, self._statements.last, self._statements.around
        found: set[int] = set()
        for line in lines:
            number = bisect_right(first, line) - 1
            # Several may begin in the same line, and one before them may end there.
            numbers = [number]
            while first[number] == line:
                number -= 1
                numbers.append(number)
            for begun in numbers:
                outer = begun
                while last[outer] < line:
                    outer = around[outer]
                while outer >= 0 and outer not in found:
                    found.add(outer)
                    outer = around[outer]
        return list(chain.from_iterable(map(self._walked, sorted(found))))

    def _walked(self, number: int) -> list[ast.AST]:
        """Walk a statement without those within it."""
        walked = self._statements.walked.get(number)
        if walked is not None:
            return walked
        waiting = [self._statements.nodes[number]]
        add, parents, fields = waiting.append, self._parents, _OUTSIDE_BLOCKS
        for found in waiting:
            for field in fields[found.__class__]:
                value = getattr(found, field)
                if value.__class__ is list:
                    for child in value:
                        if child is not None:
                            parents[child] = found
                            add(child)
                elif value is not None:
                    parents[value] = found
                    add(value)
        self._statements.walked[number] = waiting
        return waiting

    def find_parent(self, node: ast.AST) -> ast.AST | None:
        """Return the node around one, None for the root and what is not in the tree."""
        _ = self._statements
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


def _first_line(node: ast.AST) -> int:
    """Return the first line of a statement; the module begins before every line."""
    decorators = getattr(node, "decorator_list", ())
    begin = decorators[0] if decorators else getattr(node, "pattern", node)
    return getattr(begin, "lineno", -1)


def _places(data: bytes, word: bytes) -> Iterator[int]:
    """Yield where a word is written that is no part of a longer one."""
    length = len(word)
    place = data.find(word)
    while place >= 0:
        after = data[place + length : place + length + 1] or b" "
        if after not in _OF_WORDS and (place == 0 or data[place - 1 : place] not in _OF_WORDS):
            yield place
        place = data.find(word, place + length)
