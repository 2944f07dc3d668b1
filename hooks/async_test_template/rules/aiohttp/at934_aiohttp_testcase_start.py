"""AT934: set-ups of aiohttp's test case that do not start the server, or expect it too early."""

from __future__ import annotations

import ast
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.aiohttp._aiohttp_case import BASE, SINCE, calls_super
from async_test_template.rules.on_code import code_finding, is_super, needs
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes
from async_test_template.source.nodes import walk, walk_scope
from async_test_template.source.source import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

_STARTS = frozenset({"asyncSetUp", "setUpAsync"})
_ENDS = frozenset({"asyncTearDown", "tearDownAsync"})
#: What the start gives to a test.
_GIVEN = frozenset({"app", "client", "loop", "server"})
#: Statements that take an `await` without brackets around it.
_PLAIN = (ast.Expr, ast.Assign, ast.AnnAssign, ast.Return)


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    cases = _cases(project).get(source.file)
    if not cases:
        # Such a file is not parsed.
        return
    for owner in source.nodes.of(ast.ClassDef):
        given = cases.get(owner.lineno)
        if given is None:
            continue
        for method in owner.body:
            if isinstance(method, ast.AsyncFunctionDef) and method.name in _STARTS:
                if _starts_nothing(owner, method):
                    yield code_finding(
                        RULE.code,
                        source,
                        method,
                        f"{owner.name}.{method.name} does not start the server",
                        tier=Tier.UNSAFE,
                        fix=partial(_start, project, source, method),
                        hint=f"call await super().{method.name}() first",
                    )
            elif isinstance(method, ast.FunctionDef) and method.name == "setUp":
                early = _early(method, given)
                if early is not None:
                    yield code_finding(
                        RULE.code,
                        source,
                        early,
                        f"{owner.name}.setUp uses self.{early.attr}, which is not there yet",
                        tier=Tier.UNSAFE,
                        fix=partial(_after_the_start, project, source, owner, method),
                        hint="do it in asyncSetUp, after await super().asyncSetUp()",
                    )


# Only one project is used at a time, and each of its files asks this.
@lru_cache(maxsize=2)
def _cases(project: Project) -> Mapping[str, Mapping[int, frozenset[str]]]:
    """Return the lines of the classes that derive from aiohttp's, or are mixed into it, by file.

    With each are the attributes that its tests have only once it is started.
    """
    found: dict[tuple[str, int], frozenset[str]] = {}
    others: set[tuple[str, int]] = set()
    for module in project.code.modules:
        for held in module.classes:
            kin = project.code.lineage.kin(module.file, held)
            places = [(file, one.line) for file, one in kin.classes]
            if BASE in kin.others:
                given = _GIVEN.union(*(_set(project, *place) for place in places))
                found.update((place, given | found.get(place, frozenset())) for place in places)
            elif kin.is_unittest:
                others.update(places)
    cases: dict[str, dict[int, frozenset[str]]] = {}
    for (file, line), given in found.items():
        if (file, line) not in others:
            cases.setdefault(file, {})[line] = given
    return cases


def _set(project: Project, file: str, line: int) -> Iterator[str]:
    """Yield the attributes that the async set-up of a class sets."""
    try:
        found = project.code.sources.get(file).classes[line]
    except Unreadable:
        return
    for method in found.body:
        if getattr(method, "name", "") in _STARTS:
            yield from (attribute.attr for attribute in _attributes(method, ast.Store))


def _attributes(method: ast.AST, context: type[ast.expr_context]) -> list[ast.Attribute]:
    """Return the attributes of `self` that the method's own code reads, or sets, in its order."""
    found = [
        node
        for node in walk_scope(method)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, context)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    ]
    return sorted(found, key=lambda node: (node.lineno, node.col_offset))


def _starts_nothing(owner: ast.ClassDef, method: ast.AsyncFunctionDef) -> bool:
    """Tell whether the tests of a class have no server, and need it, or end in closing it."""
    if calls_super(method):
        return False
    # A set-up may start a client of its own.
    if any(found.attr == "client" for found in _attributes(method, ast.Store)):
        return False
    methods = [node for node in owner.body if isinstance(node, ast.AsyncFunctionDef)]
    is_closed = not any(node.name in _ENDS and not calls_super(node) for node in methods)
    return is_closed or any(
        found.attr in {"client", "server"}
        for node in methods
        for found in _attributes(node, ast.Load)
    )


def _early(method: ast.FunctionDef, given: frozenset[str]) -> ast.Attribute | None:
    """Return where a set-up first uses what aiohttp, or an async set-up, sets after it has run."""
    own = {found.attr for found in _attributes(method, ast.Store)}
    if not any(map(is_super, walk(method))):
        return None
    read = _attributes(method, ast.Load)
    used = [found for found in read if found.attr in given - own]
    # A set-up may run the async one itself.
    is_started = any(found.attr in _STARTS for found in read)
    return used[0] if used and not is_started else None


def _start(project: Project, source: Source, method: ast.AsyncFunctionDef) -> tuple[Edit, ...]:
    if method.name == "asyncSetUp":
        # Older versions have the other name alone, and there it does nothing.
        needs(project, "aiohttp", SINCE)
    if method.decorator_list:
        raise EditError("it has a decorator")
    return (changes.prepend_statement(source, method, f"await super().{method.name}()"),)


def _after_the_start(
    project: Project, source: Source, owner: ast.ClassDef, method: ast.FunctionDef
) -> tuple[Edit, ...]:
    """Return the edits that make a set-up async, so that it runs when the server has started."""
    needs(project, "aiohttp", SINCE)
    if any(getattr(node, "name", "") in _STARTS for node in owner.body):
        raise EditError("the class has an async set-up too")
    if method.decorator_list:
        raise EditError("it has a decorator")
    mentions = source.mentions.get("setUp", ())
    if not all(map(is_super, mentions)):
        raise EditError("other code calls a setUp")
    start = source.start(method)
    name = source.data.index(b"setUp", start)
    edits = [
        changes.replace(source, start, start, "async "),
        changes.replace(source, name, name + len("setUp"), "asyncSetUp"),
    ]
    for node in walk_scope(method):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr == "setUp":
            edits.append(changes.replace_node(source, node, f"await {_super(source, node)}"))
        elif source.text(node.func) == "self.loop.run_until_complete" and len(node.args) == 1:
            text = f"await {source.text(node.args[0])}"
            is_plain = isinstance(source.parents[node], _PLAIN)
            edits.append(changes.replace_node(source, node, text if is_plain else f"({text})"))
    return tuple(edits)


def _super(source: Source, call: ast.Call) -> str:
    """Return the call of the async set-up of the base, for a call of the other one."""
    owner = call.func.value if isinstance(call.func, ast.Attribute) else call.func
    return f"{source.text(owner)}.asyncSetUp()"


def _spots(source: Source) -> Iterator[object]:
    return (held for held in source.module.classes if held.methods & {*_STARTS, "setUp"})


RULE = Rule(
    code="AT934",
    name="aiohttp-testcase-start",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    visit=_visit,
    words=rb"setUpAsync|asyncSetUp|def[ \t]+setUp\b",
    where=Where.CLIENTS,
    spots=_spots,
    anywhere=rb"AioHTTPTestCase",
    expects=("AttributeError",),
    libraries=("aiohttp",),
    broken_since=(("aiohttp", "3.8"),),
)
