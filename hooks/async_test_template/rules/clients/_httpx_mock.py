"""The mock of pytest-httpx: where a file uses it, and of what kind the body of a response is."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from async_test_template.rules.on_code import text_of
from async_test_template.source.nodes import FUNCTIONS, last_name, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.source.source import Source

FIXTURE = "httpx_mock"
_CLASS = "pytest_httpx.HTTPXMock"
#: Methods and functions, by the last part of their name, that return bytes or text.
_BYTES = frozenset({"encode", "read_bytes", "bytes", "tobytes", "SerializeToString"})
_TEXT = frozenset(
    {"decode", "dedent", "format", "join", "read_text", "replace", "str", "strip", "format_map"}
)
#: Modules whose `dumps` returns bytes; that of `json` returns text.
_DUMPS = {"json.dumps": "text", "orjson.dumps": "content", "pickle.dumps": "content"}
#: So many names are followed from assignment to assignment.
_FAR = 4


def calls_of(source: Source, method: str) -> Iterator[ast.Call]:
    """Yield the calls of a method of the mock: of the fixture, or a parameter of its class."""
    for call in source.nodes.of(ast.Call):
        if (
            isinstance(call.func, ast.Attribute)
            and call.func.attr == method
            and _is_mock(source, call.func.value)
        ):
            yield call


def _is_mock(source: Source, node: ast.expr) -> bool:
    name = last_name(node)
    if name == FIXTURE:
        return True
    return any(
        argument.arg == name
        and argument.annotation is not None
        and source.names.resolve(argument.annotation) == _CLASS
        for function in source.around(node)
        if isinstance(function, FUNCTIONS)
        for argument in function.args.args
    )


def body_as(source: Source, value: ast.expr, steps: int = _FAR) -> str | None:
    """Return by which argument a response gets a body: `content` for bytes, `text` for text.

    It is None if that is unknown.
    """
    if isinstance(value, ast.Call):
        return _returned(source, value, steps)
    if isinstance(value, ast.Constant) and isinstance(value.value, bytes):
        return "content"
    if isinstance(value, ast.JoinedStr) or text_of(value) is not None:
        return "text"
    kinds = {body_as(source, one, steps - 1) for one in _parts(source, value)} if steps else set()
    if isinstance(value, ast.BinOp):
        # Both sides are of one kind.
        kinds.discard(None)
    return kinds.pop() if len(kinds) == 1 else None


def _parts(source: Source, value: ast.expr) -> Iterator[ast.expr]:
    """Yield expressions of the same kind as a value."""
    if isinstance(value, ast.BinOp):
        yield value.left
        if isinstance(value.op, ast.Add):
            yield value.right
    elif isinstance(value, ast.IfExp):
        yield value.body
        yield value.orelse
    elif isinstance(value, ast.Name):
        yield from _assigned(source, value)


def _returned(source: Source, call: ast.Call, steps: int) -> str | None:
    called = source.names.resolve(call.func)
    if called in _DUMPS:
        return _DUMPS[called]
    last = call.func.attr if isinstance(call.func, ast.Attribute) else called
    if last in {"read", "getvalue"} and isinstance(call.func, ast.Attribute):
        return _read(source, call.func.value, steps)
    if last in {"join", "replace", "strip"} and isinstance(call.func, ast.Attribute):
        return body_as(source, call.func.value, steps)
    if last in _BYTES:
        return "content"
    return "text" if last in _TEXT else None


def _read(source: Source, file: ast.expr, steps: int) -> str | None:
    """Tell what reading a file returns, from the mode that it is opened with."""
    if isinstance(file, ast.Name) and steps:
        opened = list(_assigned(source, file))
        kinds = {_read(source, one, steps - 1) for one in opened}
        return kinds.pop() if len(kinds) == 1 else None
    if not isinstance(file, ast.Call):
        return None
    called = source.names.resolve(file.func)
    if called in {"io.BytesIO", "io.StringIO"}:
        return "content" if called == "io.BytesIO" else "text"
    is_method = isinstance(file.func, ast.Attribute) and file.func.attr == "open"
    if called != "open" and not is_method:
        return None
    mode = next((k.value for k in file.keywords if k.arg == "mode"), None)
    place = 1 if called == "open" else 0
    if mode is None and len(file.args) > place:
        mode = file.args[place]
    if mode is None:
        return "text"
    text = text_of(mode)
    return None if text is None else "content" if "b" in text else "text"


def _assigned(source: Source, name: ast.Name) -> Iterator[ast.expr]:
    """Yield the values that a name gets in the function around it, else in the module.

    Nothing is yielded if it is a parameter, or gets a value in another way.
    """
    for scope in source.around(name):
        if not isinstance(scope, (*FUNCTIONS, ast.Module)):
            continue
        if isinstance(scope, FUNCTIONS) and any(
            argument.arg == name.id for argument in (*scope.args.args, *scope.args.kwonlyargs)
        ):
            return
        inside = scope.body if isinstance(scope, ast.Module) else list(walk(scope))
        found = [value for node in inside for value in _given(node, name.id)]
        if found:
            yield from found
            return


def _given(node: ast.AST, name: str) -> Iterator[ast.expr]:
    if isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == name for target in node.targets
    ):
        yield node.value
    elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
        if isinstance(node.target, ast.Name) and node.target.id == name and node.value:
            yield node.value
    elif isinstance(node, ast.withitem):
        target = node.optional_vars
        if isinstance(target, ast.Name) and target.id == name:
            yield node.context_expr
