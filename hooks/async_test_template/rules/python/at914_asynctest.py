"""AT914: `asynctest`."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, is_called, sure
from async_test_template.rules.rule import Rule
from async_test_template.source import changes, new_imports

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    "call",
    "create_autospec",
    "mock_open",
    "patch",
    "sentinel",
)
#: Module and name of each replacement.
_NEW = {
    **{
        f"asynctest.{module}{old}": ("unittest.mock", new)
        for module in ("", "mock.")
        for old, new in (("CoroutineMock", "AsyncMock"), *((name, name) for name in _SAME))
    },
    "asynctest.TestCase": ("unittest", "IsolatedAsyncioTestCase"),
    "asynctest.case.TestCase": ("unittest", "IsolatedAsyncioTestCase"),
}
_ASYNC_METHODS = {"setUp": "asyncSetUp", "tearDown": "asyncTearDown"}
#: Methods that only asynctest's TestCase has.
_OWN = {"loop", "forbid_get_event_loop", "use_default_loop"}


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    statements: list[ast.Import | ast.ImportFrom] = [*source.nodes.of(ast.Import)]
    statements += source.nodes.of(ast.ImportFrom)
    imports = [
        node
        for node in statements
        if any(name.partition(".")[0] == "asynctest" for name in _modules(node))
    ]
    if imports:
        imports.sort(key=source.start)
        yield code_finding(
            RULE.code,
            source,
            imports[0],
            "asynctest does not work with Python 3.11 and later",
            tier=Tier.UNSAFE,
            fix=partial(_fix, source),
            hint="use unittest.mock.AsyncMock and unittest.IsolatedAsyncioTestCase",
        )


def _modules(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if not node.level else []


def _fix(source: Source) -> tuple[Edit, ...]:
    edits: dict[Edit, None] = {}
    for name in source.nodes.of(ast.Name):
        if source.names.resolve(name).partition(".")[0] != "asynctest":
            continue
        sure(source, name)
        used = _known(source, name)
        module, new = _NEW[source.names.resolve(used)]
        bound, imports = _bound(source, module)
        edits.update(
            dict.fromkeys((changes.replace_node(source, used, f"{bound}.{new}"), *imports))
        )
        around = source.parents[used]
        if module == "unittest":
            if not isinstance(around, ast.ClassDef):
                raise EditError("its TestCase is used in another way than as a base")
            edits.update(dict.fromkeys(_async_methods(source, around)))
    if not edits:
        raise EditError("it is unknown what it is used for")
    return tuple(edits)


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


def _async_methods(source: Source, around: ast.ClassDef) -> Iterator[Edit]:
    """Yield the edits that rename the async set-up methods of a class for unittest.

    Raises:
        EditError: the class uses what only asynctest's has.

    """
    if any(name in source.mentions for name in _OWN):
        raise EditError("it uses the loop of asynctest's TestCase")
    for method in around.body:
        if isinstance(method, ast.AsyncFunctionDef) and method.name in _ASYNC_METHODS:
            if is_called(source, method):
                raise EditError(f"something calls {method.name} by name")
            start = source.data.index(method.name.encode(), source.start(method))
            yield changes.replace(
                source, start, start + len(method.name), _ASYNC_METHODS[method.name]
            )


RULE = Rule(
    code="AT914",
    name="asynctest",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    python=">=3.11",
    visit=_visit,
    words=rb"asynctest",
    alone=True,
    libraries=("asynctest",),
)
