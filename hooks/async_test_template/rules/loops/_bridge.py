"""The bridge: a fixture of the old name that provides the running loop.

Code that is not async cannot get the running loop. With the bridge a whole suite keeps working
without changes to its calls.
"""

from __future__ import annotations

import ast
import re
import textwrap
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.errors import EditError
from async_test_template.findings import Change, Tier
from async_test_template.rules.home import home, source_of
from async_test_template.rules.importers import importers
from async_test_template.rules.loops._bare import SETUPS
from async_test_template.rules.loops._lost import NAME, where_from
from async_test_template.rules.on_code import needs
from async_test_template.rules.which_loop import (
    SCOPES,
    asks_for_backend,
    asyncio_tests,
    may_have_old_aiohttp,
    named,
)
from async_test_template.source import changes, new_imports
from async_test_template.source.items import Fixture, Test
from async_test_template.source.nodes import FUNCTIONS, last_name
from async_test_template.source.source import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

#: The first pytest-asyncio without the fixture.
_SINCE = "1.0"
_TAKES_CURRENT = re.compile(rb"\bget_event_loop\(")


# Only one project is used at a time, and each bridge asks this.
@lru_cache(maxsize=1)
def takes_current_loop(project: Project) -> bool:
    """Tell whether code of the repository that is not async asks for the current loop.

    Before pytest-asyncio 1.0 each test had one. Now a test that is not async finds none
    after another test has run. An override that gets its loop that way does not count. If AnyIO or
    trio may run a test, a fixture for all tests would run on trio too, so the answer is no.
    """
    if any(test.mark("anyio") or test.mark("trio") for test in project.code.tests) or any(
        map(asks_for_backend, project.code.items)
    ):
        return False
    for file, _ in project.reader.mentioning(_TAKES_CURRENT, (b"get_event_loop",)):
        try:
            source = project.code.sources.get(file)
            calls = [*source.nodes.of(ast.Call)]
        except Unreadable:
            continue
        for call in calls:
            if last_name(call.func) == "get_event_loop" and _is_in_sync_code(source, call):
                return True
    return False


# Only one project is used at a time, and each function that asks for the fixture asks this.
@lru_cache(maxsize=1)
def is_first_to_run(project: Project) -> bool:
    """Tell whether a test loses its current loop when the tests that ask for the fixture run again.

    A test that is not async finds one, up to Python 3.13, as long as no async test has run.
    """
    if any(NAME not in _asked_for(project, test) for test in asyncio_tests(project)):
        return False
    for file, data in project.reader.mentioning(_TAKES_CURRENT, (b"get_event_loop",)):
        if b"set_event_loop(" in data or not project.reader.is_test_file(file):
            continue
        try:
            source = project.code.sources.get(file)
            calls = [*source.calls("asyncio.get_event_loop")]
        except Unreadable:
            continue
        if any(_is_in_sync_test(source, call) for call in calls):
            return True
    return False


def _is_in_sync_test(source: Source, call: ast.Call) -> bool:
    function = source.scope(call)
    return isinstance(function, ast.FunctionDef) and (
        function.name in SETUPS or isinstance(source.items.get(function.lineno), Test)
    )


def _asked_for(project: Project, test: Test) -> set[str]:
    """Return the names of all fixtures that a test asks for, itself or through others."""
    used = project.code.used_by(test)
    return {*test.requests, *(name for fixture in used for name in fixture.requests)}


def _is_in_sync_code(source: Source, call: ast.Call) -> bool:
    function = next(
        (around for around in source.around(call) if isinstance(around, FUNCTIONS)), None
    )
    return isinstance(function, ast.FunctionDef) and function.name not in {"event_loop", "loop"}


def bridge_text(  # noqa: PLR0913 - a fixture has these parts
    name: str,
    scope: str,
    asyncio: str,
    pytest_asyncio: str,
    *,
    for_all: bool = False,
    loop_scope: str = "",
    about: str = "Return the running loop to code that still asks for the old fixture.",
) -> str:
    """Write the fixture that provides the running loop under the old name.

    With `for_all` each test gets it, so that code that is not async finds a current loop. The
    loop is that of its scope, or of `loop_scope`.
    """
    arguments = [f'scope="{scope}"', f'loop_scope="{loop_scope or scope}"']
    if scope == "function":
        arguments = []
    text = about
    if for_all:
        arguments.append("autouse=True")
        text = (
            "Set a current loop for each test, and return it to code that asks for the old fixture."
        )
    called = f"({', '.join(arguments)})" if arguments else ""
    return (
        f"@{pytest_asyncio}.fixture{called}\n"
        f"async def {name}():\n"
        f'    """{text}"""\n'
        f"    return {asyncio}.get_running_loop()\n"
    )


class Bridge(NamedTuple):
    """A bridge as a fix.

    Attributes:
        edits: what puts it where all code that asks for the fixture can see it.
        tier: safe if nothing gets it that works without it.

    """

    edits: tuple[Edit, ...]
    tier: Tier


def bridge(project: Project, name: str) -> tuple[Edit, ...]:
    """Return the edits that put a bridge where all code that asks for the fixture can see it.

    Raises:
        EditError: its name, or a name that it needs, has another meaning there.

    """
    made = _bridge(project, name)
    if isinstance(made, EditError):
        raise made
    return made.edits


def tier_of_bridge(project: Project, name: str) -> Tier:
    """Return the tier of that fix; it does not count if there is none."""
    made = _bridge(project, name)
    return Tier.UNSAFE if isinstance(made, EditError) else made.tier


# Only one is used at a time; thousands of functions may ask for the same bridge.
@lru_cache(maxsize=2)
def _bridge(project: Project, name: str) -> Bridge | EditError:
    try:
        return _make_bridge(project, name)
    except EditError as error:
        return error


def _stays_old(project: Project, name: str) -> bool:
    """Tell whether a pytest-asyncio may be used that still has the fixture, also after this run."""
    dependencies = project.dependencies
    if name != NAME or not dependencies.may_be_below("pytest-asyncio", _SINCE):
        return False
    return not (project.unsafe and dependencies.raised("pytest-asyncio", _SINCE, with_pytest=False))


def _make_bridge(project: Project, name: str) -> Bridge:
    asking = [
        item
        for item in project.code.items
        if name in item.requests and where_from(project, name, item) == "nowhere"
    ]
    scopes = [
        item.scope
        for item in asking
        if isinstance(item, Fixture) and item.scope in SCOPES and not item.is_async
    ]
    scope = max(scopes, key=SCOPES.index, default="function")
    is_old = _stays_old(project, name)
    if scope != "function" and not is_old:
        # Older versions do not know loop_scope, and still have the fixture.
        needs(project, "pytest-asyncio", "0.24")
    raised = _with_the_plugin(project) if name == "loop" else ()
    # That changes tests which ask for nothing, so it is no safe fix.
    named_in = _named_in(project, name)
    is_sync = bool(named_in) or not all(item.is_async for item in asking)
    for_all = project.unsafe and is_sync and takes_current_loop(project)
    # Whoever imports a fixture has to see the bridge too.
    files = [*(item.file for item in asking), *named_in]
    files += [f for item in asking if isinstance(item, Fixture) for f in importers(project, item)]
    is_certain = is_old or not project.dependencies.may_be_below("pytest-asyncio", _SINCE)
    is_safe = name == NAME and is_certain and not for_all and not is_first_to_run(project)
    tier = Tier.SAFE if is_safe else Tier.UNSAFE
    file = home(project, files)
    above = [i for i in asking if isinstance(i, Fixture) and i.name == name and i.file != file]
    if above:
        raise EditError(f"{named(above[0])} builds on it, and the new fixture would hide it")

    def text(asyncio: str, pytest_asyncio: str) -> str:
        body = bridge_text(name, scope, asyncio, pytest_asyncio, for_all=for_all)
        return _if_missing(body, pytest_asyncio) if is_old else body

    return Bridge((*added(project, file, name, text), *raised), tier)


def _named_in(project: Project, name: str) -> list[str]:
    """Return the files in which `getfixturevalue` asks for the fixture that is gone."""
    asked = re.compile(rb"\bgetfixturevalue\([\"']%s[\"']\)" % name.encode())
    found = (file for file, _ in project.reader.mentioning(asked, (b"getfixturevalue",)))
    places = (Test("", file, 1, 1, is_async=False) for file in found)
    return [p.file for p in places if where_from(project, name, p) == "nowhere"]


def added(
    project: Project,
    file: str,
    name: str,
    text: Callable[[str, str], str],
    module: str = "pytest_asyncio",
) -> tuple[Edit, ...]:
    """Return the edits that put a fixture at the end of a file, even a new one.

    Args:
        project: the repository.
        file: where.
        name: of the fixture.
        text: returns it, from what the file calls asyncio and the module.
        module: the one that has the decorator.

    Raises:
        EditError: its name, or a name that it needs, has another meaning there.

    """
    if project.tree.read(file) is None:
        body = text("asyncio", module)
        return (Change(file, "create", (), f"import asyncio\n\nimport {module}\n\n\n{body}"),)
    source = source_of(project, file)
    if _defines(project, source, name):
        raise EditError(f"{file} already defines the name {name}")
    asyncio, one = new_imports.bind_module(source, "asyncio")
    plugin, other = new_imports.bind_module(source, module)
    if {edit.start for edit in one} & {edit.start for edit in other}:
        # Each has its own two blank lines if the file has no imports yet.
        first = one[0].text
        if first.endswith(3 * source.newline):
            first = first.removesuffix(source.newline)
        merged = f"{first}{other[0].text}"
        if len(source.tree.body) == 0:
            merged = source.newline.join(("import asyncio", "", f"import {plugin}", ""))
        one, other = (one[0]._replace(text=merged),), ()
    return (*one, *other, changes.append(source, text(asyncio, plugin)))


def _if_missing(text: str, pytest_asyncio: str) -> str:
    """Define a bridge only where pytest-asyncio does not have the fixture itself."""
    return f'if not hasattr({pytest_asyncio}.plugin, "{NAME}"):\n\n{textwrap.indent(text, "    ")}'


def _with_the_plugin(project: Project) -> tuple[Edit, ...]:
    """Return the edits that raise pytest-aiohttp, so that it installs pytest-asyncio for a bridge.

    Raises:
        EditError: an old one does not install it, and only a person can raise it.

    """
    dependencies = project.dependencies
    if dependencies.of("pytest-asyncio") or not may_have_old_aiohttp(project):
        return ()
    raised = dependencies.raised("pytest-aiohttp", "1.0")
    if not raised:
        raise EditError("the replacement needs pytest-aiohttp >= 1.0, or pytest-asyncio declared")
    return raised


def _defines(project: Project, source: Source, name: str) -> bool:
    """Tell whether a function or a fixture of that name is at the top level of a file."""
    module = project.code.by_file.get(source.file)
    if module is not None and any(f.name == name and f.owner is None for f in module.fixtures):
        return True
    scopes = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return any(
        function.name == name
        and not any(isinstance(around, scopes) for around in source.around(function))
        for function in source.functions.values()
    )
