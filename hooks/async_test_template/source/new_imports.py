"""Imports that a change needs: the name that stands for it, and where a new one is."""

from __future__ import annotations

import ast
import re
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.source.changes import before, replace, replace_node
from async_test_template.source.names import is_lazy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from async_test_template.findings import Splice
    from async_test_template.source.source import Source


# Many fixes of one file need the same module.
@lru_cache(maxsize=4)
def bind_module(source: Source, module: str) -> tuple[str, tuple[Splice, ...]]:
    """Return the name that stands for a module, and the edits that import it where it is not yet.

    Raises:
        EditError: the name has another meaning in this file.

    """
    for node in source.nodes.of(ast.Import):
        if source.parents[node] is source.tree:
            for alias in node.names:
                if alias.name == module and ("." not in module or alias.asname):
                    return alias.asname or alias.name, ()
    for name, skipped in source.names.skips.items():
        if skipped == module and source.scope(name) is source.tree:
            return name.id, ()
    if module in source.names.bound or not source.names.stands_for(module, module):
        raise EditError(f"the name {module} has another meaning in this file")
    position, text = _place_of_import(source, module, f"import {module}\n", ast.Import)
    return module, (replace(source, position, position, text),)


#: Longer lines than this are broken, with their end: the length that most formatters keep.
_LINE = 89
#: Text after the last name in a line inside brackets: a comma, spaces and a comment.
_BEHIND_NAME = re.compile(rb"((?:[ \t]*,)?)([ \t]*(?:#[^\r\n]*)?)(\r\n|\r|\n)")


def bind_name(source: Source, module: str, name: str) -> tuple[str, tuple[Splice, ...]]:
    """Return what stands for a name of a module, and the edits that import it where nothing does.

    Raises:
        EditError: the name has another meaning in this file.

    """
    at_top = _imported_at_top(source)
    if f"{module}.{name}" in at_top:
        return at_top[f"{module}.{name}"], ()
    if module in at_top:
        return f"{at_top[module]}.{name}", ()
    if name in source.names.bound or name in source.names.imported:
        raise EditError(f"the name {name} has another meaning in this file")
    for statement in source.tree.body:
        if isinstance(statement, ast.ImportFrom) and _module_of(statement) == module:
            return name, (_with_name(source, statement, name),)
    line = f"from {module} import {name}\n"
    position, text = _place_of_import(source, module, line, ast.ImportFrom)
    return name, (replace(source, position, position, text),)


def import_names(source: Source, module: str, names: Mapping[str, str]) -> Splice:
    """Import names of a module at the top, beside those that the file imports from it already.

    Args:
        source: the file.
        module: where they come from.
        names: each of them, with what the file calls it.

    Raises:
        EditError: the statement that imports from it is written on more than one line.

    """
    wanted = dict(names)
    for statement in source.tree.body:
        if isinstance(statement, ast.ImportFrom) and _module_of(statement) == module:
            text = source.text(statement)
            if "(" in text or "\n" in text or "\\" in text:
                raise EditError(f"the import from {module} has more than one line")
            wanted.update((alias.name, alias.asname or alias.name) for alias in statement.names)
            return replace_node(source, statement, _from(module, wanted).rstrip("\n"))
    position, text = _place_of_import(source, module, _from(module, wanted), ast.ImportFrom)
    return replace(source, position, position, text)


def _from(module: str, names: Mapping[str, str]) -> str:
    """Write an import of names, as the usual formatters do."""
    parts = [
        name if called == name else f"{name} as {called}"
        for name, called in sorted(names.items(), key=lambda item: _import_order(item[0]))
    ]
    line = f"from {module} import {', '.join(parts)}\n"
    if len(line) <= _LINE:
        return line
    lines = "".join(f"    {part},\n" for part in parts)
    return f"from {module} import (\n{lines})\n"


def import_beside(source: Source, node: ast.expr, name: str) -> tuple[Splice, ...]:
    """Import another name with the `from` statement of a name; sorted names stay sorted.

    Raises:
        EditError: no single statement imports it.

    """
    bound = getattr(node, "id", None)
    for statement in source.nodes.of(ast.ImportFrom):
        if any((alias.asname or alias.name) == bound for alias in statement.names):
            return (_with_name(source, statement, name),)
    raise EditError(f"no import statement imports {bound}")


def _imported_at_top(source: Source) -> dict[str, str]:
    """Return what the imports at the top level bring, with the name that stands for it."""
    found = {}
    for statement in source.tree.body:
        for alias in getattr(statement, "names", ()):
            if isinstance(statement, ast.ImportFrom):
                found[f"{_module_of(statement)}.{alias.name}"] = alias.asname or alias.name
            elif isinstance(statement, ast.Import):
                found[alias.name] = alias.asname or alias.name
    return {t: n for t, n in found.items() if n.partition(".")[0] not in source.names.bound}


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
    end = source.end(last)
    behind = _BEHIND_NAME.match(source.data, end)
    if indent and not indent.strip() and behind:
        # On a line of its own; the text after the last name stays in its place.
        comma, rest, newline = (group.decode() for group in behind.groups())
        text = f",{rest}{newline}{indent}{name}{comma.strip()}{newline}"
        return replace(source, end, behind.end(), text)
    between = f",\n{indent}" if not indent.strip() and indent else ", "
    # The statement is rewritten: an insertion after it would not count as a part of it.
    return replace_node(source, last, f"{source.text(last)}{between}{name}")


def _import_order(name: str) -> tuple[bool, bool, str]:
    """Order names as isort does: constants, classes, functions."""
    return (not name.isupper(), not name[:1].isupper(), name)


def _place_of_import(
    source: Source, module: str, statement: str, kind: type[ast.Import | ast.ImportFrom]
) -> tuple[int, str]:
    """Choose the place of an import as isort would: by section, `import` first, then by name.

    Lazy imports are after the others of their section.
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
            return before(source, node), statement
    if same:
        return source.line_end(source.end(same[-1])), statement
    later = [node for node in imports if _section(_module_of(node)) > own]
    if later:
        return before(source, later[0]), f"{statement}\n"
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
    return before(source, body[0]), f"{statement}\n\n"


def _leading_imports(source: Source) -> list[ast.Import | ast.ImportFrom]:
    """Return the imports at the top of a file, before its first other statement."""
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
