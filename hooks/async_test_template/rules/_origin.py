"""Where a value comes from: names followed through scopes, fixtures, functions and imports."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source

    #: An expression or a definition, with the file it stands in.
    Origin: TypeAlias = tuple[Source, ast.expr | ast.stmt]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SCOPES = (*_FUNCTIONS, ast.Lambda)
#: Names may lead in circles; nobody hands an application on more often than this.
_STEPS = 8


def origin(project: Project, source: Source, node: ast.expr, steps: int = _STEPS) -> Origin | None:
    """Follow an expression to the one that makes its value, inside the repository.

    A name leads to what it was assigned, a fixture or a function of the repository to what it
    returns, an import to the file that it names. None where there is more than one way, or where
    a value comes from outside: from a package, or from a caller.
    """
    while isinstance(node, (ast.Await, ast.NamedExpr)):
        node = node.value
    if steps == 0:
        return None
    if isinstance(node, ast.Call):
        made_by = origin(project, source, node.func, steps - 1)
        if made_by is None or not isinstance(made_by[1], _FUNCTIONS):
            # A class, or something of a package: the call itself makes the value.
            return source, node
        return _returned(project, *made_by, steps)
    found = _definition(project, source, node)
    if found is None or not isinstance(found[1], ast.expr):
        return found
    return origin(project, found[0], found[1], steps - 1)


def _returned(
    project: Project, source: Source, function: ast.expr | ast.stmt, steps: int
) -> Origin | None:
    """Follow the one expression that a function returns or, as a fixture, yields."""
    given = [
        node.value
        for node in own_nodes(function)
        if isinstance(node, (ast.Return, ast.Yield)) and node.value is not None
    ]
    return origin(project, source, given[0], steps - 1) if len(given) == 1 else None


def own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a scope's body without those of the functions within."""
    waiting: list[ast.AST] = list(getattr(scope, "body", ()))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _SCOPES):
            waiting.extend(ast.iter_child_nodes(node))


def _definition(project: Project, source: Source, node: ast.expr) -> Origin | None:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        if node.value.id in {"self", "cls"}:
            return _of_class(source, node)
    elif not isinstance(node, ast.Name):
        return (source, node) if not isinstance(node, ast.Attribute) else None
    if isinstance(node, ast.Name):
        for around in source.around(node):
            if not isinstance(around, _FUNCTIONS):
                continue
            if node.id in {argument.arg for argument in _arguments(around)}:
                return _of_fixture(project, source, around, node.id)
            if bound := bindings(around, node.id):
                return (source, bound[0]) if len(bound) == 1 else None
        if bound := bindings(source.tree, node.id):
            return (source, bound[0]) if len(bound) == 1 else None
    return _of_import(project, source, node)


def _arguments(function: Function) -> list[ast.arg]:
    arguments = function.args
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]


def bindings(scope: ast.AST, name: str) -> list[ast.expr | ast.stmt]:
    """Give what a name is bound to in a scope: values, or the definition of that name."""
    found: list[ast.expr | ast.stmt] = []
    for node in own_nodes(scope):
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)) and node.name == name:
            found.append(node)
        elif isinstance(node, ast.Assign):
            found += [node.value for target in node.targets if _is_named(target, name)]
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
            if node.value is not None and _is_named(node.target, name):
                found.append(node.value)
        elif isinstance(node, ast.withitem) and _is_named(node.optional_vars, name):
            # A client's `with` hands out the client.
            found.append(node.context_expr)
    return found


def _is_named(target: ast.expr | None, name: str) -> bool:
    return isinstance(target, ast.Name) and target.id == name


def _of_class(source: Source, node: ast.Attribute) -> Origin | None:
    """Find the one value that a class gives to `self.name`, in a method or in its body."""
    owner = next((n for n in source.around(node) if isinstance(n, ast.ClassDef)), None)
    if owner is None:
        return None
    found = bindings(owner, node.attr)
    for inner in ast.walk(owner):
        if isinstance(inner, ast.Assign):
            found += [
                inner.value
                for target in inner.targets
                if isinstance(target, ast.Attribute)
                and target.attr == node.attr
                and isinstance(target.value, ast.Name)
                and target.value.id in {"self", "cls"}
            ]
    return (source, found[0]) if len(found) == 1 else None


def _of_fixture(project: Project, source: Source, function: Function, name: str) -> Origin | None:
    """Find what the fixture of that name returns, for a parameter that pytest fills in."""
    item = project.code.at.get((source.file, function.lineno))
    if item is None or name not in item.requests:
        return None
    fixture = project.code.find(name, item.file, item.owner)
    if fixture is None or not fixture.function or project.code.may_bring(name, item.file):
        return None
    made_in = project.code.sources.get(fixture.file)
    return _returned(project, made_in, made_in.functions[fixture.line], _STEPS)


def _of_import(project: Project, source: Source, node: ast.expr) -> Origin | None:
    """Find what an import inside the repository brings, at the top of the file it names."""
    if not source.names.is_certain(node):
        return None
    module, _, name = source.names.resolve(node).lstrip(".").rpartition(".")
    file = _file_of(project, source.file, module)
    if file is None:
        return None
    from async_test_template.source.source import Unreadable

    try:
        other = project.code.sources.get(file)
        bound = bindings(other.tree, name)
    except Unreadable:
        return None
    if bound:
        return (other, bound[0]) if len(bound) == 1 else None
    # What a package hands on from one of its modules.
    handed_on = ast.Name(name, ast.Load())
    return _of_import(project, other, handed_on) if other is not source else None


def _file_of(project: Project, file: str, module: str) -> str | None:
    """Find a module's file: by pytest's paths and the usual ones, the closest folder first."""
    folders = file.split("/")[:-1]
    places = ["/".join(folders[:depth]) for depth in range(len(folders), -1, -1)]
    path = module.replace(".", "/")
    for place in (*places, "src"):
        begin = f"{place}/" if place else ""
        for candidate in (f"{begin}{path}.py", f"{begin}{path}/__init__.py"):
            if module and project.tree.read(candidate) is not None:
                return candidate
    return None
