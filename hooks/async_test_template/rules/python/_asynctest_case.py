"""Classes of tests on asynctest's `TestCase`, and what they need to be unittest's."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.rules.on_code import is_super
from async_test_template.source import changes, new_imports
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source

CASES = frozenset({"asynctest.TestCase", "asynctest.case.TestCase"})
_ASYNC_METHODS = {"setUp": "asyncSetUp", "tearDown": "asyncTearDown"}
#: Assertions that unittest has as context managers alone.
_ASSERTIONS = {
    "assertAsyncRaises": "assertRaises",
    "assertAsyncRaisesRegex": "assertRaisesRegex",
    "assertAsyncWarns": "assertWarns",
    "assertAsyncWarnsRegex": "assertWarnsRegex",
}
#: Settings of a class about its loop, which unittest always makes itself.
_SETTINGS = frozenset({"forbid_get_event_loop", "use_default_loop"})
_PROPERTY = '''
    @property
    def loop(self):
        """The loop that the tests run in."""
        return {asyncio}.get_event_loop()
'''


# Only one project is used at a time, and each of its files asks this.
@lru_cache(maxsize=2)
def _families(project: Project) -> frozenset[tuple[str, int]]:
    """Return file and line of the classes that derive from asynctest's, in any file."""
    modules = project.code.modules
    if not any(name.partition(".")[0] == "asynctest" for m in modules for name in m.imports):
        return frozenset()
    return frozenset(
        (module.file, held.line)
        for module in modules
        for held in module.classes
        if not CASES.isdisjoint(project.code.lineage.kin(module.file, held).others)
    )


def classes_of(project: Project, source: Source) -> list[ast.ClassDef]:
    """Return the classes of a file that derive from asynctest's, here or in another file."""
    lines = {line for file, line in _families(project) if file == source.file}
    if not lines:
        return []
    return [node for node in source.nodes.of(ast.ClassDef) if node.lineno in lines]


def is_left_behind(source: Source, node: ast.ClassDef) -> bool:
    """Tell whether a class needs a change, apart from its base."""
    return any(
        (isinstance(inner, ast.AsyncFunctionDef) and inner.name in _ASYNC_METHODS)
        or (isinstance(inner, ast.Attribute) and inner.attr == "loop" and _is_self(inner.value))
        for inner in walk(node)
    ) or any(map(source.mentions.get, _ASSERTIONS))


def changed(project: Project, source: Source, node: ast.ClassDef) -> Iterator[Edit]:
    """Yield the edits that make the methods of a class those of unittest.

    Raises:
        EditError: the class uses what only asynctest's has.

    """
    for name, new in _ASSERTIONS.items():
        for mention in source.mentions.get(name, ()):
            if node in source.around(mention):
                yield _assertion(source, mention, new)
    for statement in node.body:
        if isinstance(statement, ast.AsyncFunctionDef) and statement.name in _ASYNC_METHODS:
            yield from _renamed(source, statement)
        if (
            isinstance(statement, ast.Assign)
            and {source.text(target) for target in statement.targets} <= _SETTINGS
        ):
            yield changes.remove_statement(source, statement)
    yield from _cleanups(source, node)
    if _is_for_others(project, source, node):
        yield from _with_property(source, node)
    else:
        yield from running(source, node)


def _renamed(source: Source, method: ast.AsyncFunctionDef) -> Iterator[Edit]:
    """Yield the edits that rename an async set-up, and its calls of the same one of a base."""
    old, new = method.name, _ASYNC_METHODS[method.name]
    for node in source.mentions.get(old, ()):
        call = source.parents[node]
        is_call = isinstance(call, ast.Call) and call.func is node
        if not is_call or not is_super(node):
            raise EditError(f"line {node.lineno} uses {old}")
        if isinstance(source.parents[call], ast.Await) and method in source.around(node):
            yield changes.replace(source, source.end(node) - len(old), source.end(node), new)
    start = source.data.index(old.encode(), source.start(method))
    yield changes.replace(source, start, start + len(old), new)


def _cleanups(source: Source, node: ast.ClassDef) -> Iterator[Edit]:
    """Yield the edits that make a cleanup with an async method one that is awaited."""
    methods = {inner.name for inner in node.body if isinstance(inner, ast.AsyncFunctionDef)}
    for inner in walk(node):
        if (
            isinstance(inner, ast.Call)
            and isinstance(inner.func, ast.Attribute)
            and inner.func.attr == "addCleanup"
            and inner.args
            and isinstance(inner.args[0], ast.Attribute)
            and _is_self(inner.args[0].value)
            and inner.args[0].attr in methods
        ):
            end = source.end(inner.func)
            yield changes.replace(source, end - len("addCleanup"), end, "addAsyncCleanup")


def _assertion(source: Source, method: ast.Name | ast.Attribute, new: str) -> Edit:
    """Return the edit that makes an awaited assertion a context manager around an `await`."""
    call = source.parents[method]
    awaited = source.parents[call]
    statement = source.parents[awaited]
    is_plain = (
        isinstance(method, ast.Attribute)
        and isinstance(call, ast.Call)
        and call.func is method
        and len(call.args) > 1
        and not call.keywords
        and isinstance(awaited, ast.Await)
        and isinstance(statement, ast.Expr)
    )
    if not (is_plain and isinstance(call, ast.Call) and isinstance(statement, ast.Expr)):
        raise EditError(f"line {method.lineno} uses an assertion that unittest does not have")
    *given, awaitable = map(source.text, call.args)
    start = source.start(statement)
    indent = source.data[source.line_start(start) : start].decode()
    if indent.strip():
        raise EditError(f"line {method.lineno} has more than one statement")
    owner = source.text(method)[: -len(getattr(method, "attr", ""))]
    text = f"with {owner}{new}({', '.join(given)}):\n{indent}    await {awaitable}"
    return changes.replace_node(source, statement, text)


def _is_for_others(project: Project, source: Source, node: ast.ClassDef) -> bool:
    """Tell whether classes in other files derive from a class, and from no other one here."""
    directly = any(source.names.resolve(base) in CASES for base in node.bases)
    return directly and any(
        (source.file, node.lineno) in {(file, held.line) for file, held in kin.classes}
        for file, line in _families(project)
        if file != source.file
        for held in project.code.by_file[file].classes
        if held.line == line
        for kin in [project.code.lineage.kin(file, held)]
    )


def _with_property(source: Source, node: ast.ClassDef) -> Iterator[Edit]:
    """Yield the edits that give a class the attribute `loop`, which other files may use."""
    if any(getattr(statement, "name", "") == "loop" for statement in node.body):
        return
    asyncio, imports = new_imports.bind_module(source, "asyncio")
    yield from imports
    end = source.line_end(source.end(node.body[-1]))
    yield changes.replace(source, end, end, _PROPERTY.format(asyncio=asyncio))


def loops_of(node: ast.ClassDef) -> list[ast.Attribute]:
    """Return where a class uses the attribute `loop`; nowhere if it sets the attribute itself."""
    names = _names_of_self(node)
    found = [
        inner
        for inner in walk(node)
        if isinstance(inner, ast.Attribute)
        and inner.attr == "loop"
        and isinstance(inner.value, ast.Name)
        and inner.value.id in names
    ]
    return found if all(isinstance(inner.ctx, ast.Load) for inner in found) else []


def _names_of_self(node: ast.ClassDef) -> set[str]:
    """Return `self`, and the names that a class gives it for the functions inside its methods."""
    held = {
        target
        for inner in walk(node)
        if isinstance(inner, ast.Assign) and _is_self(inner.value)
        for target in inner.targets
        if isinstance(target, ast.Name)
    }
    if not held:
        return {"self"}
    bound = [
        inner
        for inner in walk(node)
        if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load)
    ]
    others = {inner.id for inner in bound if inner not in held}
    others |= {inner.arg for inner in walk(node) if isinstance(inner, ast.arg)}
    return {"self"} | {target.id for target in held} - others


def running(source: Source, node: ast.ClassDef) -> Iterator[Edit]:
    """Yield the edits that get the running loop where a class uses the attribute `loop`."""
    for inner in loops_of(node):
        asyncio, imports = new_imports.bind_module(source, "asyncio")
        function = _function_around(source, inner)
        is_async = isinstance(function, ast.AsyncFunctionDef)
        # Where unittest calls a method that is not async, its loop is the current one.
        name = "get_running_loop" if is_async else "get_event_loop"
        yield from imports
        yield changes.replace_node(source, inner, f"{asyncio}.{name}()")


def _function_around(source: Source, node: ast.AST) -> Function | ast.Lambda | None:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    return next((outer for outer in source.around(node) if isinstance(outer, kinds)), None)


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"
