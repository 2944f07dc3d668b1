"""AT811: `httpx.AsyncClient(app=...)`."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.clients._unpacked import Unpacked, unpacked
from async_test_template.rules.on_code import (
    code_finding,
    has_stars,
    is_chosen_by_version,
    is_super,
    keyword,
    sure,
)
from async_test_template.rules.patched import no_client_patched, not_patched
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes, new_imports
from async_test_template.source.brackets import brackets_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

_TRANSPORTS = {"AsyncClient": "ASGITransport", "Client": "WSGITransport"}
_CLIENTS = {f"{package}.{name}" for package in ("httpx", "httpx2") for name in _TRANSPORTS}


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for call, client, fix in _made(project, source):
        name = source.names.resolve(client)
        if name in _CLIENTS and not is_chosen_by_version(source, call):
            yield code_finding(
                RULE.code,
                source,
                call,
                f"{name} does not accept app=",
                tier=Tier.SAFE,
                fix=fix,
                hint=f"write transport=httpx.{_TRANSPORTS[name.rpartition('.')[2]]}(app=...)",
            )


def _made(
    project: Project, source: Source
) -> Iterator[tuple[ast.Call, ast.expr, Callable[[], tuple[Edit, ...]]]]:
    """Yield each call with an application, what it may make, and the function that fixes it."""
    for call in source.nodes.near(b"app"):
        app = keyword(call, "app") if isinstance(call, ast.Call) else None
        if isinstance(call, ast.Call) and app is not None:
            for client in _clients(source, call):
                yield call, client, partial(_fix, project, source, call, app, client)
    for given in unpacked(source, "app"):
        yield given.call, given.call.func, partial(_fix_unpacked, project, source, given)


def _clients(source: Source, call: ast.Call) -> list[ast.expr]:
    """Return what a call may make: what it calls, wraps with `partial`, or derives from."""
    if is_super(call.func) and call.func.attr == "__init__":
        around = next((n for n in source.around(call) if isinstance(n, ast.ClassDef)), None)
        return around.bases if around else []
    if call.args and source.names.resolve(call.func) == "functools.partial":
        return call.args[:1]
    return [call.func]


def _fix(
    project: Project, source: Source, call: ast.Call, app: ast.keyword, made: ast.expr
) -> tuple[Edit, ...]:
    if has_stars(call) or keyword(call, "transport") is not None:
        raise EditError("it has, or may have, a transport already")
    transport, imports = _checked(project, source, made, app.value)
    value = source.data[source.start(app) + len("app") : _end(source, call, app)].decode()
    start = source.start(app)
    end = start + len("app") + len(value)
    return (changes.replace(source, start, end, f"transport={transport}(app{value})"), *imports)


def _fix_unpacked(project: Project, source: Source, given: Unpacked) -> tuple[Edit, ...]:
    if not given.is_alone:
        raise EditError("its arguments are used elsewhere too, or may change")
    if "transport" in given.names or keyword(given.call, "transport") is not None:
        raise EditError("it has a transport already")
    transport, imports = _checked(project, source, given.call.func, given.value)
    made = f"{transport}(app={source.text(given.value)})"
    key = "transport" if isinstance(given.key, ast.keyword) else '"transport"'
    start = source.start(given.key)
    end = start + len("app") if isinstance(given.key, ast.keyword) else source.end(given.key)
    name = changes.replace(source, start, end, key)
    return (name, changes.replace_node(source, given.value, made), *imports)


def _checked(
    project: Project, source: Source, made: ast.expr, app: ast.expr
) -> tuple[str, tuple[Edit, ...]]:
    """Return what a client's transport is called, and the imports for it.

    Raises:
        EditError: the application, or the client, may be something else.

    """
    # Before httpx 0.28, `app=None` means no application: requests use the network.
    if _may_be_none(source, app) and project.dependencies.allows_below("httpx", "0.28"):
        raise EditError("the application may be None")
    no_client_patched(source)
    sure(source, made)
    not_patched(project, source.names.resolve(made))
    package, _, client = source.names.resolve(made).rpartition(".")
    return _transport(source, made, package, _TRANSPORTS[client])


def _may_be_none(source: Source, node: ast.expr) -> bool:
    """Tell whether a value is None, or a parameter that is None by default, or may be one."""
    if isinstance(node, ast.IfExp):
        return _may_be_none(source, node.body) or _may_be_none(source, node.orelse)
    if isinstance(node, ast.BoolOp):
        last = node.values[-1:] if isinstance(node.op, ast.Or) else node.values
        return any(_may_be_none(source, value) for value in last)
    if isinstance(node, ast.NamedExpr):
        return _may_be_none(source, node.value)
    if not isinstance(node, ast.Name):
        return isinstance(node, ast.Constant)
    for function in source.around(node):
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            arguments = function.args
            positional = [*arguments.posonlyargs, *arguments.args]
            defaults = dict(zip(reversed(positional), reversed(arguments.defaults), strict=False))
            by_name = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
            for argument, default in (*defaults.items(), *by_name):
                if argument.arg == node.id and isinstance(default, ast.Constant):
                    return default.value is None
    return False


def _end(source: Source, call: ast.Call, app: ast.keyword) -> int:
    """Find the end of the argument with the brackets that its value may be in."""
    brackets = brackets_from(source, source.end(call.func))
    return brackets.items[brackets.index_at(source.start(app))].end


def _transport(
    source: Source, client: ast.expr, package: str, name: str
) -> tuple[str, tuple[Edit, ...]]:
    """Name the transport in the style of the client: through its module, or imported with it."""
    if isinstance(client, ast.Attribute):
        return f"{source.text(client.value)}.{name}", ()
    if name in source.names.imported:
        if source.names.stands_for(name, f"{package}.{name}") and name not in source.names.bound:
            return name, ()
        raise EditError(f"the name {name} has another meaning in this file")
    if name in source.names.bound:
        raise EditError(f"the name {name} has another meaning in this file")
    return name, new_imports.import_beside(source, client, name)


RULE = Rule(
    code="AT811",
    name="async-client-app",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    visit=_visit,
    words=rb"app\s*=|\"app\"|'app'",
    where=Where.CLIENTS,
    suspects=re.compile(rb"httpx").search,
    alone=True,
    needs=(("httpx", "0.13.3"),),
    expects=("TypeError", "DeprecationWarning"),
    libraries=("httpx", "httpx2"),
    broken_since=(("httpx", "0.28"),),
)
