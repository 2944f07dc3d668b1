"""AT914: `asynctest`."""

from __future__ import annotations

import ast
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, sure
from async_test_template.rules.origin import bindings, is_local
from async_test_template.rules.python._asynctest_case import (
    CASES,
    changed,
    classes_of,
    is_left_behind,
)
from async_test_template.rules.python._awaitables import gives_awaitables
from async_test_template.rules.rule import Rule
from async_test_template.source import changes, new_imports

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

_SAME = (
    "ANY",
    "DEFAULT",
    "MagicMock",
    "Mock",
    "NonCallableMagicMock",
    "NonCallableMock",
    "PropertyMock",
    "call",
    "create_autospec",
    "mock_open",
    "patch",
    "seal",
    "sentinel",
)
_MOCK, _ASYNC = "unittest.mock", "AsyncMock"
#: Module and name of each replacement.
_NEW = {
    **{
        f"asynctest.{module}{old}": (_MOCK, new)
        for module in ("", "mock.")
        for old, new in (("CoroutineMock", _ASYNC), *((name, name) for name in _SAME))
    },
    **{
        f"asynctest.{name}": ("unittest", name)
        for name in ("SkipTest", "expectedFailure", "main", "skip", "skipIf", "skipUnless")
    },
    **dict.fromkeys(CASES, ("unittest", "IsolatedAsyncioTestCase")),
}
#: Decorators about asynctest's own checks of its loop, which unittest does not make.
_CHECKS = frozenset(
    {f"asynctest.{name}" for name in ("fail_on", "ignore_loop", "lenient", "strict")}
)


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    imports = _imports(source)
    if imports:
        yield code_finding(
            RULE.code,
            source,
            imports[0],
            "asynctest does not work with Python 3.11 and later",
            tier=Tier.UNSAFE,
            fix=partial(_fix, project, source, imports),
            hint="use unittest.mock.AsyncMock and unittest.IsolatedAsyncioTestCase",
        )
        return
    for node in classes_of(project, source):
        if is_left_behind(source, node):
            yield code_finding(
                RULE.code,
                source,
                node,
                f"{node.name} derives from asynctest's TestCase",
                tier=Tier.UNSAFE,
                fix=partial(_fix_derived, project, source, node),
                hint="use the methods of unittest.IsolatedAsyncioTestCase",
            )


def _imports(source: Source) -> list[ast.Import | ast.ImportFrom]:
    if b"asynctest" not in source.data:
        return []
    statements: list[ast.Import | ast.ImportFrom] = [*source.nodes.of(ast.Import)]
    statements += source.nodes.of(ast.ImportFrom)
    found = [
        node
        for node in statements
        if any(name.partition(".")[0] == "asynctest" for name in _modules(node))
    ]
    return sorted(found, key=source.start)


def _modules(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if not node.level else []


def _fix(
    project: Project, source: Source, imports: list[ast.Import | ast.ImportFrom]
) -> tuple[Edit, ...]:
    edits: dict[Edit, None] = {}
    moved = _moved(source, imports)
    for name in source.nodes.of(ast.Name):
        if source.names.resolve(name).partition(".")[0] != "asynctest" or is_local(source, name):
            continue
        _require_one_meaning(source, name)
        if (check := _check_of_loop(source, name)) is not None:
            edits[changes.remove_decorator(source, check)] = None
            continue
        used = _known(source, name)
        module, new = _replacement(source, used)
        if used is name and new in moved:
            if name.id != moved[new]:
                edits[changes.replace_node(source, name, moved[new])] = None
            continue
        bound, added = _bound(source, module)
        edits.update(dict.fromkeys((changes.replace_node(source, used, f"{bound}.{new}"), *added)))
        is_base = isinstance(source.parents[used], ast.ClassDef)
        if source.names.resolve(used) in CASES and not is_base:
            raise EditError("its TestCase is used in another way than as a base")
    for node in classes_of(project, source):
        edits.update(dict.fromkeys(changed(project, source, node)))
    if moved:
        edits[new_imports.import_names(source, _MOCK, moved)] = None
    edits.update(dict.fromkeys(_left_over(source, imports, moved)))
    if not edits:
        raise EditError("it is unknown what it is used for")
    return tuple(edits)


def _moved(source: Source, imports: list[ast.Import | ast.ImportFrom]) -> dict[str, str]:
    """Return the names of `unittest.mock` that replace imported ones, and what they are called.

    There are none where one of them may mean something else in the file.
    """
    moved: dict[str, str] = {}
    for node in imports:
        if isinstance(node, ast.Import) or source.parents[node] is not source.tree:
            continue
        for alias in node.names:
            module, new = _NEW.get(f"{node.module}.{alias.name}", ("", ""))
            if module == _MOCK and _is_replaced(source, alias.asname or alias.name, new):
                moved[new] = alias.asname or new
    statements = source.nodes.of(ast.ImportFrom)
    others = {
        alias.asname or alias.name
        for node in statements
        if node.module != _MOCK and (node.module or "").partition(".")[0] != "asynctest"
        for alias in node.names
    }
    is_split = any(
        node.module == _MOCK and (source.parents[node] is not source.tree or _is_long(source, node))
        for node in statements
    )
    taken = others | source.names.bound
    is_free = not is_split and not any(
        called in taken and not _is_import(source, called) for called in moved.values()
    )
    return moved if is_free else {}


def _is_long(source: Source, node: ast.ImportFrom) -> bool:
    return node.lineno != node.end_lineno or "(" in source.text(node)


def _is_import(source: Source, name: str) -> bool:
    """Tell whether an import of asynctest brings a name, and the file's functions alone bind it."""
    target = source.names.resolve(ast.Name(name, ast.Load()))
    return target.partition(".")[0] == "asynctest" and not bindings(source, source.tree, name)


def _require_one_meaning(source: Source, name: ast.Name) -> None:
    """Require that a name is asynctest's, or imported from `unittest.mock` too.

    Raises:
        EditError: something else has the name.

    """
    if _may_be_another(source, name.id):
        sure(source, name)


# Each use of a name asks this.
@lru_cache(maxsize=16)
def _may_be_another(source: Source, name: str) -> bool:
    targets = {
        f"{node.module}.{alias.name}"
        for node in source.nodes.of(ast.ImportFrom)
        for alias in node.names
        if (alias.asname or alias.name) == name
    }
    new = ".".join(_NEW.get(source.names.resolve(ast.Name(name, ast.Load())), ("", "")))
    globals_ = (node.names for node in source.nodes.of(ast.Global))
    is_bound = bindings(source, source.tree, name) or any(name in names for names in globals_)
    return bool(is_bound) or any(
        target != new and target.partition(".")[0] != "asynctest" for target in targets
    )


def _fix_derived(project: Project, source: Source, node: ast.ClassDef) -> tuple[Edit, ...]:
    return tuple(dict.fromkeys(changed(project, source, node)))


def _check_of_loop(source: Source, name: ast.Name) -> ast.expr | None:
    """Return the decorator that a name begins, if it is one of asynctest's own checks."""
    used: ast.expr = name
    around = source.parents[used]
    if isinstance(around, ast.Attribute):
        used = around
    if source.names.resolve(used) not in _CHECKS:
        return None
    around = source.parents[used]
    used = around if isinstance(around, ast.Call) and around.func is used else used
    owner = source.parents[used]
    return used if used in getattr(owner, "decorator_list", ()) else None


def _left_over(
    source: Source, imports: list[ast.Import | ast.ImportFrom], moved: Collection[str]
) -> Iterator[Edit]:
    """Yield the edits that remove names of asynctest which the engine leaves.

    It removes those whose last use has been replaced. It does not know of unused ones, and leaves
    those that may be meant for others: `import asynctest as asynctest`, or one that a parameter, a
    variable of a function or a text has the name of.
    """
    arguments = {argument.arg for argument in source.nodes.of(ast.arg)}
    texts = {node.value for node in source.nodes.of(ast.Constant) if isinstance(node.value, str)}
    for node in imports:
        if source.parents[node] is not source.tree:
            continue
        line = source.data[source.start(node) : source.line_end(source.end(node))]
        kept = [
            alias
            for alias in node.names
            if _is_used(source, name := alias.asname or alias.name.partition(".")[0])
            and not _is_imported_twice(source, name)
            and _NEW.get(f"{getattr(node, 'module', '')}.{alias.name}", ("", ""))[1] not in moved
            and alias.asname != alias.name
            and name not in arguments
            and name not in texts
            and b"noqa" not in line
        ]
        if not kept:
            yield changes.remove_line(source, node)
        elif len(kept) < len(node.names) and isinstance(node, ast.ImportFrom):
            names = ", ".join(
                f"{alias.name} as {alias.asname}" if alias.asname else alias.name for alias in kept
            )
            yield changes.replace_node(source, node, f"from {node.module} import {names}")


# Each import of a name asks this.
@lru_cache(maxsize=16)
def _is_used(source: Source, name: str) -> bool:
    """Tell whether a name is used, and always as what is imported."""
    used = [node for node in source.mentions.get(name, ()) if isinstance(node, ast.Name)]
    return bool(used) and not any(is_local(source, node) for node in used)


def _is_imported_twice(source: Source, name: str) -> bool:
    """Tell whether a name that asynctest brings too is the same of `unittest.mock`."""
    return source.names.resolve(ast.Name(name, ast.Load())) == f"{_MOCK}.{name}"


def _known(source: Source, name: ast.Name) -> ast.expr:
    """Return the expression from a name on that has a replacement.

    Raises:
        EditError: none has.

    """
    used: ast.expr = name
    while source.names.resolve(used) not in _NEW:
        around = source.parents[used]
        if not isinstance(around, ast.Attribute):
            raise EditError(f"{source.names.resolve(used)} has no replacement")
        used = around
    return used


# Each import of a name asks this.
@lru_cache(maxsize=16)
def _is_replaced(source: Source, name: str, new: str) -> bool:
    """Tell whether a name is used somewhere where another one replaces it."""
    return any(_replacement(source, used)[1] == new for used in source.mentions.get(name))


def _replacement(source: Source, used: ast.expr) -> tuple[str, str]:
    """Return the module and the name of what replaces an expression; empty texts for nothing.

    asynctest awaits what a mock gives. AsyncMock does not, but whoever awaits a MagicMock does.
    """
    module, new = _NEW.get(source.names.resolve(used), ("", ""))
    is_awaited = new == _ASYNC and gives_awaitables(source, used)
    return module, "MagicMock" if is_awaited else new


def _bound(source: Source, module: str) -> tuple[str, tuple[Edit, ...]]:
    """Return the name of a module, as it is imported at the top, or import it."""
    for statement in source.tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.module == "unittest":
            for alias in statement.names:
                if f"unittest.{alias.name}" == module:
                    return alias.asname or alias.name, ()
        if isinstance(statement, ast.Import) and any(
            alias.name == module and not alias.asname for alias in statement.names
        ):
            return module, ()
    return new_imports.bind_module(source, module)


RULE = Rule(
    code="AT914",
    name="asynctest",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    python=">=3.11",
    visit=_visit,
    words=(rb"asynctest|async[ \t]+def[ \t]+setUp\b|async[ \t]+def[ \t]+tearDown\b|self\.loop\b"),
    libraries=("asynctest",),
)
