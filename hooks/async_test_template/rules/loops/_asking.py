"""Who asks for the fixtures `event_loop` and `loop`, which were removed, and what helps.

An async function can get the running loop. Other functions get a bridge.
"""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Tier
from async_test_template.rules.loops._bridge import bridge, is_first_to_run, tier_of_bridge
from async_test_template.rules.loops._canonical import called_names
from async_test_template.rules.loops._lost import (
    are_plain,
    is_override,
    when_all_is_read,
    where_from,
)
from async_test_template.rules.loops._running_loop import is_called_elsewhere, without_parameter
from async_test_template.rules.on_code import code_finding, is_called, text_of, uses
from async_test_template.rules.which_loop import may_have_old_aiohttp
from async_test_template.source import changes
from async_test_template.source.items import Fixture, Test
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit, Finding
    from async_test_template.project import Project
    from async_test_template.rules.loops._lost import Origin
    from async_test_template.source.source import Function, Source

#: Methods of every loop (asyncio.AbstractEventLoop of Python 3.15) that tests use.
_LOOP_METHODS = frozenset(
    {
        "add_reader",
        "add_signal_handler",
        "add_writer",
        "call_at",
        "call_exception_handler",
        "call_later",
        "call_soon",
        "call_soon_threadsafe",
        "close",
        "connect_accepted_socket",
        "create_connection",
        "create_datagram_endpoint",
        "create_future",
        "create_server",
        "create_task",
        "create_unix_connection",
        "create_unix_server",
        "get_debug",
        "get_exception_handler",
        "get_task_factory",
        "getaddrinfo",
        "getnameinfo",
        "is_closed",
        "is_running",
        "remove_reader",
        "remove_signal_handler",
        "remove_writer",
        "run_forever",
        "run_in_executor",
        "run_until_complete",
        "sendfile",
        "set_debug",
        "set_default_executor",
        "set_exception_handler",
        "set_task_factory",
        "shutdown_asyncgens",
        "slow_callback_duration",
        "sock_accept",
        "sock_connect",
        "sock_recv",
        "sock_sendall",
        "start_tls",
        "stop",
        "subprocess_exec",
        "subprocess_shell",
        "time",
    }
)


def parameter_findings(
    code: str, project: Project, source: Source, name: str, *, is_async: bool
) -> Iterator[Finding]:
    """Yield a finding for each function, async or not, that asks for the lost fixture."""
    for item in items_asking(source, name, is_async=is_async):
        if isinstance(item, Fixture) and is_override(project, item):
            # AT504 and AT505 replace those.
            continue
        where = where_from(project, name, item)
        if where == "elsewhere":
            continue
        # Only now: the file may have to be parsed again for it.
        function = source.functions.get(item.line)
        if function is None or not _has_parameter(function, name):
            continue
        if isinstance(item, Test) and item.mark("trio"):
            if where == "nowhere":
                yield _in_trio(code, project, source, function, name)
        elif is_async:
            yield _in_async(code, project, source, function, name, where)
        elif where == "nowhere":
            yield _in_sync(code, project, source, function, name)


def items_asking(source: Source, name: str, *, is_async: bool) -> list[Fixture | Test]:
    """Return the fixtures and tests of a file, async or not, that ask for a fixture, by line."""
    items = (item for _, item in sorted(source.items.items()))
    return [item for item in items if item.is_async == is_async and name in item.requests]


def _in_trio(code: str, project: Project, source: Source, function: Function, name: str) -> Finding:
    def fix() -> tuple[Edit, ...]:
        if uses(function, name):
            raise EditError("no loop of asyncio runs in a test of trio")
        return without_parameter(project, source, function, name)

    return code_finding(
        code,
        source,
        function,
        f"trio runs {function.name}, which asks for the fixture {name}, which was removed",
        tier=Tier.SAFE,
        fix=when_all_is_read(project, fix),
        hint="remove the parameter",
    )


def _in_async(  # noqa: PLR0913, PLR0917 - the place, the name and where it comes from
    code: str, project: Project, source: Source, function: Function, name: str, where: Origin
) -> Finding:
    message = f"{function.name} is async and asks for the fixture {name}, which was removed"
    # An old pytest-aiohttp runs an async fixture only if something asks for `loop`.
    is_needed = name == "loop" and may_have_old_aiohttp(project)
    finding = code_finding(
        code,
        source,
        function,
        message,
        tier=Tier.UNSAFE if is_needed or is_first_to_run(project) else Tier.SAFE,
        fix=when_all_is_read(project, lambda: without_parameter(project, source, function, name)),
        hint="use asyncio.get_running_loop()",
    )
    if where == "override" and _is_another(function, name):
        return finding.only_reported("the test itself expects another loop than its own")
    if where == "override":
        # AT504 turns an override into a bridge; another bridge in the same file would replace it.
        return _limited(project, function, name, finding)
    if finding.edits:
        return finding
    return code_finding(
        code,
        source,
        function,
        message,
        tier=tier_of_bridge(project, name),
        fix=when_all_is_read(project, lambda: bridge(project, name)),
        hint=finding.hint,
    )


def _is_another(function: Function, name: str) -> bool:
    """Tell whether an async function shows that the loop it gets is not the one it runs in.

    It runs that loop, asserts that it does not run, or compares the two.
    """
    return any(
        _is_of(node, name, {"run_forever", "run_until_complete"})
        or (
            isinstance(node, ast.UnaryOp)
            and isinstance(node.op, ast.Not)
            and isinstance(node.operand, ast.Call)
            and _is_of(node.operand.func, name, {"is_running"})
        )
        or (
            isinstance(node, ast.Compare)
            and any(
                isinstance(side, ast.Name) and side.id == name
                for side in (node.left, *node.comparators)
            )
            and not any(isinstance(side, ast.Constant) for side in (node.left, *node.comparators))
        )
        for node in walk(function)
    )


def _is_of(node: ast.AST, name: str, methods: set[str]) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr in methods
        and isinstance(node.value, ast.Name)
        and node.value.id == name
    )


def _limited(project: Project, function: Function, name: str, finding: Finding) -> Finding:
    """Remove from a fix what an override with more than a plain loop forbids.

    Its loop may be of another type, and it may prepare what the test needs. So a test that does not
    use the parameter keeps asking for it, and so does a test that uses a method of the loop that
    asyncio's loop does not have.
    """
    if not finding.edits or are_plain(project, name):
        return finding
    asked = {
        node.attr
        for node in walk(function)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == name
    }
    if uses(function, name) and asked <= _LOOP_METHODS:
        return finding._replace(tier=Tier.UNSAFE)
    hint = "the override that it gets does more than create a loop"
    return finding.only_reported(hint)


def _in_sync(code: str, project: Project, source: Source, function: Function, name: str) -> Finding:
    message = f"{function.name} is not async and asks for the fixture {name}, which was removed"
    # Code that calls nothing needs no loop either; other code may need a current loop.
    is_idle = not uses(function, name) and not called_names(function)
    if is_idle and not (
        is_called(source, function) or is_called_elsewhere(project, source, function)
    ):
        return code_finding(
            code,
            source,
            function,
            f"{message}; it does not use it",
            tier=Tier.UNSAFE,
            fix=when_all_is_read(
                project, lambda: (changes.remove_parameter(source, function, name),)
            ),
            hint="remove the parameter",
        )
    return code_finding(
        code,
        source,
        function,
        message,
        tier=tier_of_bridge(project, name),
        fix=when_all_is_read(project, lambda: bridge(project, name)),
        hint="make it async, or pass it the running loop through a fixture of that name",
    )


def usefixtures_findings(
    code: str, project: Project, source: Source, name: str
) -> Iterator[Finding]:
    """Yield a finding for each `usefixtures` that names the lost fixture."""
    if not _names_all(source, "usefixtures", name):
        return
    for call in source.calls("pytest.mark.usefixtures"):
        place = Test("", source.file, call.lineno, 1, is_async=True)
        for argument in call.args:
            where = where_from(project, name, place)
            if text_of(argument) == name and where != "elsewhere":
                fix = when_all_is_read(project, partial(_without_use, source, call, argument))
                # The test may need the other things that an override does.
                is_idle = where == "nowhere" or are_plain(project, name)
                yield code_finding(
                    code,
                    source,
                    call,
                    f"usefixtures names the fixture {name}, which was removed",
                    tier=Tier.SAFE if is_idle else Tier.REPORT,
                    fix=fix,
                    hint="remove the name",
                )


def _without_use(source: Source, call: ast.Call, argument: ast.expr) -> tuple[Edit, ...]:
    if len(call.args) > 1:
        return (changes.remove_argument(source, call, argument),)
    return (changes.remove_mark(source, call),)


def getfixturevalue_findings(
    code: str, project: Project, source: Source, name: str
) -> Iterator[Finding]:
    """Yield a finding for each `getfixturevalue` that names the lost fixture."""
    if not _names_all(source, "getfixturevalue", name):
        return
    for call in source.nodes.of(ast.Call):
        if getattr(call.func, "attr", "") != "getfixturevalue" or not call.args:
            continue
        place = Test("", source.file, call.lineno, 1, is_async=True)
        if text_of(call.args[0]) == name and where_from(project, name, place) == "nowhere":
            finding = code_finding(
                code,
                source,
                call,
                f"getfixturevalue names the fixture {name}, which was removed",
                tier=tier_of_bridge(project, name),
                fix=when_all_is_read(project, lambda: bridge(project, name)),
                hint="use asyncio.get_running_loop()",
            )
            is_served = _is_before_the_loop_runs(project, source, call)
            yield finding if is_served else finding.only_reported(finding.hint)


def _is_before_the_loop_runs(project: Project, source: Source, call: ast.Call) -> bool:
    """Tell whether a bridge can serve a place: pytest calls it, for one test, and no loop runs.

    Or a function of the file calls it for which that is so.
    """
    function = source.scope(call)
    if not isinstance(function, ast.FunctionDef):
        return False
    item = project.code.at(source.file, function.lineno)
    if isinstance(item, Fixture):
        return item.scope == "function"
    if isinstance(item, Test) or function.name.startswith("test"):
        return True
    calls = source.calls(function.name)
    return bool(calls) and all(isinstance(source.scope(c), ast.FunctionDef) for c in calls)


def _names_all(source: Source, *words: str) -> bool:
    """Tell whether the text of a file contains some words, without parsing it."""
    return all(word.encode() in source.data for word in words)


def _has_parameter(function: Function, name: str) -> bool:
    return any(a.arg == name for a in (*function.args.args, *function.args.kwonlyargs))
