"""Classes of tests on aiohttp's `AioHTTPTestCase`, and the methods that have another name now."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.rules.on_code import is_super
from async_test_template.source import changes
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source

BASE = "aiohttp.test_utils.AioHTTPTestCase"
#: The first aiohttp whose test case is unittest's, and starts the server in its async set-up.
SINCE = "3.8"


def methods(source: Source, names: frozenset[str]) -> Iterator[tuple[ast.ClassDef, Function]]:
    """Yield the methods with such names and their class, which derives from aiohttp's."""
    classes: set[str] = set()
    for node in sorted(source.nodes.of(ast.ClassDef), key=lambda node: node.lineno):
        bases = {source.names.resolve(base) for base in node.bases}
        if BASE in bases or bases & classes:
            classes.add(node.name)
            for statement in node.body:
                if (
                    isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef))
                    and statement.name in names
                ):
                    yield node, statement


def renamed(
    project: Project, source: Source, owner: ast.ClassDef, function: Function, new: str
) -> tuple[Edit, ...]:
    """Return the edits that rename a method, and its calls of the same one of its base class.

    Raises:
        EditError: something else may call or override it by the old name.

    """
    old = function.name
    calls = [n for n in walk(function) if isinstance(n, ast.Attribute) and n.attr == old]
    inside = set(calls)
    for node in source.nodes.of(ast.Attribute):
        if node.attr == old and node not in inside and not is_super(node):
            raise EditError(f"line {node.lineno} uses {old} too")
    if not all(map(is_super, calls)):
        raise EditError(f"it uses the {old} of another class than its base class")
    if re.search(rb"[\"']%s[\"']" % old.encode(), source.data):
        raise EditError(f"a string contains {old}")
    _check_family(project, source, owner, old, new)
    start = source.data.index(old.encode(), source.start(function))
    return (
        changes.replace(source, start, start + len(old), new),
        *(changes.replace(source, source.end(n) - len(old), source.end(n), new) for n in calls),
    )


def _check_family(
    project: Project, source: Source, owner: ast.ClassDef, old: str, new: str
) -> None:
    """Refuse if not all classes that belong together get the new name together.

    If only one had the new name, it would hide the others, or they would no longer reach it.

    Raises:
        EditError: one cannot be renamed, or may be unknown.

    """
    family = _family(source, owner)
    renamed_too = {function for _, function in methods(source, frozenset({old}))}
    found = []
    for cls in family:
        for node in cls.body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                if node.name == new:
                    raise EditError(f"{cls.name} already has a {new}")
                if node.name == old:
                    found.append(node)
    for node in found:
        is_sure = isinstance(node, ast.AsyncFunctionDef) and node in renamed_too
        if len(found) > 1 and not is_sure:
            raise EditError(f"the {old} in line {node.lineno} belongs to it, and may have to stay")
    lines = {node.lineno for node in family}
    for module in project.code.modules:
        if module.file != source.file and any(
            file == source.file and held.line in lines
            for cls in module.classes
            for file, held in project.code.lineage.kin(module.file, cls).classes
        ):
            raise EditError(f"{module.file} has classes that derive from {owner.name}")
    _check_mixins(project, source, family, old)


def _family(source: Source, owner: ast.ClassDef) -> list[ast.ClassDef]:
    """Return the classes of a file that a class is based on, or that have such a base with it."""
    bases = {
        node: {source.names.resolve(base) for base in node.bases}
        for node in source.nodes.of(ast.ClassDef)
    }
    names = {owner.name} | bases[owner]
    size = 0
    while size != len(names):
        size = len(names)
        for node, above in bases.items():
            # Two classes are not related just because both have a method from aiohttp.
            if node.name in names or above & (names - {BASE}):
                names |= {node.name} | above
    return [node for node in bases if node.name in names]


def _check_mixins(project: Project, source: Source, family: list[ast.ClassDef], old: str) -> None:
    """Refuse where a class is based on one of another file, and a file has a method of that name.

    Raises:
        EditError: it may be the method of that base.

    """
    known = {node.name for node in family} | {BASE}
    bases = {source.names.resolve(base) for node in family for base in node.bases} - known
    if all(base.startswith("unittest.") for base in bases):
        return
    defined = re.compile(rb"\bdef\s+%s\b" % old.encode())
    for file, _ in project.reader.mentioning(defined, (old.encode(),)):
        if file != source.file:
            raise EditError(f"{file} has a {old} too, which may belong to it")


def calls_super(function: Function) -> bool:
    """Tell whether a method uses `super()`, or names the class whose method it calls."""
    return any(
        (isinstance(node, ast.Name) and node.id == "super")
        or (isinstance(node, ast.Attribute) and node.attr == function.name)
        for node in walk(function)
    )
