"""Whether there is a current loop where nothing runs one: a set-up, a plugin or a patch sets it."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from async_test_template.paths import name_of
from async_test_template.rules.loops._bare import CONSTRUCTOR, SETUPS, context, modules
from async_test_template.source.items import Fixture, Test
from async_test_template.source.nodes import FUNCTIONS, walk
from async_test_template.source.source import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.rules.loops._bare import Root
    from async_test_template.source.source import Source

#: Fixtures of plugins that set a current loop, by a common part of their names.
_WITH_LOOP = re.compile(r"loop|aiohttp|hass|sanic|tornado|test_cli|test_server")
#: Plugins that give every test a loop, or run it in one.
_PLUGINS = (
    "aiomisc",
    "aiomisc-pytest",
    "pytest-aiomisc",
    "pytest-homeassistant-custom-component",
    "pytest-tornasync",
    "pytest-twisted",
)
#: Classes whose tests have only the loops that they create.
_PLAIN = re.compile(
    r"object|unittest\.TestCase|(?:django\.test|rest_framework\.test|abc|typing)\.\w+"
)
#: What such a class runs once for all of its tests, while the loop of none is there.
_FOR_CLASS = frozenset({"setUpClass", "tearDownClass"})
#: Names that change what the current loop is.
_PATCHES = re.compile(
    rb"nest_asyncio|def get_event_loop\(|set_event_loop\(|asyncio\.Runner\("
    rb"|\b(?:get_or_|ensure_)\w{0,40}loop\("
)
#: Helpers that set a current loop if there is none, as plumpy's `get_or_create_event_loop`.
_MAKES_CURRENT = re.compile(
    r"(?:^|\.)_*(?:get_or_(?:create|make|new|set)|ensure)_(?:\w{0,40}_)?loop$"
)


def has_loop(project: Project, root: Root, before: ast.AST) -> bool:
    """Tell whether there is a current loop when a root reaches its place.

    Args:
        project: the repository.
        root: where it begins.
        before: the place; what its own function does below it comes too late.

    """
    around_it = (module.file for module in project.code.around(root.source.file))
    # The index leaves out a file with nothing async in it.
    files = tuple(dict.fromkeys((*around_it, root.source.file)))
    around = root.source.parents.get(root.function) if root.function is not None else None
    path = frozenset(function for _, function in root.path)
    return (
        any(
            _sets_loop(source, function, before if function is root.path[0][1] else None, path)
            for source, function in root.path
        )
        or any(_file_sets_loop(project, file, root) for file in files)
        or any(project.dependencies.has(name) for name in _PLUGINS)
        or (isinstance(around, ast.ClassDef) and _class_sets_loop(project, root, around))
        or _fixtures_set_loop(project, root, files)
    )


def _fixtures_set_loop(project: Project, root: Root, files: tuple[str, ...]) -> bool:
    """Tell whether a fixture that is alive when a root is called sets a current loop."""
    if root.function is None or root.function.name.startswith(("pytest_", CONSTRUCTOR)):
        return False
    if _imported_sets_loop(project, files):
        return True
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


def _imported_sets_loop(project: Project, files: tuple[str, ...]) -> bool:
    """Tell whether a conftest.py imports a fixture for all tests that sets a current loop.

    With a star it may get any of the repository, through other files.
    """
    conftests = [project.code.by_file[file] for file in files if name_of(file) == "conftest.py"]
    return any(
        (module.imports_all or fixture.name in module.targets)
        and _sets_in_fixture(project, fixture)
        for module in conftests
        for fixture in _offered(project)
    )


# Only one project is used at a time, and each place that may lack a loop asks this.
@lru_cache(maxsize=2)
def _offered(project: Project) -> tuple[Fixture, ...]:
    """Return the fixtures for all tests in files that pytest sees only if another imports them."""
    return tuple(
        fixture
        for fixture in project.code.fixtures
        if fixture.autouse
        and fixture.owner is None
        and name_of(fixture.file) != "conftest.py"
        and not project.reader.is_test_file(fixture.file)
    )


def _sets_loop(
    source: Source,
    function: ast.AST,
    limit: ast.AST | None,
    asking: frozenset[ast.AST] = frozenset(),
) -> bool:
    """Tell whether a function sets a current loop, itself or through a function of its file.

    Args:
        source: the file.
        function: the function.
        limit: a place in it; what is below comes too late.
        asking: functions that ask for the loop themselves, before they may set another.

    """
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
            and helper not in asking
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
        where = _settings(project.code.sources.get(file))
    except Unreadable:
        return True
    return where is None or any(_runs_for_all(function, root) for function in where)


# Each test that a decorator runs in the loop asks this of the same few files.
@lru_cache(maxsize=8)
def _settings(source: Source) -> tuple[ast.AST, ...] | None:
    """Return where a file sets a current loop, or None where the loop is another thing there."""
    if any(name.partition(".")[0] == "nest_asyncio" for name in modules(source)):
        return None
    if source.named("get_event_loop"):
        return None
    calls = source.nodes.of(ast.Call)
    return tuple(context(source, call) for call in calls if _is_setting(source, call))


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
        isinstance(function, FUNCTIONS)
        and function is not root.function
        and (
            function.name in {"setup_module", "setup_function", "setUpModule"}
            or function.name.startswith("pytest_")
        )
    )


def _class_sets_loop(project: Project, root: Root, node: ast.ClassDef) -> bool:
    """Tell whether a class may provide a loop for its tests: with a set-up, or an unknown base."""
    kin = project.code.lineage.kin_at(root.source.file, node.lineno)
    if kin is None:
        return True
    others = set(kin.others)
    if root.function is not None and root.function.name in _FOR_CLASS:
        others.discard("unittest.IsolatedAsyncioTestCase")
    if not all(map(_PLAIN.fullmatch, others)):
        return True
    return any(
        (held.is_opaque and file != root.source.file) or _is_set_in(project, file, held.line)
        for file, held in kin.classes
    )


def _is_set_in(project: Project, file: str, line: int) -> bool:
    """Tell whether a set-up of the class at a line of a file sets a current loop."""
    try:
        source = project.code.sources.get(file)
    except Unreadable:
        return True
    return any(
        isinstance(method, FUNCTIONS)
        and (method.name in SETUPS or method.name == "asyncSetUp")
        and any(_is_setting(source, inner) for inner in walk(method))
        for method in source.classes[line].body
    )


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
    users = [*_users(project).get(id(fixture), ()), *_users_elsewhere(project, fixture)]
    return bool(users) and all(
        any(_sets_in_fixture(project, used) for used in code.used_by(test) if used is not fixture)
        or _brings_loop(project, test.file, set(test.requests))
        for test in users
    )


# Only one project is used at a time, and each fixture that may lack a loop asks this.
@lru_cache(maxsize=2)
def _users(project: Project) -> dict[int, list[Test]]:
    """Return the tests that get a fixture, async or not, by its identity: to hash one is slow."""
    found: dict[int, list[Test]] = {}
    for test in project.code.tests:
        for fixture in project.code.used_by(test):
            found.setdefault(id(fixture), []).append(test)
    return found


def _users_elsewhere(project: Project, fixture: Fixture) -> Iterator[Test]:
    """Yield the tests that get a fixture of a conftest.py in files with nothing async in them."""
    if name_of(fixture.file) == "conftest.py":
        name = fixture.name.encode()
        word = re.compile(rb"\b%s\b" % re.escape(name))
        for test in project.reader.other_tests(word, (name,)):
            if any(used is fixture for used in project.code.used_by(test)):
                yield test


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
