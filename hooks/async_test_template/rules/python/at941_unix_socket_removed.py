"""AT941: tests that remove the socket of a server that has done so itself."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, has_stars, is_test_code, keyword
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import new_imports
from async_test_template.source.changes import replace, set_keyword
from async_test_template.source.nodes import FUNCTIONS, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

_STARTS = frozenset({"create_unix_server", "start_unix_server"})
_REMOVES = frozenset({"os.remove", "os.unlink"})
#: What may know that the file is gone.
_GUARDS = (ast.If, ast.IfExp, ast.With, ast.AsyncWith, ast.ExceptHandler)


class _Server(NamedTuple):
    """What a server is called, and its path, as they are written; both are names or attributes."""

    name: str
    path: str
    start: ast.Call


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    if not is_test_code(source):
        return
    servers = list(_servers(source))
    for call, path in _removals(source) if servers else ():
        function = source.scope(call)
        if not isinstance(function, FUNCTIONS) or _is_guarded(source, call):
            continue
        if any(
            server.path == path and _closes(source, function, server, call) for server in servers
        ):
            yield code_finding(
                RULE.code,
                source,
                call,
                f"{path} is gone: the server has removed its socket when it was closed",
                tier=Tier.SAFE,
                fix=partial(_fix, source, call),
                hint="ignore a FileNotFoundError, or pass cleanup_socket=False",
            )


def _servers(source: Source) -> Iterator[_Server]:
    """Yield the servers that remove their socket, and have a name."""
    for name in _STARTS:
        for node in source.mentions.get(name, ()):
            call = source.parents[node]
            if not isinstance(call, ast.Call) or call.func is not node or has_stars(call):
                continue
            given = keyword(call, "path")
            path = given.value if given else call.args[1] if len(call.args) > 1 else None
            assigned = _assigned(source, call)
            if path is not None and assigned is not None and not keyword(call, "cleanup_socket"):
                yield _Server(ast.unparse(assigned), _plain(path), call)


def _assigned(source: Source, call: ast.Call) -> ast.expr | None:
    """Return what a server is assigned to, once something has awaited or run the call."""
    for around in source.around(call):
        if isinstance(around, ast.Assign):
            return around.targets[0]
        if not isinstance(around, (ast.Await, ast.Call)):
            return None
    return None


def _plain(path: ast.expr) -> str:
    """Return the text of a path, without what makes a string of it."""
    if isinstance(path, ast.Call) and ast.unparse(path.func) in {"str", "os.fspath"}:
        path = path.args[0] if path.args else path
    return ast.unparse(path)


def _removals(source: Source) -> Iterator[tuple[ast.Call, str]]:
    """Yield the calls that fail if a file is missing, each with its path."""
    for call in source.calls(*_REMOVES):
        if len(call.args) == 1 and not call.keywords:
            yield call, _plain(call.args[0])
    for call, method in source.method_calls("unlink"):
        if not (call.args or call.keywords):
            yield call, ast.unparse(method.value)


def _is_guarded(source: Source, call: ast.Call) -> bool:
    """Tell whether something around a removal may know that the file is gone."""
    for around in source.around(call):
        if isinstance(around, FUNCTIONS):
            return False
        if isinstance(around, _GUARDS) or (isinstance(around, ast.Try) and around.handlers):
            return True
    return False


def _closes(source: Source, function: ast.AST, server: _Server, removal: ast.Call) -> bool:
    """Tell whether a function has closed a server of its own, or of its class, before a place."""
    if "." in server.name:
        owner = source.scope(function)
        is_own = isinstance(owner, ast.ClassDef) and owner in source.around(server.start)
    else:
        is_own = source.scope(server.start) is function
    return is_own and any(
        isinstance(node, ast.Call)
        and source.end(node) < source.start(removal)
        and ast.unparse(node.func) == f"{server.name}.close"
        for node in walk(function)
    )


def _fix(source: Source, call: ast.Call) -> tuple[Edit, ...]:
    if isinstance(call.func, ast.Attribute) and not call.args:
        return (set_keyword(source, call, "missing_ok", "True"),)
    statement = source.parents[call]
    start, end = source.start(call), source.end(call)
    indent = source.data[source.data.rfind(b"\n", 0, start) + 1 : start].decode()
    if not isinstance(statement, ast.Expr) or indent.strip() or statement.end_lineno != call.lineno:
        raise EditError("it is part of another statement")
    name, imports = new_imports.bind_module(source, "contextlib")
    text = f"with {name}.suppress(FileNotFoundError):\n{indent}    {source.text(call)}"
    return (replace(source, start, end, text), *imports)


RULE = Rule(
    code="AT941",
    name="unix-socket-removed",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    python=">=3.13",
    visit=_visit,
    words=rb"create_unix_server\(|start_unix_server\(",
    where=Where.EVERYWHERE,
    alone=True,
    expects=("FileNotFoundError", "OSError"),
)
