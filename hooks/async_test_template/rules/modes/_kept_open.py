"""Fixtures that keep nothing open in their loop, as far as their code shows (AT105)."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from async_test_template.rules.origin import origin
from async_test_template.source.nodes import walk
from async_test_template.source.source import Unreadable

if TYPE_CHECKING:
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
    loops"), and if its class passes its work on to a loop in a thread of its own.
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
    if not waits and not takes_loop and _passes_on(function):
        return True
    if fixture.scope == "function" and not waits:
        return _MOCKS.search(text) is not None and not takes_loop
    is_plain = _gives_plain(function) or _yields_plain(function)
    # Another process, or one that a function has waited for, needs no loop.
    return is_plain and all(
        _is_closed(function, node)
        or (not takes_loop and (_only_waits(source, function, node) or _is_new(function, node)))
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


def _gives_plain(function: Function) -> bool:
    """Tell whether the annotation promises plain data, as in `AsyncIterator[str]`."""
    given = function.returns
    if isinstance(given, ast.Subscript):
        parts = given.slice
        given = parts.elts[0] if isinstance(parts, ast.Tuple) and parts.elts else parts
    name = given.attr if isinstance(given, ast.Attribute) else getattr(given, "id", "")
    return name in _PLAIN


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
