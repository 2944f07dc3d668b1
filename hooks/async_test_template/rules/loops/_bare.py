"""Code that runs without an event loop: where pytest calls it, and where there is a loop anyway."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.rules.on_code import is_below
from async_test_template.source.items import Fixture, Test
from async_test_template.source.nodes import callee, walk
from async_test_template.source.source import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeGuard

    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
#: Methods that pytest and unittest call around tests.
SETUPS = frozenset(
    [
        *(f"setup_{what}" for what in ("method", "class", "module", "function")),
        *(f"teardown_{what}" for what in ("method", "class", "module", "function")),
        *(f"{when}{what}" for when in ("setUp", "tearDown") for what in ("", "Class", "Module")),
    ]
)
#: Hooks that pytest calls when no fixture is alive.
_HOOKS = re.compile(r"pytest_(?:addoption|configure|unconfigure|session|collect|generate|plugin)")
#: Fixtures of plugins that set a current loop, by a common part of their names.
_WITH_LOOP = re.compile(r"loop|aiohttp|hass|sanic|tornado|test_cli|test_server")
#: Plugins that give every test a loop, or run it in one.
_PLUGINS = ("aiomisc", "aiomisc-pytest", "pytest-aiomisc", "pytest-tornasync", "pytest-twisted")
#: Classes whose tests have only the loops that they create.
_PLAIN = re.compile(r"object|unittest\.TestCase|(?:django\.test|rest_framework\.test)\.\w+")
#: Names that change what the current loop is.
_PATCHES = re.compile(
    rb"nest_asyncio|def get_event_loop\(|set_event_loop\(|asyncio\.Runner\("
    rb"|\b(?:get_or_|ensure_)\w{0,40}loop\("
)
#: Helpers that set a current loop if there is none, as plumpy's `get_or_create_event_loop`.
_MAKES_CURRENT = re.compile(
    r"(?:^|\.)_*(?:get_or_(?:create|make|new|set)|ensure)_(?:\w{0,40}_)?loop$"
)
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

    """

    source: Source
    function: Function | None
    item: Fixture | Test | None
    path: tuple[tuple[Source, Function], ...]


def context(source: Source, node: ast.AST) -> ast.AST:
    """Return the function or the lambda in which a place runs, or the module.

    Decorators and defaults run with the code around the function.
    """
    child = node
    for around in source.around(node):
        if isinstance(around, ast.Lambda) and child is around.body:
            return around
        if isinstance(around, _FUNCTIONS) and child in around.body:
            return around
        child = around
    return source.tree


def roots(project: Project, source: Source, node: ast.AST) -> Iterator[Root]:
    """Yield what runs a place without a loop: tests, fixtures, set-ups, hooks, an import."""
    yield from _Search(project).of(source, node, ())


def has_loop(project: Project, root: Root, before: ast.AST) -> bool:
    """Tell whether there is a current loop when a root reaches its place.

    Args:
        project: the repository.
        root: where it begins.
        before: the place; what its own function does below it comes too late.

    """
    files = tuple(module.file for module in project.code.around(root.source.file))
    around = root.source.parents.get(root.function) if root.function is not None else None
    return (
        any(
            _sets_loop(source, function, before if function is root.path[0][1] else None)
            for source, function in root.path
        )
        or any(_file_sets_loop(project, file, root) for file in files)
        or any(project.dependencies.has(name) for name in _PLUGINS)
        or (isinstance(around, ast.ClassDef) and _class_sets_loop(root.source, around, set()))
        or _fixtures_set_loop(project, root, files)
    )


def _fixtures_set_loop(project: Project, root: Root, files: tuple[str, ...]) -> bool:
    """Tell whether a fixture that is alive when a root is called sets a current loop."""
    if root.function is None or root.function.name.startswith("pytest_"):
        return False
    if isinstance(root.item, Test):
        return _is_given_loop(project, root.item)
    if any(
        fixture.autouse
        and fixture.file in files
        and fixture is not root.item
        and _sets_in_fixture(project, fixture)
        for fixture in project.code.fixtures
    ):
        return True
    return isinstance(root.item, Fixture) and _fixture_has_loop(project, root.item)


class _Search:
    """Follows calls from a place to its callers, over files."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._seen: set[ast.AST] = set()

    def of(
        self, source: Source, node: ast.AST, path: tuple[tuple[Source, Function], ...]
    ) -> Iterator[Root]:
        found = context(source, node)
        if isinstance(found, ast.Module):
            if _is_imported(self._project, source) and not _is_main(source, node):
                yield Root(source, None, None, path)
        elif self._is_new(found):
            self._seen.add(found)
            path = (*path, (source, found))
            item = self._project.code.at(source.file, found.lineno)
            if item is not None:
                # Another decorator may run the test in its own loop.
                if isinstance(item, Fixture) or all(
                    _LEAVES_ALONE.match(_called(source, d)) for d in found.decorator_list
                ):
                    yield Root(source, found, item, path)
            elif found.name in SETUPS or (
                source.file.endswith("conftest.py") and _HOOKS.match(found.name)
            ):
                yield Root(source, found, None, path)
            elif all(_called(source, d) in _WRAPPERS for d in found.decorator_list):
                for caller, call in self._calls(source, found):
                    yield from self.of(caller, call, path)
                yield from self._decorated(source, found, path)

    def _decorated(
        self, source: Source, found: ast.FunctionDef, path: tuple[tuple[Source, Function], ...]
    ) -> Iterator[Root]:
        """Yield the tests and set-ups in whose place a decorator of the tests puts a function."""
        outer = source.parents[found]
        if not isinstance(outer, ast.FunctionDef) or source.parents[outer] is not source.tree:
            return
        if not any(isinstance(n, ast.Return) and _is_named(n.value, found) for n in outer.body):
            return
        others = _others(self._project, source, outer.name)
        for one in (source, *others):
            names = {outer.name} if one is source else _dotted(one, source, outer.name)
            for function in one.functions.values():
                item = self._project.code.at(one.file, function.lineno)
                is_root = isinstance(item, Test) or function.name in SETUPS
                if is_root and [_called(one, d) for d in function.decorator_list] in [
                    [name] for name in names
                ]:
                    yield Root(one, function, item, (*path, (source, outer)))

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
            for other in _others(self._project, source, function.name):
                for node in other.references(*_dotted(other, source, function.name)):
                    call = other.parents[node]
                    if isinstance(call, ast.Call) and call.func is node:
                        yield other, call


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
    return any(_dotted(other, source, "") for other in _others(project, source, ""))


def _others(project: Project, source: Source, name: str) -> Iterator[Source]:
    """Yield the files of tests that import a file of the tests, and in which a name is written."""
    folder, _, file = source.file.rpartition("/")
    stem = folder.rpartition("/")[2] if file == "__init__.py" else file.removesuffix(".py")
    if not _is_among_tests(project, source.file):
        return
    words = (stem.encode(), name.encode())
    for module in project.code.modules:
        if module.file == source.file or not (
            module.tests or module.fixtures or module.file.endswith("conftest.py")
        ):
            continue
        data = project.tree.read(module.file) or b""
        if all(word in data for word in words):
            other = project.code.sources.get(module.file)
            if any(_dotted(other, source, "")):
                yield other


def _is_among_tests(project: Project, file: str) -> bool:
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
    path = source.file.removesuffix("/__init__.py").removesuffix(".py").split("/")
    ends = {".".join(path[start:]) for start in range(len(path))}
    here = other.file.split("/")[:-1]
    found = set()
    for module in _modules(other):
        level = len(module) - len(module.lstrip("."))
        if level:
            base = here[: len(here) - level + 1]
            whole = ".".join([*base, module[level:]]).strip(".")
            matches = whole == ".".join(path)
        else:
            matches = module in ends
        if matches:
            found.add(f"{module}.{name}")
    return found


def _modules(other: Source) -> Iterator[str]:
    """Yield the modules that a file imports, or imports from, with their resolved names."""
    for node in other.nodes.near(b"import"):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield module
            # `from tests import helpers`, `from . import helpers`
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _sets_loop(source: Source, function: ast.AST, limit: ast.AST | None) -> bool:
    """Tell whether a function sets a current loop, itself or through a function of its file."""
    end = getattr(limit, "lineno", None)
    for node in walk(function):
        if not isinstance(node, ast.Call) or (end is not None and node.lineno >= end):
            continue
        # A function that takes the loop away knows what it asks for, or what sets another.
        name = source.names.resolve(node.func)
        if name.endswith(("asyncio.Runner", "set_event_loop")) or _MAKES_CURRENT.search(name):
            return True
        if isinstance(node.func, ast.Name) and any(
            helper.name == node.func.id
            and helper is not function
            and any(_is_setting(source, call) for call in walk(helper))
            for helper in source.functions.values()
        ):
            return True
    return False


def _is_setting(source: Source, node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and source.names.resolve(node.func).endswith("set_event_loop")
        and not _is_none(node)
    )


def _is_none(call: ast.Call) -> bool:
    return bool(call.args) and isinstance(call.args[0], ast.Constant)


def _file_sets_loop(project: Project, file: str, root: Root) -> bool:
    """Tell whether a file sets a current loop outside of fixtures and tests."""
    if not _may_patch(project, file):
        return False
    try:
        source = project.code.sources.get(file)
        nodes = source.nodes
    except Unreadable:
        return True
    is_changed = any(name.partition(".")[0] == "nest_asyncio" for name in _modules(source))
    is_changed |= any(function.name == "get_event_loop" for function in source.functions.values())
    return is_changed or any(
        _is_setting(source, call) and _runs_for_all(context(source, call), root)
        for call in nodes.of(ast.Call)
    )


def _may_patch(project: Project, file: str) -> bool:
    known = _known_patches(project)
    if file not in known:
        known[file] = _PATCHES.search(project.tree.read(file) or b"") is not None
    return known[file]


# Only one project is used at a time, and each place that may lack a loop asks this.
@lru_cache(maxsize=2)
def _known_patches(_project: Project) -> dict[str, bool]:
    return {}


def _runs_for_all(function: ast.AST, root: Root) -> bool:
    """Tell whether a module's own code, or a function, runs before all of its tests."""
    if isinstance(function, ast.Module):
        return True
    return (
        isinstance(function, _FUNCTIONS)
        and function is not root.function
        and (
            function.name in {"setup_module", "setup_function", "setUpModule"}
            or function.name.startswith("pytest_")
        )
    )


def _class_sets_loop(source: Source, node: ast.ClassDef, seen: set[ast.ClassDef]) -> bool:
    """Tell whether a class may provide a loop for its tests: with a set-up, or an unknown base."""
    seen.add(node)
    for method in node.body:
        if (
            isinstance(method, _FUNCTIONS)
            and (method.name in SETUPS or method.name == "asyncSetUp")
            and any(_is_setting(source, inner) for inner in walk(method))
        ):
            return True
    for base in node.bases:
        known = [
            other
            for other in source.nodes.of(ast.ClassDef)
            if isinstance(base, ast.Name) and other.name == base.id
        ]
        if known:
            if any(_class_sets_loop(source, other, seen) for other in known if other not in seen):
                return True
        elif not _PLAIN.fullmatch(source.names.resolve(base)):
            return True
    return False


def _is_given_loop(project: Project, test: Test) -> bool:
    """Tell whether a fixture of a test sets a current loop."""
    used = list(project.code.used_by(test))
    names = {*test.requests, *(name for fixture in used for name in fixture.requests)}
    return _brings_loop(project, test.file, names) or any(
        _sets_in_fixture(project, fixture) for fixture in used
    )


def _fixture_has_loop(project: Project, fixture: Fixture) -> bool:
    """Tell whether the fixtures of a fixture, or of all its tests, set a current loop."""
    code = project.code
    names = set(fixture.requests)
    waiting, seen = [fixture], {fixture}
    while waiting:
        one = waiting.pop()
        for name in one.requests:
            found = code.find(name, one.file, one.owner, besides=one)
            if found is not None and found not in seen:
                if _sets_in_fixture(project, found):
                    return True
                seen.add(found)
                waiting.append(found)
                names.update(found.requests)
    if _brings_loop(project, fixture.file, names):
        return True
    users = [
        test
        for test in code.by_file[fixture.file].tests
        if any(used is fixture for used in code.used_by(test))
    ]
    return bool(users) and all(
        any(_sets_in_fixture(project, used) for used in code.used_by(test) if used is not fixture)
        or _brings_loop(project, test.file, set(test.requests))
        for test in users
    )


def _brings_loop(project: Project, file: str, names: set[str]) -> bool:
    """Tell whether one of some fixtures belongs to a plugin that sets a current loop."""
    return any(
        _WITH_LOOP.search(name) and project.code.find(name, file, None) is None for name in names
    )


def _sets_in_fixture(project: Project, fixture: Fixture) -> bool:
    """Tell whether a fixture leaves a current loop set; the plugin of an async one does."""
    if fixture.is_async or fixture.decorator != "pytest.fixture":
        return True
    if not _may_patch(project, fixture.file):
        return False
    source = project.code.sources.get(fixture.file)
    function = source.functions.get(fixture.line)
    return function is not None and _sets_loop(source, function, None)
