"""Where a value comes from: names followed through scopes, fixtures, functions and imports."""

from __future__ import annotations

import ast
import weakref
from functools import lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from async_test_template.source.items import Fixture
from async_test_template.source.nodes import FUNCTIONS, walk, walk_scope
from async_test_template.source.source import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.items import Test
    from async_test_template.source.source import Function, Source

    #: An expression or a definition, with the file it is in.
    Origin: TypeAlias = tuple[Source, ast.expr | ast.stmt]

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
#: Names may form a circle; an application is not passed on more often than this.
_STEPS = 8
# The content of a file does not change, and every name in it asks this.
_KNOWN: weakref.WeakKeyDictionary[Source, dict[ast.AST, dict[str, list[ast.expr | ast.stmt]]]] = (
    weakref.WeakKeyDictionary()
)
#: The files of modules, by the folder that asks. They stay where they are, too.
_FILES: weakref.WeakKeyDictionary[Project, dict[tuple[str, str], str | None]] = (
    weakref.WeakKeyDictionary()
)


def origin(project: Project, source: Source, node: ast.expr, steps: int = _STEPS) -> Origin | None:
    """Follow an expression to the one that creates its value, inside the repository.

    A name leads to what was assigned to it, a fixture or a function of the repository to what it
    returns, an import to the file that it names. The result is None if there is more than one way,
    or if a value comes from outside: from a package, or from a caller.
    """
    while isinstance(node, (ast.Await, ast.NamedExpr)):
        node = node.value
    if steps <= 0 or (isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)):
        return None
    if isinstance(node, ast.Call):
        made_by = origin(project, source, node.func, steps - 1)
        if made_by is None or not isinstance(made_by[1], FUNCTIONS):
            # It is a class, or comes from a package: the call itself creates the value.
            return source, node
        return _returned(project, *made_by, steps)
    found = _definition(project, source, node, steps - 1)
    if found is None or not isinstance(found[1], ast.expr):
        return found
    return origin(project, found[0], found[1], steps - 1)


def _returned(
    project: Project, source: Source, function: ast.expr | ast.stmt, steps: int
) -> Origin | None:
    """Follow the one expression that a function returns or, as a fixture, yields."""
    given = [
        node.value
        for node in walk_scope(function)
        if isinstance(node, (ast.Return, ast.Yield)) and node.value is not None
    ]
    return origin(project, source, given[0], steps - 1) if len(given) == 1 else None


def _definition(project: Project, source: Source, node: ast.expr, steps: int) -> Origin | None:
    if isinstance(node, ast.Attribute):
        if isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}:
            return _of_class(source, node)
        return _of_import(project, source, node, steps)
    if not isinstance(node, ast.Name):
        return source, node
    scope, bound = meaning(source, node)
    if not isinstance(scope, ast.Module) and node.id in _parameters(scope):
        return None if bound else _of_fixture(project, source, scope, node.id, steps)
    if bound:
        return (source, bound[0]) if len(bound) == 1 else None
    return _of_import(project, source, node, steps)


def meaning(
    source: Source, name: ast.Name
) -> tuple[Function | ast.Lambda | ast.Module, list[ast.expr | ast.stmt]]:
    """Find the closest scope that gives a name its meaning, and what the name is bound to there.

    A parameter that nothing is assigned to is bound to nothing. A name without a meaning in the
    file, or that only imports bind, belongs to the module.
    """
    for scope in source.around(name):
        if isinstance(scope, (*FUNCTIONS, ast.Lambda)):
            bound = bindings(source, scope, name.id)
            if bound or name.id in _parameters(scope):
                return scope, bound
    return source.tree, bindings(source, source.tree, name.id)


def _parameters(function: Function | ast.Lambda) -> set[str]:
    arguments = function.args
    rest = [argument for argument in (arguments.vararg, arguments.kwarg) if argument]
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *rest]
    return {argument.arg for argument in every}


def bindings(source: Source, scope: ast.AST, name: str) -> list[ast.expr | ast.stmt]:
    """Return what a name is bound to in a scope: values, or the definition of that name.

    If the value is unknown, as in a loop, that is the name itself.
    """
    known = _KNOWN.setdefault(source, {})
    if scope not in known:
        known[scope] = _bindings(scope)
    return known[scope].get(name, [])


def is_local(source: Source, name: ast.Name) -> bool:
    """Tell whether a function, a class or a comprehension gives a name its meaning where it is."""
    scopes = [*_scopes(source, name)]
    # The methods of a class do not see its names.
    seen = [scope for scope in scopes if scope is scopes[0] or not isinstance(scope, ast.ClassDef)]
    return any(_binds(source, scope, name.id) for scope in seen)


def _scopes(source: Source, name: ast.Name) -> Iterator[ast.AST]:
    """Yield the scopes around a name, the closest first, without the module's."""
    inner: ast.AST = name
    for around in source.around(name):
        if isinstance(around, _COMPREHENSIONS):
            # The first iterable belongs to what is around it.
            if inner is not around.generators[0] or name not in walk(around.generators[0].iter):
                yield around
        elif isinstance(around, (*FUNCTIONS, ast.ClassDef)):
            # So do decorators and defaults.
            if inner in around.body:
                yield around
        elif isinstance(around, ast.Lambda) and inner is around.body:
            yield around
        inner = around


def _binds(source: Source, scope: ast.AST, name: str) -> bool:
    if isinstance(scope, (*FUNCTIONS, ast.Lambda)) and name in _parameters(scope):
        return True
    if scope in _storing(source, name):
        return True
    definitions = (*FUNCTIONS, ast.ClassDef)
    return any(isinstance(one, definitions) for one in bindings(source, scope, name))


# Each mention of a name asks this.
@lru_cache(maxsize=16)
def _storing(source: Source, name: str) -> frozenset[ast.AST]:
    """Return the scopes in which a name is assigned."""
    return frozenset(
        next(_scopes(source, node), source.tree)
        for node in source.mentions.get(name, ())
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    )


def _bindings(scope: ast.AST) -> dict[str, list[ast.expr | ast.stmt]]:
    found: dict[str, list[ast.expr | ast.stmt]] = {}
    known: set[ast.expr | None] = set()
    stored: list[ast.Name] = []
    for node in walk_scope(scope):
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            found.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            stored.append(node)
        for target, value in _assigned(node):
            if value is not None and isinstance(target, ast.Name):
                known.add(target)
                found.setdefault(target.id, []).append(value)
    for name in stored:
        if name not in known:
            found.setdefault(name.id, []).append(name)
    return found


def _assigned(node: ast.AST) -> Iterator[tuple[ast.expr | None, ast.expr | None]]:
    """Yield the targets of a statement with the value that each gets."""
    if isinstance(node, ast.Assign):
        yield from ((target, node.value) for target in node.targets)
    elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
        yield node.target, node.value
    elif isinstance(node, ast.withitem):
        # A client's `with` provides the client.
        yield node.optional_vars, node.context_expr


def _of_class(source: Source, node: ast.Attribute) -> Origin | None:
    """Find the one value that a class gives to `self.name`, in a method or in its body."""
    owner = next((n for n in source.around(node) if isinstance(n, ast.ClassDef)), None)
    if owner is None:
        return None
    found = [*bindings(source, owner, node.attr)]
    for inner in walk(owner):
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


def _of_fixture(
    project: Project, source: Source, function: Function | ast.Lambda, name: str, steps: int
) -> Origin | None:
    """Find what the fixture of that name returns, for a parameter that pytest fills in."""
    item = project.code.at(source.file, function.lineno)
    if isinstance(function, ast.Lambda) or item is None or name not in item.requests:
        return None
    fixture = fixture_for(project, item, name)
    if fixture is None or not fixture.function or project.code.may_bring(name, item.file):
        return None
    made_in = project.code.sources.get(fixture.file)
    return _returned(project, made_in, made_in.functions[fixture.line], steps)


def fixture_for(project: Project, item: Fixture | Test, name: str) -> Fixture | None:
    """Find the fixture that a test or a fixture gets by a name, see `Index.find`."""
    besides = item if isinstance(item, Fixture) else None
    return project.code.find(name, item.file, item.owner, besides=besides)


def _of_import(project: Project, source: Source, node: ast.expr, steps: int) -> Origin | None:
    """Find what an import inside the repository imports, at the top of the file that it names."""
    if steps <= 0 or not source.names.is_certain(node):
        return None
    module, _, name = source.names.resolve(node).lstrip(".").rpartition(".")
    file = file_of(project, source.file, module)
    if file is None:
        return None
    try:
        other = project.code.sources.get(file)
        bound = bindings(other, other.tree, name)
    except Unreadable:
        return None
    if bound:
        return (other, bound[0]) if len(bound) == 1 else None
    # What a package passes on from one of its modules.
    return _of_import(project, other, ast.Name(name, ast.Load()), steps - 1)


class Meaning(NamedTuple):
    """What a dotted name stands for.

    Attributes:
        module: the module that the name leads through last.
        source: the file that what it stands for is in, which may be another one.
        meant: the definition, or the value.

    """

    module: Source
    source: Source
    meant: ast.expr | ast.stmt


def stands_for(project: Project, file: str, name: str) -> Meaning | None:
    """Find what a dotted name stands for, which `patch` would replace for a file.

    Args:
        project: the repository.
        file: where the name is written.
        name: of something in a module, or in a class of one.

    Returns:
        None if the name leads out of the repository, or has more than one meaning.

    """
    module, _, last = name.rpartition(".")
    found = file_of(project, file, module)
    owner = ""
    if found is None:
        module, _, owner = module.rpartition(".")
        found = file_of(project, file, module)
    if found is None:
        return None
    try:
        source = project.code.sources.get(found)
        meant = _at_top(project, source, owner or last)
        if owner and meant is not None and isinstance(meant[1], ast.ClassDef):
            bound = bindings(meant[0], meant[1], last)
            meant = (meant[0], bound[0]) if len(bound) == 1 else None
        elif owner:
            meant = None
    except Unreadable:
        return None
    return Meaning(source, *meant) if meant is not None else None


def _at_top(project: Project, source: Source, name: str) -> Origin | None:
    """Find what the only thing is that a name at the top of a file is bound to."""
    bound = bindings(source, source.tree, name)
    if bound:
        return (source, bound[0]) if len(bound) == 1 else None
    return _of_import(project, source, ast.Name(name, ast.Load()), _STEPS)


def file_of(project: Project, file: str, module: str) -> str | None:
    """Find a module's file on pytest's paths and the usual ones, the closest folder first."""
    known = _FILES.setdefault(project, {})
    asked = file.rpartition("/")[0], module
    if asked not in known:
        known[asked] = next(filter(partial(_is_there, project), _candidates(*asked)), None)
    return known[asked]


def _candidates(folder: str, module: str) -> Iterator[str]:
    """Yield the paths that a module may have."""
    if not module:
        return
    folders = folder.split("/") if folder else []
    places = ["/".join(folders[:depth]) for depth in range(len(folders), -1, -1)]
    path = module.replace(".", "/")
    for place in (*places, "src"):
        begin = f"{place}/" if place else ""
        yield from (f"{begin}{path}.py", f"{begin}{path}/__init__.py")


def _is_there(project: Project, file: str) -> bool:
    return project.tree.read(file) is not None
