"""Where to cut and what to insert for the changes that rules make to Python code."""

from __future__ import annotations

import ast
import re
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Splice
from async_test_template.source.brackets import brackets_from, without
from async_test_template.source.names import is_lazy

if TYPE_CHECKING:
    from async_test_template.source.source import Function, Placed, Source


def replace(source: Source, start: int, end: int, text: str = "") -> Splice:
    """Put `text` in the place of a span; its line ends become the file's."""
    return Splice(source.file, start, end, source.with_line_ends(start, end, text))


def replace_node(source: Source, node: Placed, text: str) -> Splice:
    """Write a node anew."""
    return replace(source, source.start(node), source.end(node), text)


def remove_parameter(source: Source, function: Function, name: str) -> Splice:
    """Take a parameter out of a function's signature.

    Raises:
        EditError: `*` or `/` would be left without a parameter, or a comment be lost.

    """
    argument = next(a for a in (*function.args.args, *function.args.kwonlyargs) if a.arg == name)
    brackets = brackets_from(source, source.start(function))
    index = brackets.index_at(source.start(argument))
    around = [source.data[i.start : i.end] for i in brackets.items[max(index - 1, 0) : index + 2]]
    if around[0] == b"*" and len(function.args.kwonlyargs) == 1:
        raise EditError("the bare * before the parameter would be left alone")
    return replace(source, *without(source, brackets, index))


def remove_argument(source: Source, call: ast.Call, argument: ast.expr | ast.keyword) -> Splice:
    """Take one argument out of a call, and the brackets of a decorator that holds no other.

    Raises:
        EditError: a comment would be lost.

    """
    brackets = brackets_from(source, source.end(call.func))
    index = brackets.index_at(source.start(argument))
    return replace(source, *without(source, brackets, index))


def set_keyword(source: Source, decorator: ast.expr, name: str, value: str) -> Splice:
    """Give a decorator, called or not, an argument by its name, or another value for it.

    Raises:
        EditError: it has arguments by position, or some that nobody can see.

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
    """Make a bare name of a call without the arguments that it has.

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
        EditError: it is a tuple without brackets or would become empty, or a comment be lost.

    """
    start = source.start(sequence)
    opening = source.data[start : start + 1].decode()
    if opening not in {"[", "("} or len(sequence.elts) <= (2 if opening == "(" else 1):
        raise EditError("the other elements would not stay what they are")
    brackets = brackets_from(source, start, opening)
    return replace(source, *without(source, brackets, brackets.index_at(source.start(element))))


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
    return replace(source, *with_blank_lines(source, begin, end, is_last=is_last))


def prepend_statement(source: Source, function: Function, statement: str) -> Splice:
    """Insert a statement before all others of a function, behind its docstring."""
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is not None:
        if len(function.body) == 1:
            start = source.end(first)
            column = source.start(first) - source.line_start(source.start(first))
            indent = source.data[source.line_start(source.start(first)) :][:column].decode()
            if indent.strip():
                return replace(source, start, start, f"; {statement}")
            return replace(source, start, start, f"\n{indent}{statement}")
        first = function.body[1]
    start = min([source.start(first), *(source.start(d) - 1 for d in _decorators(first))])
    line = source.line_start(start)
    indent = source.data[line:start].decode()
    if indent.strip():
        if isinstance(first, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            raise EditError("the body does not begin on a line of its own")
        return replace(source, start, start, f"{statement}; ")
    return replace(source, start, start, f"{statement}\n{indent}")


# Many fixes of one file need the same module.
@lru_cache(maxsize=4)
def bind_module(source: Source, module: str) -> tuple[str, tuple[Splice, ...]]:
    """Give the name that stands for a module, and the edits that import it where it is not yet.

    Raises:
        EditError: the name stands for something else in this file.

    """
    for node in source.nodes.of(ast.Import):
        if source.parents[node] is source.tree:
            for alias in node.names:
                if alias.name == module and ("." not in module or alias.asname):
                    return alias.asname or alias.name, ()
    if module in source.names.bound or not source.names.stands_for(module, module):
        raise EditError(f"the name {module} stands for something else in this file")
    position, text = _place_of_import(source, module, f"import {module}\n", ast.Import)
    return module, (replace(source, position, position, text),)


def bind_name(source: Source, module: str, name: str) -> tuple[str, tuple[Splice, ...]]:
    """Give what stands for a name of a module, and the edits that import it where nothing does.

    Raises:
        EditError: the name stands for something else in this file.

    """
    at_top = _imported_at_top(source)
    if f"{module}.{name}" in at_top:
        return at_top[f"{module}.{name}"], ()
    if module in at_top:
        return f"{at_top[module]}.{name}", ()
    if name in source.names.bound or name in source.names.imported:
        raise EditError(f"the name {name} stands for something else in this file")
    for statement in source.tree.body:
        if isinstance(statement, ast.ImportFrom) and _module_of(statement) == module:
            return name, (_with_name(source, statement, name),)
    line = f"from {module} import {name}\n"
    position, text = _place_of_import(source, module, line, ast.ImportFrom)
    return name, (replace(source, position, position, text),)


def _imported_at_top(source: Source) -> dict[str, str]:
    """Give what the imports at the top level bring, with the name that stands for it."""
    found = {}
    for statement in source.tree.body:
        for alias in getattr(statement, "names", ()):
            if isinstance(statement, ast.ImportFrom):
                found[f"{_module_of(statement)}.{alias.name}"] = alias.asname or alias.name
            elif isinstance(statement, ast.Import):
                found[alias.name] = alias.asname or alias.name
    return {t: n for t, n in found.items() if n.partition(".")[0] not in source.names.bound}


def remove_whole(source: Source, statement: ast.stmt) -> tuple[int, int]:
    """Give the span to cut so that a statement at the top level is gone.

    Raises:
        EditError: it shares its lines with another statement.

    """
    removed = remove_statement(source, statement)
    return removed.start, removed.end


def remove_import(
    source: Source, statement: ast.Import | ast.ImportFrom, alias: ast.alias
) -> tuple[int, int]:
    """Give the span to cut so that one of several imported names is gone.

    Raises:
        EditError: the statement cannot be made out.

    """
    text = source.data[source.start(statement) : source.end(statement)]
    if text.endswith(b")"):
        brackets = brackets_from(source, source.start(statement))
        return without(source, brackets, brackets.index_at(source.start(alias)))
    index = statement.names.index(alias)
    if index + 1 < len(statement.names):
        return source.start(alias), source.start(statement.names[index + 1])
    return source.end(statement.names[index - 1]), source.end(alias)


def _place_of_import(
    source: Source, module: str, statement: str, kind: type[ast.Import | ast.ImportFrom]
) -> tuple[int, str]:
    """Choose the place of an import as isort would: by section, `import` first, then by name.

    Lazy imports stand behind the others of their section.
    """
    imports = [
        node
        for node in _leading_imports(source)
        if not (isinstance(node, ast.ImportFrom) and node.module == "__future__")
    ]
    if not imports:
        return _place_of_first_import(source, statement)
    own = _section(module)
    same = [node for node in imports if _section(_module_of(node)) == own]
    key = (False, kind is ast.ImportFrom, module)
    for node in same:
        if (is_lazy(node), isinstance(node, ast.ImportFrom), _module_of(node)) > key:
            return _before(source, node), statement
    if same:
        return source.line_end(source.end(same[-1])), statement
    later = [node for node in imports if _section(_module_of(node)) > own]
    if later:
        return _before(source, later[0]), f"{statement}\n"
    return source.line_end(source.end(imports[-1])), f"\n{statement}"


def _place_of_first_import(source: Source, statement: str) -> tuple[int, str]:
    body = source.tree.body
    futures = [n for n in body if isinstance(n, ast.ImportFrom) and n.module == "__future__"]
    if futures:
        return source.line_end(source.end(futures[-1])), f"\n{statement}"
    if body and ast.get_docstring(source.tree, clean=False) is not None:
        return source.line_end(source.end(body[0])), f"\n{statement}"
    if not body:
        return len(source.data), statement
    return _before(source, body[0]), f"{statement}\n\n"


def _leading_imports(source: Source) -> list[ast.Import | ast.ImportFrom]:
    """Give the imports at the top of a file, before its first other statement."""
    found: list[ast.Import | ast.ImportFrom] = []
    for node in source.tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found.append(node)
        elif found:
            break
    return found


def _module_of(node: ast.Import | ast.ImportFrom) -> str:
    if isinstance(node, ast.Import):
        return node.names[0].name
    return "." * node.level + (node.module or "")


def _section(module: str) -> int:
    top = module.partition(".")[0]
    if not top:
        return 2
    return 0 if top in sys.stdlib_module_names else 1


def _before(source: Source, statement: ast.stmt) -> int:
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
    raise EditError("the statement stands in no block")


def _above_comments(source: Source, begin: int, *, at_top: bool = True) -> int:
    """Move up over comments that stand right above; a file's first lines stay."""
    position = begin
    while position > 0:
        line = _line_above(source, position)
        text = source.data[line:position].strip()
        if not text.startswith(b"#"):
            break
        position = line
    if position == 0 and (at_top or re.match(rb"#!|[ \t\f]*#.*coding", source.data)):
        # What heads the file is about the file.
        return begin
    return position


def _line_above(source: Source, begin: int) -> int:
    r"""Give where the line above begins; between the two bytes of `\r\n` no line does."""
    return source.line_start(begin - 1 - (source.data[begin - 2 : begin] == b"\r\n"))


def with_blank_lines(
    source: Source, begin: int, end: int, *, is_last: bool = False
) -> tuple[int, int]:
    """Widen a span of whole lines by the blank lines that parted it from a neighbour."""
    behind = re.compile(rb"(?:[ \t\f]*(?:\r\n|\r|\n))*").match(source.data, end)
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
    """Put definitions at the end of a file, behind two blank lines."""
    data = source.data
    stripped = data.rstrip()
    end = len(data)
    if not stripped:
        return replace(source, end, end, text)
    gap = "\n\n" if data.endswith((b"\n", b"\r")) else "\n\n\n"
    return replace(source, end, end, gap + text)


def remove_mark(source: Source, mark: ast.expr) -> Splice:
    """Remove a mark: a decorator, an entry of `pytestmark`, or the whole `pytestmark`.

    Raises:
        EditError: it stands somewhere else, or the rest would not stay what it is.

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
        raise EditError("the function does not stand at the top level")
    return replace(source, start, source.line_end(source.end(function)), text)


def import_beside(source: Source, node: ast.expr, name: str) -> tuple[Splice, ...]:
    """Import another name by the `from` statement that brings a name, in order if they are.

    Raises:
        EditError: no single statement brings it.

    """
    bound = getattr(node, "id", None)
    for statement in source.nodes.of(ast.ImportFrom):
        if any((alias.asname or alias.name) == bound for alias in statement.names):
            return (_with_name(source, statement, name),)
    raise EditError(f"no import statement brings {bound}")


def _with_name(source: Source, statement: ast.ImportFrom, name: str) -> Splice:
    later = [alias for alias in statement.names if _import_order(alias.name) > _import_order(name)]
    if later:
        start = source.start(later[0])
        line = source.line_start(start)
        indent = source.data[line:start].decode()
        between = f",\n{indent}" if not indent.strip() and indent else ", "
        return replace(source, start, start, f"{name}{between}")
    last = statement.names[-1]
    start = source.line_start(source.start(last))
    indent = source.data[start : source.start(last)].decode()
    between = f",\n{indent}" if not indent.strip() and indent else ", "
    # Written anew, since an insertion behind a statement is taken for no part of it.
    return replace_node(source, last, f"{source.text(last)}{between}{name}")


def _import_order(name: str) -> tuple[bool, bool, str]:
    """Order names as isort does: constants, classes, functions."""
    return (not name.isupper(), not name[:1].isupper(), name)
