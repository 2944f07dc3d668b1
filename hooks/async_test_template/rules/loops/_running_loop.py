"""Async functions that get the running loop themselves, instead of through a parameter."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.rules.on_code import is_called, uses
from async_test_template.source import changes, new_imports
from async_test_template.source.nodes import walk, walk_scope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.items import Fixture, Test
    from async_test_template.source.source import Function, Source

_CALL_OF_TEST = re.compile(rb"(?<!def )(?<![\w\x80-\xff])(test[\w\x80-\xff]*)\(")


_UNSURE = (ast.Global, ast.Nonlocal, ast.Delete)


def without_parameter(
    project: Project, source: Source, function: Function, name: str
) -> tuple[Edit, ...]:
    """Return the edits that make an async function get the running loop itself.

    Raises:
        EditError: something calls it, or the meaning of the name is not certain.

    """
    if is_called(source, function) or is_called_elsewhere(project, source, function):
        raise EditError("something calls it by name")
    edits: list[Edit] = [changes.remove_parameter(source, function, name)]
    if uses(function, name):
        if any(isinstance(n, _UNSURE) for n in walk(function)):
            raise EditError("it declares names global or deletes them")
        edits += _with_loop(source, function, name)
    return tuple(edits)


def _with_loop(source: Source, function: Function, name: str) -> Iterator[Edit]:
    """Yield the edits that give a function the running loop, under a name.

    Raises:
        EditError: the function itself uses the name of asyncio for something else, or too late.

    """
    module, imports = new_imports.bind_module(source, "asyncio")
    statement = f"{name} = {module}.get_running_loop()"
    own = [node for node in walk_scope(function) if module in _bound(node)]
    if not own:
        yield from (changes.prepend_statement(source, function, statement), *imports)
        return
    first = own[0]
    if len(own) > 1 or not isinstance(first, ast.Import) or first not in function.body:
        raise EditError(f"it uses the name {module} itself")
    is_early = any(
        node.id == name and node.lineno <= first.lineno
        for node in walk(function)
        if isinstance(node, ast.Name)
    )
    if is_early or source.text(first) != "import asyncio":
        raise EditError(f"it uses the name {module} itself")
    end = source.end(first)
    yield changes.replace(source, end, end, f"\n{' ' * first.col_offset}{statement}")


def _bound(node: ast.AST) -> set[str]:
    """Return the names that a statement or an expression binds."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    return {node.id} if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else set()


def is_called_elsewhere(project: Project, source: Source, function: Function) -> bool:
    """Tell whether another file with tests seems to call a test by name.

    It may be imported there, or belong to a base of a class there. Fixtures cannot be
    called.
    """
    if not function.name.startswith("test"):
        return False
    return bool(_calls_of_tests(project).get(function.name.encode(), set()) - {source.file})


# Only one project is used at a time, and each function that asks for a loop asks this.
@lru_cache(maxsize=4)
def _calls_of_tests(project: Project) -> dict[bytes, set[str]]:
    """Return the files that seem to call a test by name."""
    found: dict[bytes, set[str]] = {}
    for module in project.code.modules:
        for name in _CALL_OF_TEST.findall(project.tree.read(module.file) or b""):
            found.setdefault(name, set()).add(module.file)
    return found


def can_do_without(project: Project, item: Fixture | Test, name: str) -> bool:
    """Tell whether a function is async and its parameter of that name can be removed."""
    if not item.is_async:
        return False
    source = project.code.sources.get(item.file)
    try:
        without_parameter(project, source, source.functions[item.line], name)
    except (EditError, StopIteration):
        return False
    return True
