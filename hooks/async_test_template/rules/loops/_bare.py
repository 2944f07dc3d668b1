"""Code that runs without an event loop: where pytest calls it."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.rules.loops._left_out import left_out, passed_on
from async_test_template.rules.on_code import is_below, is_super
from async_test_template.source.items import Fixture, Test
from async_test_template.source.names import dotted
from async_test_template.source.nodes import FUNCTIONS, callee

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeGuard

    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source

#: Methods that pytest and unittest call around tests.
SETUPS = frozenset(
    [
        *(f"setup_{what}" for what in ("method", "class", "module", "function")),
        *(f"teardown_{what}" for what in ("method", "class", "module", "function")),
        *(f"{when}{what}" for when in ("setUp", "tearDown") for what in ("", "Class", "Module")),
    ]
)
#: It makes an object for each test of a `unittest` class.
CONSTRUCTOR = "__init__"
#: Hooks that pytest calls when no fixture is alive.
_HOOKS = re.compile(r"pytest_(?:addoption|configure|unconfigure|session|collect|generate|plugin)")
#: Decorators of tests that call the tests unchanged.
_LEAVES_ALONE = re.compile(
    r"pytest\.mark\.|(?:unittest\.)?mock\.patch|unittest\.(?:skip|expected)|(?:static|class)method"
    r"|(?:freezegun|hypothesis|parameterized|respx|responses)\."
)
_WRAPPERS = {"staticmethod", "classmethod", "contextlib.contextmanager", "functools.wraps"}


#: How many functions are followed from one place: longer chains are rare.
_MOST_FUNCTIONS = 100


class Root(NamedTuple):
    """Where code starts to run without a running loop.

    Attributes:
        source: the file.
        function: the function that pytest calls, None if the module is imported.
        item: the test or the fixture, if it is one.
        path: the functions that lead from there to the code, the code's own first.
        place: where the function calls the next of them, or the code itself.

    """

    source: Source
    function: Function | None
    item: Fixture | Test | None
    path: tuple[tuple[Source, Function], ...]
    place: ast.AST


def context(source: Source, node: ast.AST) -> ast.AST:
    """Return the function or the lambda in which a place runs, or the module.

    Decorators and defaults run with the code around the function.
    """
    known = _contexts(source)
    passed = [node]
    found: ast.AST = source.tree
    for around in source.around(node):
        child = passed[-1]
        if (isinstance(around, ast.Lambda) and child is around.body) or (
            isinstance(around, FUNCTIONS) and child in around.body
        ):
            found = around
            break
        if around in known:
            found = known[around]
            break
        passed.append(around)
    known.update(dict.fromkeys(passed, found))
    return found


# The places of a file are asked about one after the other, and each `elif` is in the one before.
@lru_cache(maxsize=2)
def _contexts(_source: Source) -> dict[ast.AST, ast.AST]:
    return {}


def roots(project: Project, source: Source, node: ast.AST) -> Iterator[Root]:
    """Yield what runs a place without a loop: tests, fixtures, set-ups, hooks, an import."""
    yield from _Search(project).of(source, node, ())


class _Search:
    """Follows calls from a place to its callers, over files."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._seen: set[ast.AST] = set()

    def of(
        self,
        source: Source,
        node: ast.AST,
        path: tuple[tuple[Source, Function], ...],
        missing: frozenset[str] = frozenset(),
    ) -> Iterator[Root]:
        found = context(source, node)
        if isinstance(found, ast.Module):
            if _is_imported(self._project, source) and not _is_main(source, node):
                yield Root(source, None, None, path, node)
        elif self._is_new(found):
            self._seen.add(found)
            path = (*path, (source, found))
            item = _item(self._project, source, found)
            is_hook = source.file.endswith("conftest.py") and _HOOKS.match(found.name)
            is_set_up = found.name in SETUPS or _is_made_by_unittest(self._project, source, found)
            if item is not None or is_set_up or is_hook:
                # What such a function passes is no parameter that may be missing.
                if not missing and _is_run(source, found, item):
                    yield Root(source, found, item, path, node)
            elif all(_called(source, d) in _WRAPPERS for d in found.decorator_list):
                yield from self._callers(source, node, path, missing)

    def _callers(
        self,
        source: Source,
        node: ast.AST,
        path: tuple[tuple[Source, Function], ...],
        missing: frozenset[str],
    ) -> Iterator[Root]:
        found = path[-1][1]
        around = source.parents[found]
        named = around if isinstance(around, ast.ClassDef) else found
        is_hidden = source.parents[named] is source.tree and _last(source)[named.name] is not named
        if is_hidden or not isinstance(found, ast.FunctionDef):
            return
        if missing or not is_among_tests(self._project, source.file):
            yield from self._of_application(source, node, path, missing)
            return
        for caller, call in self._calls(source, found):
            yield from self.of(caller, call, path)
        yield from self._decorated(source, found, path)

    def _of_application(
        self,
        source: Source,
        node: ast.AST,
        path: tuple[tuple[Source, Function], ...],
        missing: frozenset[str],
    ) -> Iterator[Root]:
        """Yield the tests, fixtures and set-ups that call a function, or make an object.

        Only those that pass nothing with which the function could do without the current loop.
        """
        function = path[-1][1]
        wanted = left_out(source, node, function)
        if wanted is None or not isinstance(function, ast.FunctionDef):
            return
        is_method = isinstance(source.parents[function], ast.ClassDef)
        calls = self._made(source, function) if is_method else ()
        for caller, call in (*self._calls(source, function), *calls):
            within = context(caller, call)
            if not isinstance(call, ast.Call):
                continue
            is_bound = is_method and not _passes_itself(call)
            more = passed_on(call, function, wanted | missing, within, is_bound=is_bound)
            if more is not None and not (more and isinstance(within, ast.Module)):
                yield from self.of(caller, call, path, more)

    def _made(self, source: Source, function: ast.FunctionDef) -> Iterator[tuple[Source, ast.AST]]:
        """Yield the calls of a class whose `__init__` it is, and of those that derive from it."""
        around = source.parents[function]
        if function.name != CONSTRUCTOR or not isinstance(around, ast.ClassDef):
            return
        yield from self._calls_of(source, around)
        for derived in _derived(source).get(around.name, ()):
            own = [n for n in derived.body if isinstance(n, FUNCTIONS) and n.name == CONSTRUCTOR]
            if not own:
                yield from self._calls_of(source, derived)
            for node in ast.walk(own[0]) if own else ():
                if isinstance(node, ast.Call) and _is_init_of(source, node, around):
                    yield source, node

    def _decorated(
        self, source: Source, found: ast.FunctionDef, path: tuple[tuple[Source, Function], ...]
    ) -> Iterator[Root]:
        """Yield the tests and set-ups in whose place a decorator of the tests puts a function."""
        outer = source.parents[found]
        if not isinstance(outer, ast.FunctionDef) or _last(source).get(outer.name) is not outer:
            return
        if not any(isinstance(n, ast.Return) and _is_named(n.value, found) for n in outer.body):
            return
        others = (other for other, _ in _others(self._project, source, outer.name))
        for one in (source, *others):
            names = {outer.name} if one is source else _dotted(one, source, outer.name)
            for function in one.functions.values():
                item = self._project.code.at(one.file, function.lineno)
                is_root = isinstance(item, Test) or function.name in SETUPS
                if is_root and _is_replaced(one, function, names):
                    yield Root(one, function, item, (*path, (source, outer)), function)

    def _is_new(self, node: ast.AST) -> TypeGuard[ast.FunctionDef]:
        is_new = isinstance(node, ast.FunctionDef) and node not in self._seen
        return is_new and len(self._seen) < _MOST_FUNCTIONS

    def _calls(self, source: Source, function: ast.FunctionDef) -> Iterator[tuple[Source, ast.AST]]:
        around = source.parents[function]
        for node in source.mentions.get(function.name, ()):
            call = source.parents[node]
            if not isinstance(call, ast.Call) or call.func is not node:
                continue
            if isinstance(around, ast.ClassDef):
                # `self.make()`, in the class or in a class of the file that derives from it.
                if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                    yield source, call
            elif isinstance(node, ast.Name) and (
                around is source.tree or around in source.around(node)
            ):
                yield source, call
        if around is source.tree:
            yield from self._elsewhere(source, function.name)

    def _calls_of(self, source: Source, made: ast.ClassDef) -> Iterator[tuple[Source, ast.AST]]:
        if source.parents[made] is source.tree:
            for call in source.calls(made.name):
                yield source, call
            yield from self._elsewhere(source, made.name)

    def _elsewhere(self, source: Source, name: str) -> Iterator[tuple[Source, ast.AST]]:
        """Yield the calls of a function or a class in other files with tests."""
        for other, ways in _others(self._project, source, name):
            for call in other.calls(*ways):
                yield other, call


def _item(project: Project, source: Source, function: ast.FunctionDef) -> Fixture | Test | None:
    """Return the fixture or the test that a function is, in a file of the index or another one."""
    if source.file in project.code.by_file:
        return project.code.at(source.file, function.lineno)
    module = project.code.sources.module(source.file)
    found: list[Fixture | Test] = [*module.tests, *module.fixtures] if module is not None else []
    return next((item for item in found if item.line == function.lineno), None)


def _is_made_by_unittest(project: Project, source: Source, function: ast.FunctionDef) -> bool:
    """Tell whether a function is called for each test of a `unittest` class, at collection."""
    around = source.parents[function]
    if function.name != CONSTRUCTOR or not isinstance(around, ast.ClassDef):
        return False
    kin = project.code.lineage.kin_at(source.file, around.lineno)
    return kin is not None and kin.is_unittest


def _is_run(source: Source, function: Function, item: Fixture | Test | None) -> bool:
    """Tell whether pytest calls a function itself: another decorator may run a test in a loop."""
    return not isinstance(item, Test) or all(
        _LEAVES_ALONE.match(_called(source, d)) for d in function.decorator_list
    )


def _is_init_of(source: Source, call: ast.Call, owner: ast.ClassDef) -> bool:
    """Tell whether a method calls the `__init__` of a class that its own derives from."""
    called = call.func
    return (
        isinstance(called, ast.Attribute)
        and called.attr == CONSTRUCTOR
        and (is_super(called) or source.text(called.value) == owner.name)
    )


def _passes_itself(call: ast.Call) -> bool:
    """Tell whether a call is one of a class, which gets the object first."""
    called = call.func
    is_init = isinstance(called, ast.Attribute) and called.attr == CONSTRUCTOR
    return is_init and not is_super(called)


def _is_replaced(source: Source, function: Function, names: set[str]) -> bool:
    """Tell whether one of these decorators replaces a function, and no other does."""
    called = [_called(source, decorator) for decorator in function.decorator_list]
    rest = [name for name in called if name not in names]
    return len(rest) < len(called) and all(map(_LEAVES_ALONE.match, rest))


# Each function of a file asks.
@lru_cache(maxsize=2)
def _last(source: Source) -> dict[str, ast.stmt]:
    """Return what the name of each function or class at the top level of a file stands for."""
    kinds = (*FUNCTIONS, ast.ClassDef)
    return {node.name: node for node in source.tree.body if isinstance(node, kinds)}


# Each class of a file asks.
@lru_cache(maxsize=2)
def _derived(source: Source) -> dict[str, list[ast.ClassDef]]:
    """Return the classes of a file by the name of each that they derive from."""
    found: dict[str, list[ast.ClassDef]] = {}
    for node in source.nodes.of(ast.ClassDef):
        for base in node.bases:
            if isinstance(base, ast.Name):
                found.setdefault(base.id, []).append(node)
    return found


def _is_named(node: ast.expr | None, function: ast.FunctionDef) -> bool:
    return isinstance(node, ast.Name) and node.id == function.name


def _called(source: Source, decorator: ast.expr) -> str:
    return source.names.resolve(callee(decorator))


def _is_main(source: Source, node: ast.AST) -> bool:
    """Tell whether only `python file.py`, or a type checker, runs a place."""
    return is_below(source, node, _NOT_IMPORTED)


_NOT_IMPORTED = re.compile(r"\b__name__\b|\bTYPE_CHECKING\b")


def _is_imported(project: Project, source: Source) -> bool:
    """Tell whether pytest, or a file of tests, imports a file."""
    module = project.code.by_file[source.file]
    if module.tests or module.fixtures or source.file.endswith("conftest.py"):
        return True
    # Also one without tests, if it has a name of theirs.
    if project.reader.is_test_file(source.file) and project.collection.collects(source.file):
        return True
    return is_among_tests(project, source.file) and any(_others(project, source, ""))


def _others(project: Project, source: Source, name: str) -> Iterator[tuple[Source, set[str]]]:
    """Yield the files of tests that import a file, and the dotted names of something in it there.

    Only files in which the name of that is written.
    """
    is_own = is_among_tests(project, source.file)
    # The package of an application may hand on what one of its files has.
    words = (_path(source.file)[-1].encode(), name.encode()) if is_own else (name.encode(),)
    for module in project.code.modules:
        if module.file == source.file or not (
            module.tests or module.fixtures or module.file.endswith("conftest.py")
        ):
            continue
        data = project.tree.read(module.file) or b""
        if all(word in data for word in words) and (
            ways := _ways(project, module.file, source, name)
        ):
            yield project.code.sources.get(module.file), ways
    if name and not is_own:
        word = re.compile(rb"\b" + re.escape(name.encode()) + rb"\b")
        for left, _ in project.reader.left_out(word, (name.encode(),)):
            if ways := _ways(project, left, source, name):
                yield project.code.sources.get(left), ways


def _ways(project: Project, file: str, source: Source, name: str) -> set[str]:
    """Return the dotted names by which another file may call what is in a file."""
    module = project.code.sources.module(file)
    targets = module.targets if module is not None else {}
    ways = {
        target
        for own, target in targets.items()
        if name
        and target.endswith(f".{name}")
        and (source.file, name) in project.code.lineage.steps(file, own)
    }
    # Most files with the name in them import another one, which is known without parsing them.
    if _may_import(targets.values(), source.file):
        ways |= _dotted(project.code.sources.get(file), source, name)
    return ways


def _may_import(targets: Iterable[str], file: str) -> bool:
    """Tell whether one of the names that an import binds may be a file, or something in it.

    `import tests.helpers` binds `tests`.
    """
    path = _path(file)
    return any(path[-1] in target.split(".")[-2:] or target in path for target in targets)


def is_among_tests(project: Project, file: str) -> bool:
    """Tell whether a file is in a folder of tests, or beside a file with tests."""
    folder = file.rpartition("/")[0]
    if {"tests", "test", "testing"} & set(folder.split("/")):
        return True
    return any(
        module.file.rpartition("/")[0] == folder
        for module in project.code.modules
        if module.tests or module.file.endswith("conftest.py")
    )


def _dotted(other: Source, source: Source, name: str) -> set[str]:
    """Return the ways in which another file that imports this one may write a name."""
    path = _path(source.file)
    ends = {".".join(path[start:]) for start in range(len(path))}
    here = other.file.split("/")[:-1]
    found = set()
    for module in modules(other):
        level = len(module) - len(module.lstrip("."))
        if level:
            base = here[: len(here) - level + 1]
            whole = ".".join([*base, module[level:]]).strip(".")
            matches = whole == ".".join(path)
        else:
            matches = module in ends
        if matches:
            found.add(dotted(module, name))
    return found


def _path(file: str) -> list[str]:
    """Return the names of the folders of a module, and its own."""
    return file.removesuffix("/__init__.py").removesuffix(".py").split("/")


# Each function that asks for a loop asks this of the same few files.
@lru_cache(maxsize=8)
def modules(other: Source) -> tuple[str, ...]:
    """Return the modules that a file imports, or imports from, with their resolved names."""
    return tuple(dict.fromkeys(_imported(other)))


def _imported(other: Source) -> Iterator[str]:
    for node in other.nodes.near(b"import"):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield module
            # `from tests import helpers`, `from . import helpers`
            yield from (dotted(module, alias.name) for alias in node.names)
