"""Fixtures that keep nothing open in their loop, as far as their code shows (AT105)."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from async_test_template.rules.origin import origin
from async_test_template.source.nodes import callee, last_name, walk
from async_test_template.source.source import Unreadable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from async_test_template.project import Project
    from async_test_template.source.items import Fixture
    from async_test_template.source.source import Function, Source

_ASYNC = (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.comprehension)
#: What takes the running loop without waiting.
_TAKES_LOOP = re.compile(
    r"\b(?:create_task|ensure_future|get_running_loop|get_event_loop|Future|TaskGroup"
    r"|create_task_group|ClientSession|TCPConnector|call_soon|call_later|add_reader)\b|\bServer\("
)
#: What shows that a fixture is there for a mock.
_MOCKS = re.compile(r"\b(?:patch|mocker|monkeypatch|create_autospec|\w*Mock)\b")
#: Types that are no part of any loop.
_PLAIN = frozenset({"bool", "bytes", "date", "datetime", "float", "int", "Path", "str"})
#: What holds other values, and so is plain if they are.
_HOLDERS = frozenset({"ClassVar", "Optional", "Union", "dict", "frozenset", "list", "set", "tuple"})
_DATACLASSES = ("dataclasses.dataclass", "attrs.define", "attrs.frozen")
#: Databases whose connections belong to the loop that opened them.
_OTHER_DRIVERS = re.compile(
    rb"\b(?:aiomysql|aioodbc|asyncmy|asyncpg|databases|motor|psycopg|aioredis|redis)\b"
)
#: Names of functions that may leave something running.
_STARTS = re.compile(
    r"\b(?:connect|create|launch|listen|open|run|schedule|serve|spawn|start|submit)\w*\("
)

#: What starts another process.
_PROCESSES = frozenset({"asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell"})
#: What only lets time pass.
_SLEEPS = frozenset({"anyio.sleep", "asyncio.sleep", "trio.sleep"})


def keeps_nothing(project: Project, fixture: Fixture) -> bool:
    """Tell whether tests in another loop can use what a fixture gives them.

    So it is if the fixture makes mocks for each test and waits for nothing, if it gives the test
    plain data and has closed all before, only waited for another process, or works afterwards with
    what it makes then, if it does nothing but pass on what other fixtures give it, if it is an
    engine of SQLAlchemy that keeps no connection (SQLAlchemy 2.0, "Using multiple asyncio event
    loops") or only those of aiosqlite, which take the loop of each call, if a client calls an
    application in the same process, and if its class passes its work on to a loop in a thread of
    its own.
    """
    try:
        source = project.code.sources.get(fixture.file)
        function = source.functions.get(fixture.line)
    except Unreadable:
        return False
    if function is None:
        return False
    text = source.text(function)
    # A client of Motor that is told so takes the loop of each call.
    takes_any = b".get_io_loop = " in source.data or re.search(r"\bNullPool\b", text)
    if takes_any or _has_own_loop(project, source, function):
        return True
    waits = [node for node in walk(function) if isinstance(node, _ASYNC) and _is_async(node)]
    takes_loop = _TAKES_LOOP.search(text) is not None
    if not takes_loop and (
        (not waits and _passes_on(function))
        or _is_on_sqlite(source)
        or _is_in_process(source, text, waits)
        or _starts_nothing(source, function, waits)
    ):
        return True
    if fixture.scope == "function" and not waits:
        return _MOCKS.search(text) is not None and not takes_loop
    is_plain = _gives_plain(project, source, function) or _yields_plain(function)
    # Another process, or one that a function has waited for, needs no loop.
    return is_plain and all(
        _is_closed(function, node)
        or (
            not takes_loop
            and (
                _only_waits(source, function, node)
                or _is_new(function, node)
                or _talks_through_client(source, node)
            )
        )
        for node in waits
    )


def _has_own_loop(project: Project, source: Source, function: Function) -> bool:
    """Tell whether all that a fixture gives is of classes here that work in a loop of their own."""
    made = {
        getattr(node.targets[0], "id", ""): node.value
        for node in walk(function)
        if isinstance(node, ast.Assign)
    }
    given = [node.value for node in walk(function) if isinstance(node, ast.Yield)]
    return bool(given) and all(
        _is_threaded(project, source, made.get(getattr(value, "id", ""), value)) for value in given
    )


def _is_threaded(project: Project, source: Source, value: ast.expr | None) -> bool:
    while isinstance(value, (ast.Await, ast.Call)):
        value = value.value if isinstance(value, ast.Await) else value.func
    if isinstance(value, ast.Attribute):
        value = value.value
    if not isinstance(value, ast.Name):
        return False
    found = origin(project, source, value)
    if found is None or not isinstance(found[1], ast.ClassDef):
        return False
    return "run_coroutine_threadsafe(" in found[0].text(found[1])


def _is_async(node: ast.AST) -> bool:
    return not isinstance(node, ast.comprehension) or bool(node.is_async)


def _is_on_sqlite(source: Source) -> bool:
    """Tell whether a file speaks of aiosqlite (0.22), and of no other driver."""
    return b"aiosqlite" in source.data and _OTHER_DRIVERS.search(source.data) is None


def _is_in_process(source: Source, text: str, waits: Sequence[ast.AST]) -> bool:
    """Tell whether a fixture only makes, and closes, a client of an application in the process.

    Without its lifespan, the application has nothing that was started.
    """
    return (
        "ASGITransport(" in text
        and b"ifespan" not in source.data
        and all(_closes(node) or _is_block_of_client(source, node) for node in waits)
    )


def _closes(node: ast.AST) -> bool:
    call = node.value if isinstance(node, ast.Await) else None
    return isinstance(call, ast.Call) and getattr(call.func, "attr", "") in {"aclose", "close"}


def _is_block_of_client(source: Source, node: ast.AST) -> bool:
    return isinstance(node, ast.AsyncWith) and all(
        _is_client(source, item.context_expr) for item in node.items
    )


def _starts_nothing(source: Source, function: Function, waits: Sequence[ast.AST]) -> bool:
    """Tell whether a fixture gives what another file has, and waits only after that."""
    given = [node for node in walk(function) if isinstance(node, ast.Yield)]
    names = {getattr(node.value, "id", "") for node in given}
    if not given or not names <= source.names.imported:
        return False
    first = min(node.lineno for node in given)
    before = [part for part in function.body if part.lineno < first]
    return not any(_STARTS.search(source.text(part)) for part in before) and all(
        getattr(node, "lineno", 0) > first
        and not any(isinstance(one, ast.Name) and one.id in names for one in walk(node))
        for node in waits
    )


def _talks_through_client(source: Source, node: ast.AST) -> bool:
    """Tell whether a node opens a client, or waits for what gets it: tests do not have it."""
    if _is_block_of_client(source, node):
        return True
    names = {
        name.id
        for around in source.around(node)
        if isinstance(around, ast.AsyncWith) and _is_block_of_client(source, around)
        for item in around.items
        for name in walk(item)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    }
    call = node.value if isinstance(node, ast.Await) else None
    if not isinstance(call, ast.Call):
        return False
    owner = getattr(call.func, "value", None)
    return any(getattr(part, "id", "") in names for part in (*call.args, owner))


def _gives_plain(project: Project, source: Source, function: Function) -> bool:
    """Tell whether the annotation promises plain data, as in `AsyncIterator[str]`."""
    given = function.returns
    if isinstance(given, ast.Subscript):
        parts = given.slice
        given = parts.elts[0] if isinstance(parts, ast.Tuple) and parts.elts else parts
    return last_name(given) in _PLAIN or (
        given is not None and _is_plain_class(project, source, given)
    )


def _is_plain_class(project: Project, source: Source, node: ast.expr) -> bool:
    """Tell whether an annotation names a dataclass of the repository with only plain data."""
    found = origin(project, source, node)
    if found is None or not isinstance(found[1], ast.ClassDef) or found[1].bases:
        return False
    names = found[0].names
    of = [names.resolve(callee(decorator)) for decorator in found[1].decorator_list]
    fields = [part.annotation for part in found[1].body if isinstance(part, ast.AnnAssign)]
    return (
        bool(fields)
        and any(name in _DATACLASSES for name in of)
        and all(
            last_name(part) in _PLAIN | _HOLDERS
            for field in fields
            for part in walk(field)
            if isinstance(part, (ast.Name, ast.Attribute, ast.Constant))
            and getattr(part, "value", part) is not None
        )
    )


def _passes_on(function: Function) -> bool:
    """Tell whether each `yield` gives nothing, or parts of what other fixtures have given."""
    given = [node.value for node in walk(function) if isinstance(node, ast.Yield)]
    known = {argument.arg for argument in function.args.args} - {"request"}
    for node in walk(function):
        if isinstance(node, ast.Assign) and getattr(node.value, "id", None) in known:
            known.update(n.id for n in walk(node.targets[0]) if isinstance(n, ast.Name))
    does = any(isinstance(node, ast.Call) for part in function.body for node in walk(part))
    return bool(given) and all(
        not does
        if value is None
        else all(
            getattr(part, "id", None) in known
            for part in (value.elts if isinstance(value, ast.Tuple) else [value])
        )
        for value in given
    )


def _yields_plain(function: Function) -> bool:
    """Tell whether each `yield` gives plain data that is written there, as a URL or a text."""
    texts = {
        getattr(node.targets[0], "id", "")
        for node in walk(function)
        if isinstance(node, ast.Assign) and _is_text(node.value)
    } - {""}
    given = [node.value for node in walk(function) if isinstance(node, ast.Yield)]
    return bool(given) and all(
        _is_text(value)
        or getattr(value, "id", None) in texts
        or (not isinstance(value, ast.Constant | ast.Name) and _is_plain(value))
        for value in given
    )


def _is_text(node: ast.AST | None) -> bool:
    """Tell whether an expression is a text, or one with something after it."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _is_text(node.left)
    is_constant = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return is_constant or isinstance(node, ast.JoinedStr)


def _is_new(function: Function, node: ast.AST) -> bool:
    """Tell whether a node after the last `yield` works only with what is made after it, or texts.

    A fixture that has to open a connection to clean up is done with its loop before a test runs.
    """
    end = max((one.lineno for one in walk(function) if isinstance(one, ast.Yield)), default=0)
    line = getattr(node, "lineno", 0)
    if not 0 < end < line:
        return False
    before = {
        target.id
        for one in walk(function)
        if isinstance(one, (ast.Assign, ast.AsyncWith, ast.With)) and one.lineno <= end
        for part in ast.iter_child_nodes(one)
        for target in walk(part)
        if isinstance(target, ast.Name)
        and isinstance(target.ctx, ast.Store)
        and not (isinstance(one, ast.Assign) and _is_text(one.value))
    }
    before |= {argument.arg for argument in function.args.args}
    return not any(isinstance(one, ast.Name) and one.id in before for one in walk(node))


def _is_plain(node: ast.AST | None, known: frozenset[str] = frozenset()) -> bool:
    if isinstance(node, ast.Dict):
        return all(_is_plain(part, known) for part in (*node.keys, *node.values))
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return all(_is_plain(part, known) for part in node.elts)
    name = getattr(node, "id", "")
    # By convention a name in capitals is a constant.
    return isinstance(node, (ast.Constant, ast.JoinedStr)) or name in known or name.isupper()


def _only_waits(source: Source, function: Function, node: ast.AST) -> bool:
    """Tell whether an `await` is for another process, or for a function that gets plain data.

    The value of such a function is thrown away, as that of `await wait_for_port(port)`.
    """
    call = node.value if isinstance(node, ast.Await) else None
    if not isinstance(call, ast.Call):
        return False
    if source.names.resolve(call.func) in _PROCESSES | _SLEEPS:
        return True
    assigned = [one for one in walk(function) if isinstance(one, ast.Assign)]
    if isinstance(call.func, ast.Attribute):
        owner = getattr(call.func.value, "id", "")
        made = [one.value for one in assigned if getattr(one.targets[0], "id", None) == owner]
        return bool(made) and all(_is_process(source, value) for value in made)
    known: frozenset[str] = frozenset()
    for one in sorted(assigned, key=lambda one: one.lineno):
        # A client that tests do not get serves none of them.
        if _is_plain(one.value, known) or _is_client(source, one.value):
            known |= {getattr(target, "id", "") for target in one.targets} - {""}
    is_thrown_away = isinstance(source.parents[node], ast.Expr)
    parts = (*call.args, *(keyword.value for keyword in call.keywords))
    is_told = bool(parts) and all(_is_plain(part, known) for part in parts)
    return is_thrown_away and is_told and isinstance(call.func, ast.Name)


def _is_client(source: Source, value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and source.names.resolve(value.func).endswith("Client")


def _is_process(source: Source, value: ast.expr) -> bool:
    return (
        isinstance(value, ast.Await)
        and isinstance(value.value, ast.Call)
        and source.names.resolve(value.value.func) in _PROCESSES
    )


def _is_closed(function: Function, node: ast.AST) -> bool:
    """Tell whether a node is in a block that ends before the fixture gives anything."""
    return any(
        isinstance(block, ast.AsyncWith)
        and node in (inside := set(walk(block)))
        and not any(isinstance(inner, (ast.Yield, ast.Return)) for inner in inside)
        for block in walk(function)
    )
