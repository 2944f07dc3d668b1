"""Requirements in the lists of a setup.py: find them, change the specifier of one, add one.

Code can put a list together in any way. The lists that are found are those that are written where
a keyword of `setup` gets them, or where a name gets them that such a keyword uses, and what is
added to such a name later.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.config import requirement as pep508
from async_test_template.config.text import splice_all
from async_test_template.errors import EditError
from async_test_template.parsing import UNPARSABLE, parse_python

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Methods by which a list grows.
_ONE_MORE, _MORE = frozenset({"add", "append", "insert"}), frozenset({"extend", "update"})
#: In the order in which a list counts that several of them use.
_KEYWORDS = ("install_requires", "extras_require", "tests_require")
_LINE_END = re.compile(r"\r\n|\r|\n")

#: The line of a text in a file, from 1, and its offset in that line as UTF-8.
Place = tuple[int, int]


class Listed(NamedTuple):
    """One list of requirements.

    Attributes:
        at: the keyword, and the name of the extra if it is for one.
        entries: the texts in it, with their places.

    """

    at: tuple[str, ...]
    entries: list[tuple[str, Place]]


def parse(text: str) -> list[Listed]:
    """Return the lists of requirements in a setup.py; there are none if it cannot be parsed."""
    try:
        tree = parse_python(text)
    except UNPARSABLE:
        return []
    reader = _Reader(tree)
    return [listed for keyword in _KEYWORDS for listed in reader.listed(keyword)]


class _Reader:
    """The values of names, of keywords and of keys, as a file writes them."""

    def __init__(self, tree: ast.AST) -> None:
        self._values: dict[str, list[tuple[str, ast.expr]]] = {}
        self._seen: set[ast.expr] = set()
        for node in ast.walk(tree):
            for name, key, value in (*_bound(node), *_grown(node)):
                self._values.setdefault(name, []).append((key, value))

    def listed(self, name: str) -> Iterator[Listed]:
        """Yield the lists that a name stands for, each the first time only."""
        # Not by recursion: sums may be nested deeper than Python's calls. What is written first
        # is on top.
        waiting = self._named((name,), name)
        while waiting:
            at, node = waiting.pop()
            if node in self._seen:
                continue
            self._seen.add(node)
            if isinstance(node, ast.Name):
                waiting += self._named(at, node.id)
                continue
            if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
                entries = [
                    (item.value, (item.lineno, item.col_offset))
                    for item in node.elts
                    if isinstance(item, ast.Constant) and isinstance(item.value, str)
                ]
                if entries:
                    yield Listed(at, entries)
            inner = [((*at[:1], key) if key else at, value) for key, value in _inner(node)]
            waiting += reversed(inner)

    def _named(self, at: tuple[str, ...], name: str) -> list[tuple[tuple[str, ...], ast.expr]]:
        """Return what a name stands for, the last one first."""
        values = reversed(self._values.get(name, ()))
        return [((*at, key) if key else at, value) for key, value in values]


def _bound(node: ast.AST) -> Iterator[tuple[str, str, ast.expr]]:
    """Yield what a node binds: a name, a key of what the name stands for, or "", and the value."""
    if isinstance(node, ast.keyword) and node.arg in _KEYWORDS:
        yield node.arg, "", node.value
    elif isinstance(node, ast.Dict):
        # `setup(**arguments)`
        for key, value in zip(node.keys, node.values, strict=True):
            if _text(key) in _KEYWORDS:
                yield _text(key), "", value
    elif isinstance(node, ast.FunctionDef):
        for inner in ast.walk(node):
            if isinstance(inner, ast.Return) and inner.value is not None:
                yield node.name, "", inner.value
    elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)) and node.value is not None:
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            yield from ((name, key, node.value) for name, key in _names(target))


def _grown(node: ast.AST) -> Iterator[tuple[str, str, ast.expr]]:
    """Yield what a call adds to a list, in the same way."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        value = node.args[-1]
        if node.func.attr in _ONE_MORE:
            value = ast.List([value])
        elif node.func.attr not in _MORE:
            return
        yield from ((name, key, value) for name, key in _names(node.func.value))


def _names(target: ast.expr) -> Iterator[tuple[str, str]]:
    """Yield the name that a target binds, and the key of an item in what it stands for, or ""."""
    if isinstance(target, ast.Name):
        yield target.id, ""
    elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
        yield target.value.id, _text(target.slice)


def _inner(node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Yield the expressions in one that may be lists, each with its key or ""."""
    if isinstance(node, ast.Dict):
        yield from ((_text(key), value) for key, value in zip(node.keys, node.values, strict=True))
    elif isinstance(node, ast.Call):
        yield from (("", value) for value in (node.func, *node.args))
        yield from ((keyword.arg or "", keyword.value) for keyword in node.keywords)
    elif isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        yield from (("", item.value) for item in node.elts if isinstance(item, ast.Starred))
    elif isinstance(node, ast.BinOp):
        yield from (("", node.left), ("", node.right))
    elif isinstance(node, ast.IfExp):
        yield from (("", node.body), ("", node.orelse))


def _text(node: ast.expr | None) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return ""


def change(
    text: str, specifiers: Iterable[tuple[Place, str, str]], added: Iterable[tuple[Place, str]]
) -> str:
    """Change the specifiers of requirements, and add others behind those at some places.

    Args:
        text: the whole file.
        specifiers: the place of each one, the requirement that is there, and its new specifier.
        added: a place, and the requirement to write behind what is there.

    Raises:
        EditError: another text is at a place, or it is not written as it is between two quotes.

    """
    tree = parse_python(text)
    found = {
        (node.lineno, node.col_offset): node
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    edits = []
    ends: dict[Place, ast.Constant] = {}
    # First, while each text is still what the file has.
    for place, new in added:
        node = found.get(place)
        if node is None:
            raise EditError(f"setup.py has no requirement in line {place[0]}")
        start, end, quote = _span(text, node)
        edits.append((end, end, f",{_space(text, start, end)}{quote}{new}{quote}"))
        # Behind what was added there before.
        ends[place] = _append(tree, ends.get(place, node), new)
    for place, old, specifier in specifiers:
        node = found.get(place)
        if node is None or node.value != old:
            raise EditError(f"setup.py has no {old!r} in line {place[0]}")
        start, end, quote = _span(text, node)
        new = pep508.replace_specifier(old, specifier)
        node.value = new
        edits.append((start, end, f"{quote}{new}{quote}"))
    changed = splice_all(text, edits)
    try:
        is_same = ast.dump(parse_python(changed)) == ast.dump(tree)
    except RecursionError as error:
        raise EditError("setup.py is too deeply nested") from error
    if not is_same:
        raise EditError("the change would touch more than it should")
    return changed


def _append(tree: ast.AST, last: ast.Constant, new: str) -> ast.Constant:
    for node in ast.walk(tree):
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)) and last in node.elts:
            node.elts.insert(node.elts.index(last) + 1, added := ast.Constant(new))
            return added
    raise EditError(f"line {last.lineno} of setup.py has a requirement outside of a list")


def _span(text: str, node: ast.Constant) -> tuple[int, int, str]:
    """Return where a text is written, and the quote around it."""
    starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
    line = text[starts[node.lineno - 1] :].encode()[: node.col_offset].decode()
    start = starts[node.lineno - 1] + len(line)
    quote = text[start]
    value = ast.literal_eval(node)
    end = start + len(value) + 2
    if quote not in "\"'" or text[start:end] != f"{quote}{value}{quote}":
        raise EditError(f"{value!r} is not written as it is between two quotes")
    return start, end, quote


def _space(text: str, start: int, end: int) -> str:
    """Return what to write between a text and the next one: a line of its own gets another one."""
    begin = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    rest = _LINE_END.split(text[end:], maxsplit=1)[0]
    if "#" in rest:
        raise EditError("a comment follows the last requirement")
    before = text[begin:start]
    if before.strip():
        return " "
    line_end = _LINE_END.search(text)
    return f"{line_end[0] if line_end else ''}{before}"
