"""Where to cut and what to insert for the changes that rules make to Python code."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Splice
from async_test_template.source.brackets import brackets_from, without

if TYPE_CHECKING:
    from async_test_template.source.source import Function, Placed, Source

_BLANK_LINES = re.compile(rb"(?:[ \t\f]*(?:\r\n|\r|\n))*")


def replace(source: Source, start: int, end: int, text: str = "") -> Splice:
    """Put `text` in the place of a span; its line ends become the file's."""
    return Splice(source.file, start, end, source.with_line_ends(start, end, text))


def replace_node(source: Source, node: Placed, text: str) -> Splice:
    """Rewrite a node."""
    return replace(source, source.start(node), source.end(node), text)


def remove_parameter(source: Source, function: Function, name: str) -> Splice:
    """Take a parameter out of a function's signature.

    Raises:
        EditError: `*` or `/` would be left without a parameter, or a comment would be lost.

    """
    argument = next(a for a in (*function.args.args, *function.args.kwonlyargs) if a.arg == name)
    brackets = brackets_from(source, source.start(function))
    index = brackets.index_at(source.start(argument))
    around = [source.data[i.start : i.end] for i in brackets.items[max(index - 1, 0) : index + 2]]
    if around[0] == b"*" and len(function.args.kwonlyargs) == 1:
        raise EditError("the bare * before the parameter would have nothing after it")
    return replace(source, *without(source, brackets, index))


def add_parameter(source: Source, function: Function, name: str) -> Splice:
    """Put a parameter before the others of a function, after the instance of a method.

    Raises:
        EditError: Python's tokenizer does not find them.

    """
    brackets = brackets_from(source, source.start(function))
    is_method = isinstance(source.parents[function], ast.ClassDef)
    items = brackets.items[1:] if is_method else brackets.items
    if items:
        return replace(source, items[0].start, items[0].start, f"{name}, ")
    if not brackets.items:
        return replace(source, brackets.open, brackets.open, name)
    end = brackets.items[0].end
    return replace(source, end, end, f", {name}")


def remove_argument(source: Source, call: ast.Call, argument: ast.expr | ast.keyword) -> Splice:
    """Take one argument out of a call, and the brackets of a decorator that holds no other.

    Raises:
        EditError: a comment would be lost.

    """
    brackets = brackets_from(source, source.end(call.func))
    index = brackets.index_at(source.start(argument))
    return replace(source, *without(source, brackets, index))


def set_keyword(source: Source, decorator: ast.expr, name: str, value: str) -> Splice:
    """Set a keyword argument of a decorator, called or not; replace its value if it is there.

    Raises:
        EditError: it has positional or unknown arguments.

    """
    if not isinstance(decorator, ast.Call):
        end = source.end(decorator)
        return replace(source, end, end, f"({name}={value})")
    if decorator.args or any(keyword.arg is None for keyword in decorator.keywords):
        raise EditError("some of its arguments have no name")
    for keyword in decorator.keywords:
        if keyword.arg == name:
            return replace_node(source, keyword.value, value)
    brackets = brackets_from(source, source.end(decorator.func))
    if not brackets.items:
        return replace(source, brackets.open, brackets.open, f"{name}={value}")
    start = brackets.items[0].start
    return replace(source, start, start, f"{name}={value}, ")


def remove_call_brackets(source: Source, call: ast.Call) -> Splice:
    """Replace a call by its bare name, without the arguments.

    Raises:
        EditError: a comment would be lost.

    """
    brackets = brackets_from(source, source.end(call.func))
    if brackets.has_comment:
        raise EditError("there is a comment between the brackets")
    return replace(source, source.end(call.func), source.end(call))


def remove_element(source: Source, sequence: ast.List | ast.Tuple, element: ast.expr) -> Splice:
    """Take one element out of a list or a tuple in brackets.

    Raises:
        EditError: it is a tuple without brackets or would become empty, or a comment would be lost.

    """
    start = source.start(sequence)
    opening = source.data[start : start + 1].decode()
    if opening not in {"[", "("} or len(sequence.elts) <= (2 if opening == "(" else 1):
        raise EditError("the other elements would not stay the same")
    brackets = brackets_from(source, start, opening)
    return replace(source, *without(source, brackets, brackets.index_at(source.start(element))))


def add_decorator(source: Source, function: Function, text: str) -> Splice:
    """Put a decorator, which begins with `@`, right above a function and below its others."""
    start = source.start(function)
    indent = source.data[source.line_start(start) : start].decode()
    # With its first word, so that it is a part of the function that changes.
    word = "async" if isinstance(function, ast.AsyncFunctionDef) else "def"
    return replace(source, start, start + len(word), f"{text}\n{indent}{word}")


def remove_decorator(source: Source, decorator: ast.expr) -> Splice:
    """Remove a decorator with its line.

    Raises:
        EditError: it shares its line with something else.

    """
    start = source.line_start(source.start(decorator))
    end = source.line_end(source.end(decorator))
    before = source.data[start : source.start(decorator)].strip()
    behind = source.data[source.end(decorator) : end].strip()
    if before != b"@" or (behind and not behind.startswith(b"#")):
        raise EditError("the decorator shares its line with something else")
    return replace(source, start, end)


def remove_statement(source: Source, statement: ast.stmt) -> Splice:
    """Remove a statement with its decorators, the comment right above it and a blank line.

    The only statement of a block becomes `pass`.

    Raises:
        EditError: it shares its lines with another statement.

    """
    siblings = _block_of(source, statement)
    start = min([source.start(statement), *map(source.start, _decorators(statement))])
    begin, end = source.line_start(start), source.line_end(source.end(statement))
    before = source.data[begin:start].strip()
    behind = source.data[source.end(statement) : end].strip()
    if before not in {b"", b"@"} or (behind and not behind.startswith(b"#")):
        raise EditError("the statement shares its lines with another one")
    if len(siblings) == 1 and not isinstance(source.parents[statement], ast.Module):
        return replace(source, start - len(before), source.end(statement), "pass")
    begin = _above_comments(source, begin)
    is_last = statement is siblings[-1]
    if statement is siblings[0] and not isinstance(source.parents[statement], ast.Module):
        # The block begins with the next statement, and not with a blank line.
        blank = _BLANK_LINES.match(source.data, end)
        return replace(source, begin, blank.end() if blank else end)
    return replace(source, *with_blank_lines(source, begin, end, is_last=is_last))


def remove_line(source: Source, statement: ast.stmt) -> Splice:
    """Remove a statement with its lines, and a blank line where there is one on either side.

    Raises:
        EditError: it shares its lines with another statement.

    """
    start, end = source.line_start(source.start(statement)), source.line_end(source.end(statement))
    around = source.data[start : source.start(statement)], source.data[source.end(statement) : end]
    if around[0].strip() or around[1].split(b"#")[0].strip():
        raise EditError("the statement shares its lines with another one")
    above = source.line_start(max(start - 1, 0))
    beside = source.data[above:start], source.data[end : source.line_end(end)]
    is_between = start > 0 and not any(line.strip() for line in beside)
    return replace(source, above if is_between else start, end)


def prepend_statement(source: Source, function: Function, statement: str) -> Splice:
    """Insert a statement before all others of a function, after its docstring."""
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is not None:
        if len(function.body) == 1:
            start = source.end(first)
            column = source.start(first) - source.line_start(source.start(first))
            indent = source.data[source.line_start(source.start(first)) :][:column].decode()
            if indent.strip():
                return replace(source, start, start, f"; {statement}")
            # What is behind the docstring stays there, such as a comment.
            # The docstring's last character makes it, and the function, a part of the change.
            behind = source.data[start - 1 : source.line_end(start)].rstrip(b"\r\n").decode()
            stop = start - 1 + len(behind.encode())
            return replace(source, start - 1, stop, f"{behind}\n{indent}{statement}")
        first = function.body[1]
    start = min([source.start(first), *(source.start(d) - 1 for d in _decorators(first))])
    line = source.line_start(start)
    indent = source.data[line:start].decode()
    if indent.strip():
        if isinstance(first, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            raise EditError("the body does not start on its own line")
        return replace(source, start, start, f"{statement}; ")
    return replace(source, start, start, f"{statement}\n{indent}")


def remove_whole(source: Source, statement: ast.stmt) -> tuple[int, int]:
    """Return the span to cut, so that a statement at the top level is removed.

    Raises:
        EditError: it shares its lines with another statement.

    """
    removed = remove_statement(source, statement)
    return removed.start, removed.end


def remove_import(
    source: Source, statement: ast.Import | ast.ImportFrom, alias: ast.alias
) -> tuple[int, int]:
    """Return the span to cut, so that one of several imported names is removed.

    Raises:
        EditError: the statement cannot be found.

    """
    text = source.data[source.start(statement) : source.end(statement)]
    if text.endswith(b")"):
        brackets = brackets_from(source, source.start(statement))
        return without(source, brackets, brackets.index_at(source.start(alias)))
    index = statement.names.index(alias)
    if index + 1 < len(statement.names):
        return source.start(alias), source.start(statement.names[index + 1])
    return source.end(statement.names[index - 1]), source.end(alias)


def remove_name(source: Source, statement: ast.ImportFrom, alias: ast.alias) -> Splice:
    """Remove one of the names that a statement imports, or the statement if it is the only one.

    Raises:
        EditError: a comment would be lost, or the statement shares its lines with another one.

    """
    if len(statement.names) == 1:
        return remove_statement(source, statement)
    return replace(source, *remove_import(source, statement, alias))


def before(source: Source, statement: ast.stmt) -> int:
    """Return where what belongs to a statement begins: the comments above it and its decorators."""
    start = min([source.start(statement), *map(source.start, _decorators(statement))])
    # A comment above the first import is about the file more often than about the import.
    at_top = isinstance(statement, (ast.Import, ast.ImportFrom))
    return _above_comments(source, source.line_start(start), at_top=at_top)


def _decorators(statement: ast.stmt) -> list[ast.expr]:
    return list(getattr(statement, "decorator_list", ()))


def _block_of(source: Source, statement: ast.stmt) -> list[ast.stmt]:
    parent = source.parents[statement]
    for field in ("body", "orelse", "finalbody"):
        block = getattr(parent, field, None)
        if isinstance(block, list) and statement in block:
            return block
    raise EditError("the statement is in no block")


def _above_comments(source: Source, begin: int, *, at_top: bool = True) -> int:
    """Move up over comments that are right above; a file's first lines stay."""
    position = begin
    while position > 0:
        line = _line_above(source, position)
        text = source.data[line:position].strip()
        if not text.startswith(b"#"):
            break
        position = line
    if position == 0 and (at_top or re.match(rb"#!|[ \t\f]*#.*coding", source.data)):
        # Comments at the top of the file are about the file.
        return begin
    return position


def _line_above(source: Source, begin: int) -> int:
    r"""Return where the line above begins; between the two bytes of `\r\n` no line does."""
    return source.line_start(begin - 1 - (source.data[begin - 2 : begin] == b"\r\n"))


def with_blank_lines(
    source: Source, begin: int, end: int, *, is_last: bool = False
) -> tuple[int, int]:
    """Widen a span of whole lines by the blank lines next to it."""
    behind = _BLANK_LINES.match(source.data, end)
    blank_behind = behind.end() if behind else end
    blank_before = begin
    while blank_before > 0 and source.line_start(blank_before) == blank_before:
        line = _line_above(source, blank_before)
        if line == 0 or source.data[line:blank_before].strip(b" \t\f\r\n"):
            break
        blank_before = line
    if blank_before == begin and begin > 0 and not is_last:
        return begin, end
    if is_last or blank_behind == len(source.data):
        return blank_before, end
    if blank_before > 0 and begin - blank_before < blank_behind - end:
        # The wider gap stays.
        return blank_before, end
    return begin, blank_behind


def append(source: Source, text: str) -> Splice:
    """Put definitions at the end of a file, after two blank lines.

    In an empty file those are below the imports that the definitions need.
    """
    data = source.data
    end = len(data)
    gap = "\n\n" if not data or data.endswith((b"\n", b"\r")) else "\n\n\n"
    return replace(source, end, end, gap + text)


def remove_mark(source: Source, mark: ast.expr) -> Splice:
    """Remove a mark: a decorator, an entry of `pytestmark`, or the whole `pytestmark`.

    Raises:
        EditError: it is somewhere else, or the rest would change.

    """
    parent = source.parents[mark]
    if isinstance(parent, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return remove_decorator(source, mark)
    statement: ast.AST = parent
    if isinstance(parent, (ast.List, ast.Tuple)):
        if len(parent.elts) > 1:
            return remove_element(source, parent, mark)
        statement = source.parents[parent]
    if isinstance(statement, (ast.Assign, ast.AnnAssign)):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        if [getattr(target, "id", None) for target in targets] == ["pytestmark"]:
            return remove_statement(source, statement)
    raise EditError("the mark is neither a decorator nor in pytestmark")


def rewrite_definition(source: Source, function: Function, text: str) -> Splice:
    """Put another definition in the place of a function and its decorators."""
    start = min([source.start(function), *(source.start(d) - 1 for d in function.decorator_list)])
    if function.col_offset or start != source.line_start(start):
        raise EditError("the function is not at the top level")
    return replace(source, start, source.line_end(source.end(function)), text)
