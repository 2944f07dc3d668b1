"""The fixtures `event_loop` and `loop`, which are gone: who asks for them, and what helps.

An async function has the running loop at hand. What is not async gets a bridge: a fixture of the
old name that hands out the running loop, so that a whole suite lives on without its calls changed.
"""

from __future__ import annotations

import ast
import re
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Literal

from async_test_template.errors import EditError
from async_test_template.findings import Change, Edit, Finding, Tier
from async_test_template.rules.loops._canonical import called_names, is_canonical
from async_test_template.rules.loops._loop_factories import has_own_loop
from async_test_template.rules.on_code import calls, code_finding, is_called, needs, text_of, uses
from async_test_template.rules.premises.about import has_own_runner, ships
from async_test_template.rules.which_loop import (
    SCOPES,
    has_aiohttps_plugin,
    may_have_old_aiohttp,
    named,
)
from async_test_template.source import changes
from async_test_template.source.items import Fixture, Test
from async_test_template.source.nodes import walk
from async_test_template.source.source import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source

#: What every loop can do (asyncio.AbstractEventLoop of Python 3.15), as far as tests ask for it.
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
_CALL_OF_TEST = re.compile(rb"(?<!def )(?<![\w\x80-\xff])(test[\w\x80-\xff]*)\(")
_UNSURE = (ast.Global, ast.Nonlocal, ast.Delete)
_DECORATORS = {"pytest.fixture", "pytest_asyncio.fixture", "pytest.yield_fixture"}
#: Plugins that hand out a `loop` of their own.
_OTHERS = (
    "aiomisc",
    "aiomisc-pytest",
    "pytest-sanic",
    "pytest-tornado",
    "pytest-tornasync",
    "pytest-toolbox",
)

Origin = Literal["nowhere", "override", "elsewhere"]


def origin(project: Project, name: str, item: Fixture | Test) -> Origin:
    """Tell where a test or a fixture gets the fixture of that name from, as far as files tell."""
    besides = item if isinstance(item, Fixture) else None
    found = project.code.find(name, item.file, item.owner, besides=besides)
    if found is not None:
        return "override" if is_override(project, found) else "elsewhere"
    known = not has_own_runner(project) if name == "event_loop" else is_aiohttps(project)
    if not known or project.code.may_bring(name, item.file) or _is_in_a_plugin(project, name, item):
        return "elsewhere"
    return "nowhere"


def _is_in_a_plugin(project: Project, name: str, item: Fixture | Test) -> bool:
    """Tell whether a plugin of the repository may bring another fixture of that name along.

    It is then in a file that is neither a conftest.py nor one with tests.
    """
    return any(
        fixture.name == name
        and fixture is not item
        and not fixture.file.endswith("conftest.py")
        and not project.code.by_file[fixture.file].tests
        for fixture in project.code.fixtures
    )


def is_override(project: Project, fixture: Fixture) -> bool:
    """Tell whether a fixture replaced pytest-asyncio's `event_loop` before that was removed.

    Where another plugin, or a hook of the project, runs the tests the fixture is for that one, and
    one in a plugin that the repository ships is for the tests of others.
    """
    if fixture.name != "event_loop" or fixture.is_async or has_own_runner(project):
        return False
    known = _known_overrides(project)
    place = (fixture.file, fixture.line)
    if place not in known:
        known[place] = not ships(project, fixture.file) and _calls_a_loop(project, fixture)
    return known[place]


# One project is in use at a time; each function that asks for the fixture asks this.
@lru_cache(maxsize=2)
def _known_overrides(_project: Project) -> dict[tuple[str, int], bool]:
    return {}


def _calls_a_loop(project: Project, fixture: Fixture) -> bool:
    function = project.code.sources.get(fixture.file).functions[fixture.line]
    return any("loop" in name.lower() for name in called_names(function))


def parameter_findings(
    code: str, project: Project, source: Source, name: str, *, is_async: bool
) -> Iterator[Finding]:
    """Yield a finding for each async, or each other, function that asks for the lost fixture."""
    for item in project.code.items_of(source.file):
        if item.is_async != is_async or name not in item.requests:
            continue
        function = source.functions.get(item.line)
        if function is None or not _has_parameter(function, name):
            continue
        if isinstance(item, Test) and item.mark("trio"):
            continue
        where = origin(project, name, item)
        if is_async and where != "elsewhere":
            yield _in_async(code, project, source, function, name, where)
        elif where == "nowhere":
            yield _in_sync(code, project, source, function, name)


def _in_async(  # noqa: PLR0913, PLR0917 - the place, the name and where it comes from
    code: str, project: Project, source: Source, function: Function, name: str, where: Origin
) -> Finding:
    message = f"{function.name} is async and asks for the fixture {name}, which is gone"
    finding = code_finding(
        code,
        source,
        function,
        message,
        # An old pytest-aiohttp runs an async fixture only where something asks for `loop`.
        tier=Tier.UNSAFE if name == "loop" and may_have_old_aiohttp(project) else Tier.SAFE,
        fix=when_all_is_read(project, lambda: without_parameter(project, source, function, name)),
        hint="take the running loop from asyncio.get_running_loop()",
    )
    if where == "override" and _is_another(function, name):
        return finding.only_reported("it says itself that the loop is another one than its own")
    if where == "override":
        # AT504 makes a bridge of an override; one more in the same file would take its place.
        return _limited(project, function, name, finding)
    if finding.edits:
        return finding
    return code_finding(
        code,
        source,
        function,
        message,
        tier=Tier.UNSAFE,
        fix=when_all_is_read(project, lambda: bridge(project, name)),
        hint=finding.hint,
    )


def _is_another(function: Function, name: str) -> bool:
    """Tell whether an async function says that the loop that it gets is not the one it runs in.

    It runs that loop, which its own forbids, asserts that it does not run, or compares the two.
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
    """Take from a fix what an override that is more than a plain loop forbids.

    Its loop may be of another kind, and it may prepare what the test needs. So a test that does not
    use the parameter goes on asking for it, and one that asks the loop for what asyncio's own does
    not have.
    """
    if not finding.edits or _are_plain(project, name):
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
    hint = "the override that it gets does more than make a loop"
    return finding.only_reported(hint)


# One project is in use at a time; each function that asks for a loop asks this.
@lru_cache(maxsize=4)
def _are_plain(project: Project, name: str) -> bool:
    """Tell whether all overrides of that name give what the running loop is, too."""
    overrides = [f for f in project.code.fixtures if f.name == name and is_override(project, f)]
    sources = [(project.code.sources.get(f.file), f.line) for f in overrides]
    return all(
        is_canonical(source.functions[line]) and not has_own_loop(source, source.functions[line])
        for source, line in sources
    )


def _in_sync(code: str, project: Project, source: Source, function: Function, name: str) -> Finding:
    message = f"{function.name} asks for the fixture {name}, which is gone, and is not async"
    # What calls nothing needs no loop either; anything else may want it to be the current one.
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
            hint="drop the parameter",
        )
    return code_finding(
        code,
        source,
        function,
        message,
        tier=Tier.UNSAFE,
        fix=when_all_is_read(project, lambda: bridge(project, name)),
        hint="make it async, or hand it the running loop by a fixture of that name",
    )


def when_all_is_read(
    project: Project, fix: Callable[[], tuple[Edit, ...]]
) -> Callable[[], tuple[Edit, ...]]:
    """Hold a fix back while a file is hidden that may define the fixture or ask for it."""

    def checked() -> tuple[Edit, ...]:
        for file, line, _ in project.code.unreadable:
            raise EditError(f"{file}:{line} cannot be parsed, and may ask for it or define it")
        return fix()

    return checked


def without_parameter(
    project: Project, source: Source, function: Function, name: str
) -> tuple[Edit, ...]:
    """Give the edits after which an async function takes the running loop itself.

    Raises:
        EditError: it is called from somewhere, or what the name stands for is not sure.

    """
    if is_called(source, function) or is_called_elsewhere(project, source, function):
        raise EditError("it is called by its name")
    edits: list[Edit] = [changes.remove_parameter(source, function, name)]
    if uses(function, name):
        if any(isinstance(n, _UNSURE) for n in walk(function)):
            raise EditError("it declares names global or deletes them")
        module, imports = changes.bind_module(source, "asyncio")
        statement = f"{name} = {module}.get_running_loop()"
        edits += [changes.prepend_statement(source, function, statement), *imports]
    return tuple(edits)


def is_called_elsewhere(project: Project, source: Source, function: Function) -> bool:
    """Tell whether another file with tests seems to call a test by its name.

    It may be imported there, or belong to a class that one there is based on. Fixtures cannot be
    called.
    """
    if not function.name.startswith("test"):
        return False
    return bool(_calls_of_tests(project).get(function.name.encode(), set()) - {source.file})


# One project is in use at a time; each function that asks for a loop asks this.
@lru_cache(maxsize=4)
def _calls_of_tests(project: Project) -> dict[bytes, set[str]]:
    """Give the files that seem to call a test, by its name."""
    found: dict[bytes, set[str]] = {}
    for module in project.code.modules:
        for name in _CALL_OF_TEST.findall(project.tree.read(module.file) or b""):
            found.setdefault(name, set()).add(module.file)
    return found


def can_do_without(project: Project, item: Fixture | Test, name: str) -> bool:
    """Tell whether a function is async and its parameter of that name can be dropped."""
    if not item.is_async:
        return False
    source = project.code.sources.get(item.file)
    try:
        without_parameter(project, source, source.functions[item.line], name)
    except (EditError, StopIteration):
        return False
    return True


def bridge_text(
    name: str, scope: str, asyncio: str, pytest_asyncio: str, *, for_all: bool = False
) -> str:
    """Write the fixture that hands out the running loop under the old name.

    With `for_all` each test gets it, so that what is not async finds a current loop.
    """
    arguments = [] if scope == "function" else [f'scope="{scope}"', f'loop_scope="{scope}"']
    text = "Hand the running loop to what still asks for the old fixture."
    if for_all:
        arguments.append("autouse=True")
        text = "Give each test a current loop, and hand it to what still asks for the old fixture."
    called = f"({', '.join(arguments)})" if arguments else ""
    return (
        f"@{pytest_asyncio}.fixture{called}\n"
        f"async def {name}():\n"
        f'    """{text}"""\n'
        f"    return {asyncio}.get_running_loop()\n"
    )


_TAKES_CURRENT = re.compile(rb"\bget_event_loop\(")


# One project is in use at a time; each bridge asks.
@lru_cache(maxsize=1)
def takes_current_loop(project: Project) -> bool:
    """Tell whether code of the repository that is not async asks for the current loop.

    Before pytest-asyncio 1.0 there was one in each test; now a test that is not async finds none
    once another has run. An override that gets its loop that way does not count. Where AnyIO or
    trio may run a test a fixture for all of them would run on trio, too, so the answer is no.
    """
    if any(test.mark("anyio") or test.mark("trio") for test in project.code.tests) or any(
        "anyio_backend" in item.requests for item in project.code.at.values()
    ):
        return False
    for file in project.tree.disk.python_files:
        data = project.tree.read(file) or b""
        if _TAKES_CURRENT.search(data) is None:
            continue
        try:
            source = project.code.sources.get(file)
        except Unreadable:
            continue
        for call in source.nodes.of(ast.Call):
            named = call.func
            last = named.attr if isinstance(named, ast.Attribute) else getattr(named, "id", "")
            if last == "get_event_loop" and _is_in_sync_code(source, call):
                return True
    return False


def _is_in_sync_code(source: Source, call: ast.Call) -> bool:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    function = next((around for around in source.around(call) if isinstance(around, kinds)), None)
    return isinstance(function, ast.FunctionDef) and function.name not in {"event_loop", "loop"}


def bridge(project: Project, name: str) -> tuple[Edit, ...]:
    """Give the edits that put a bridge where everything that asks for the fixture can see it.

    Raises:
        EditError: a name that it needs stands for something else there, or its own does.

    """
    made = _bridge(project, name)
    if isinstance(made, EditError):
        raise made
    return made


# One is in use at a time; thousands may ask for the same bridge.
@lru_cache(maxsize=2)
def _bridge(project: Project, name: str) -> tuple[Edit, ...] | EditError:
    try:
        return _make_bridge(project, name)
    except EditError as error:
        return error


def _make_bridge(project: Project, name: str) -> tuple[Edit, ...]:
    asking = [
        item
        for item in project.code.at.values()
        if name in item.requests and origin(project, name, item) == "nowhere"
    ]
    scopes = [
        item.scope
        for item in asking
        if isinstance(item, Fixture) and item.scope in SCOPES and not item.is_async
    ]
    scope = max(scopes, key=SCOPES.index, default="function")
    if scope != "function":
        # Older ones know no loop_scope, and still have the fixture.
        needs(project, "pytest-asyncio", "0.24")
    raised = _with_the_plugin(project) if name == "loop" else ()
    for_all = not all(item.is_async for item in asking) and takes_current_loop(project)
    file = home(project, [item.file for item in asking])
    above = [i for i in asking if isinstance(i, Fixture) and i.name == name and i.file != file]
    if above:
        raise EditError(f"{named(above[0])} builds on it, and a bridge would hide it")
    if project.tree.read(file) is None:
        body = bridge_text(name, scope, "asyncio", "pytest_asyncio", for_all=for_all)
        text = f"import asyncio\n\nimport pytest_asyncio\n\n\n{body}"
        return (Change(file, "create", (), text), *raised)
    source = source_of(project, file)
    if _defines(project, source, name):
        raise EditError(f"{file} defines the name {name} already")
    asyncio, one = changes.bind_module(source, "asyncio")
    plugin, other = changes.bind_module(source, "pytest_asyncio")
    if {edit.start for edit in one} & {edit.start for edit in other}:
        # Each comes with its own two blank lines where the file has no imports yet.
        first = one[0].text
        if first.endswith(3 * source.newline):
            first = first.removesuffix(source.newline)
        merged = f"{first}{other[0].text}"
        if len(source.tree.body) == 0:
            merged = f"import asyncio\n\nimport {plugin}\n"
        one, other = (one[0]._replace(text=merged),), ()
    text = bridge_text(name, scope, asyncio, plugin, for_all=for_all)
    return (*one, *other, changes.append(source, text), *raised)


def _with_the_plugin(project: Project) -> tuple[Edit, ...]:
    """Give the edits after which a pytest-aiohttp brings the pytest-asyncio that a bridge imports.

    Raises:
        EditError: an old one brings none, and only a person can raise it.

    """
    dependencies = project.dependencies
    if dependencies.of("pytest-asyncio") or not may_have_old_aiohttp(project):
        return ()
    raised = dependencies.raised("pytest-aiohttp", "1.0")
    if raised is None:
        raise EditError("what replaces it needs pytest-aiohttp >= 1.0, or pytest-asyncio declared")
    return raised


def source_of(project: Project, file: str) -> Source:
    """Give a file that is there, also one that holds nothing relevant yet.

    Raises:
        EditError: this Python cannot parse it.

    """
    data = project.tree.read(file) or b""
    if data.strip() and file in project.code.by_file:
        return project.code.sources.get(file)
    from async_test_template.source.source import read_source

    try:
        source = read_source(file, data)
        _ = source.tree
    except Unreadable as error:
        raise EditError(f"{file} cannot be parsed") from error
    return source


def _defines(project: Project, source: Source, name: str) -> bool:
    """Tell whether a function or a fixture of that name stands at the top level of a file."""
    module = project.code.by_file.get(source.file)
    if module is not None and any(f.name == name and f.owner is None for f in module.fixtures):
        return True
    scopes = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return any(
        function.name == name
        and not any(isinstance(around, scopes) for around in source.around(function))
        for function in source.functions.values()
    )


def home(project: Project, files: list[str]) -> str:
    """Choose the conftest.py, or the one test file, that all who ask can see."""
    folders = [file.split("/")[:-1] for file in files]
    common: list[str] = []
    for parts in zip(*folders, strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    for depth in range(len(common), -1, -1):
        candidate = "/".join([*common[:depth], "conftest.py"])
        if project.tree.read(candidate) is not None:
            return candidate
    return files[0] if len(set(files)) == 1 else "/".join([*common, "conftest.py"])


def usefixtures_findings(
    code: str, project: Project, source: Source, name: str
) -> Iterator[Finding]:
    """Yield a finding for each `usefixtures` that names the lost fixture."""
    if not _names_all(source, "usefixtures", name):
        return
    for call in calls(source, "pytest.mark.usefixtures"):
        place = Test("", source.file, call.lineno, 1, is_async=True)
        for argument in call.args:
            where = origin(project, name, place)
            if text_of(argument) == name and where != "elsewhere":
                fix = when_all_is_read(project, partial(_without_use, source, call, argument))
                # What else an override does, the test may be in need of.
                is_idle = where == "nowhere" or _are_plain(project, name)
                yield code_finding(
                    code,
                    source,
                    call,
                    f"usefixtures names the fixture {name}, which is gone",
                    tier=Tier.SAFE if is_idle else Tier.REPORT,
                    fix=fix,
                    hint="drop the name",
                )


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
        if text_of(call.args[0]) == name and origin(project, name, place) == "nowhere":
            yield code_finding(
                code,
                source,
                call,
                f"getfixturevalue names the fixture {name}, which is gone",
                hint="take the running loop from asyncio.get_running_loop()",
            )


def _names_all(source: Source, *words: str) -> bool:
    """Tell whether the text of a file holds some words, without parsing it."""
    return all(word.encode() in source.data for word in words)


def _without_use(source: Source, call: ast.Call, argument: ast.expr) -> tuple[Edit, ...]:
    if len(call.args) > 1:
        return (changes.remove_argument(source, call, argument),)
    return (changes.remove_mark(source, call),)


def _has_parameter(function: Function, name: str) -> bool:
    return any(a.arg == name for a in (*function.args.args, *function.args.kwonlyargs))


def is_aiohttps(project: Project) -> bool:
    """Tell whether `loop` and its like must have been aiohttp's, and its plugin is not loaded."""
    imports = {module for m in project.code.modules for module in m.imports}
    return (
        not has_aiohttps_plugin(project)
        and not any(project.dependencies.has(other) for other in _OTHERS)
        and (
            project.dependencies.has("pytest-aiohttp")
            or project.dependencies.has("aiohttp")
            or any(module.partition(".")[0] == "aiohttp" for module in imports)
        )
    )
