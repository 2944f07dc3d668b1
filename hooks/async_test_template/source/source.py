"""One Python file with its syntax tree, and where in its bytes each node is."""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, TypeAlias

from async_test_template.errors import ParseError
from async_test_template.parsing import parse_python
from async_test_template.source.mentions import Mentions
from async_test_template.source.names import Names
from async_test_template.source.nodes import Nodes, walk
from async_test_template.source.text import decode
from async_test_template.source.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from async_test_template.source.items import Fixture, Module, Test

Function: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef"
#: Nodes with a place in the text.
Placed: TypeAlias = "ast.expr | ast.stmt | ast.arg | ast.keyword | ast.alias | ast.excepthandler"

_LINE_END = re.compile(rb"\r\n|\r|\n")
#: Half of a character, and how code writes one: no text has it, and none can be made of it.
_HALF = "[\ud800-\udfff]"
_WRITTEN_HALF = rb"\\(?:u|U0000)[dD][89a-fA-F]"
_LINE_ENDS_OF_TEXT = re.compile("\r\n|\r|\n")


class Unreadable(Exception):  # noqa: N818 - says what the file is, not that something failed
    """A file that this Python cannot parse.

    Attributes:
        line: 1-based line of the syntax error.

    """

    def __init__(self, message: str, line: int) -> None:
        """Keep the line separate from the sentence."""
        super().__init__(message)
        self.message = message
        self.line = line


class Source:
    """A Python file.

    `ast` counts columns in UTF-8 bytes, so everything here does: `data` is the file's text in
    UTF-8, whatever its own encoding is, without the byte order mark.

    Attributes:
        file: path from the project's root, with forward slashes.
        data: the text in UTF-8; line ends are as they are.
        module: its fixtures and tests, for rules that look at nothing but the file.

    """

    module: Module

    def __init__(self, file: str, text: str) -> None:
        """Take the text of a file."""
        self.file = file
        self.data = text.encode()

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree, parsed when it is needed.

        Raises:
            Unreadable: the running Python cannot parse the file.

        """
        try:
            tree = parse_python(self.data.decode())
        except SyntaxError as error:
            raise Unreadable(error.msg, error.lineno or self._line_of_null) from error
        except (ValueError, RecursionError, MemoryError) as error:
            raise Unreadable(str(error) or "too deeply nested", self._line_of_null) from error
        if re.search(_WRITTEN_HALF, self.data):
            for node in walk(tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    node.value = re.sub(_HALF, "\ufffd", node.value)
        return tree

    @property
    def _line_of_null(self) -> int:
        """The line of the first null byte, for which Python names none; 1 without one."""
        before, null, _ = self.data.partition(b"\0")
        return len(_LINE_END.findall(before)) + 1 if null else 1

    @cached_property
    def nodes(self) -> Nodes:
        """The nodes of the tree by kind."""
        return Nodes(self.tree, self.data, self._lines)

    @cached_property
    def names(self) -> Names:
        """The meaning of the names in the file."""
        return Names(self.nodes)

    @cached_property
    def _lines(self) -> list[int]:
        """Return the offset of each line; a form feed ends no line for Python."""
        found = [0, *accumulate(map(len, self.data.splitlines(keepends=True)))]
        return found if self.data[-1:] not in b"\r\n" else [*found, len(self.data)]

    @cached_property
    def newline(self) -> str:
        """The line end of the first line; new lines get the same."""
        match = _LINE_END.search(self.data)
        return match[0].decode() if match else "\n"

    @cached_property
    def _is_mixed(self) -> bool:
        """Whether its lines end in more than one way."""
        return len(set(_LINE_END.findall(self.data))) > 1

    def with_line_ends(self, start: int, end: int, text: str) -> str:
        """Convert the new text of a span to the line ends of the file.

        Where those are mixed, a line that is there already, or that was copied from another place
        with its carriage return, ends as it did.
        """
        lines = _LINE_ENDS_OF_TEXT.split(text)
        if len(lines) == 1 or not self._is_mixed:
            return self.newline.join(lines)
        ends = [self.newline if e == "\n" else e for e in _LINE_ENDS_OF_TEXT.findall(text)]
        begin, stop = self.line_start(start), self.line_end(end)
        head, there, tail = (
            self.data[one:other].decode()
            for one, other in ((begin, start), (begin, stop), (end, stop))
        )
        before, after = map(_LINE_ENDS_OF_TEXT.split, (there, f"{head}{text}{tail}"))
        kept = _LINE_ENDS_OF_TEXT.findall(there)
        if len(before) == len(after):
            ends = kept[: len(ends)]
        else:
            # Imported here: hardly a file ends its lines in two ways, and this takes 2 ms.
            from difflib import SequenceMatcher

            alike = SequenceMatcher(None, before[:-1], after[: len(ends)], autojunk=False)
            for old, new, size in alike.get_matching_blocks():
                ends[new : new + size] = kept[old : old + size]
        return "".join(map("".join, zip(lines, [*ends, ""], strict=True)))

    @cached_property
    def words(self) -> Words:
        """Its words, for the search for those of rules."""
        return Words(self.data)

    @property
    def parents(self) -> Mapping[ast.AST, ast.AST]:
        """The node around each node."""
        return self.nodes.parents

    @cached_property
    def functions(self) -> dict[int, Function]:
        """Every function by its line, decorators not counted."""
        found: dict[int, Function] = {}
        found.update({node.lineno: node for node in self.nodes.of(ast.FunctionDef)})
        found.update({node.lineno: node for node in self.nodes.of(ast.AsyncFunctionDef)})
        return found

    @cached_property
    def items(self) -> dict[int, Fixture | Test]:
        """The fixtures and tests of `module` by their line."""
        found: dict[int, Fixture | Test] = {test.line: test for test in self.module.tests}
        found.update({fixture.line: fixture for fixture in self.module.fixtures})
        return found

    @cached_property
    def mentions(self) -> Mentions:
        """Where the file mentions a name, by itself or after a dot; definitions do not."""
        return Mentions(self.nodes)

    def references(self, *targets: str) -> Iterator[ast.Name | ast.Attribute]:
        """Yield what stands for one of some dotted names, as far as imports tell."""
        if self.nodes.is_plain:
            # Each part of a name is written somewhere, if only where it is imported.
            once = self.words.once
            targets = tuple(
                name for name in targets if all(part.encode() in once for part in name.split("."))
            )
            if not targets:
                return
        words = {target.rpartition(".")[2] for target in targets}
        every = sorted(words.union(*map(self.names.aliases, words)))
        self.mentions.look_for(every)
        for word in every:
            for node in self.mentions.get(word):
                if self.names.resolve(node) in targets:
                    yield node

    def calls(self, *targets: str) -> Iterator[ast.Call]:
        """Yield the calls of functions with such dotted names, as far as imports tell."""
        for node in self.references(*targets):
            around = self.parents[node]
            if isinstance(around, ast.Call) and around.func is node:
                yield around

    def method_calls(self, name: str) -> Iterator[tuple[ast.Call, ast.Attribute]]:
        """Yield the calls of a method of any object, each with what is called."""
        for node in self.mentions.get(name):
            call = self.parents[node]
            if isinstance(node, ast.Attribute) and isinstance(call, ast.Call) and call.func is node:
                yield call, node

    def uses(self, *targets: str) -> Iterator[tuple[ast.Attribute | ast.ImportFrom, str]]:
        """Yield where Python looks one of some dotted names up: at an attribute, or an import."""
        for node in self.references(*targets):
            # A name that is imported directly is looked up at its import.
            if isinstance(node, ast.Attribute):
                yield node, self.names.resolve(node)
        yield from self.imports_of(*targets)

    def imports_of(self, *targets: str) -> Iterator[tuple[ast.ImportFrom, str]]:
        """Yield the statements that import one of some dotted names from its module."""
        for statement in self.nodes.of(ast.ImportFrom):
            for alias in statement.names:
                name = f"{statement.module}.{alias.name}"
                if name in targets and not statement.level:
                    yield statement, name

    def named(self, name: str) -> Sequence[Function]:
        """Return the functions and methods of a name, at any place."""
        return self._by_name.get(name, ())

    @cached_property
    def _by_name(self) -> dict[str, list[Function]]:
        found: dict[str, list[Function]] = {}
        for function in self.functions.values():
            found.setdefault(function.name, []).append(function)
        return found

    @cached_property
    def classes(self) -> dict[int, ast.ClassDef]:
        """The classes by the line of their `class`."""
        return {node.lineno: node for node in self.nodes.of(ast.ClassDef)}

    def offset(self, line: int, column: int = 0) -> int:
        """Return the offset of a 1-based line and a column in bytes."""
        return self._lines[line - 1] + column

    def start(self, node: Placed) -> int:
        """Return the offset of a node's first byte; of a decorated function that is its `def`."""
        return self.offset(node.lineno, node.col_offset)

    def end(self, node: Placed) -> int:
        """Return the offset after a node's last byte."""
        if node.end_lineno is None or node.end_col_offset is None:
            raise ValueError(node)
        return self.offset(node.end_lineno, node.end_col_offset)

    def text(self, node: Placed) -> str:
        """Return a node as it is written."""
        return self.data[self.start(node) : self.end(node)].decode()

    def holds(self, pattern: re.Pattern[bytes]) -> bool:
        """Tell whether a pattern is found in the file, which many fixes of it may ask."""
        if pattern not in self._held:
            self._held[pattern] = pattern.search(self.data) is not None
        return self._held[pattern]

    @cached_property
    def _held(self) -> dict[re.Pattern[bytes], bool]:
        """The results of earlier searches."""
        return {}

    def line_start(self, position: int) -> int:
        """Return the offset at which the line of `position` begins."""
        # The last entry is the end of the file.
        return self._lines[bisect_right(self._lines, position, hi=len(self._lines) - 1) - 1]

    def line_end(self, position: int) -> int:
        """Return the offset after the line of `position`, its line end included."""
        match = _LINE_END.search(self.data, position)
        return match.end() if match else len(self.data)

    def column(self, node: Placed) -> int:
        """Return a node's column for people: from 1, in characters."""
        begin = self.offset(node.lineno)
        return len(self.data[begin : self.start(node)].decode()) + 1

    def scope(self, node: ast.AST) -> ast.AST:
        """Return the function or the class that a node is in, or the module."""
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
        return next((outer for outer in self.around(node) if isinstance(outer, kinds)), self.tree)

    @cached_property
    def generators(self) -> frozenset[ast.AST]:
        """The functions that yield, themselves and not in a function within."""
        kinds = (ast.Yield, ast.YieldFrom)
        near = self.nodes.near(b"yield")
        return frozenset(self.scope(node) for node in near if isinstance(node, kinds))

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield the nodes around a node, the closest first."""
        find = self.nodes.find_parent
        around = find(node)
        while around is not None:
            yield around
            around = find(around)


def read_source(file: str, data: bytes) -> Source:
    """Return the bytes of a file as code.

    Raises:
        Unreadable: they are no text in the encoding they declare.

    """
    try:
        text = decode(data).text
    except ParseError as error:
        raise Unreadable(error.message, error.line or 1) from error
    return Source(file, text)
