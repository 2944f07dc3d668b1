"""Overrides of `event_loop` that do more than make a loop: the rest of them keeps running.

Such an override stays a fixture that is not async, so its calls of `run_until_complete` and its
finalizers work as before. It gets the running loop from a new fixture, in place of the loop that it
made, and no longer closes it. All tests get it, as all async tests did.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.errors import EditError
from async_test_template.rules.importers import importers
from async_test_template.rules.loops._bridge import bridge_text
from async_test_template.rules.loops._canonical import is_canonical
from async_test_template.rules.loops._ending import Ending
from async_test_template.rules.loops._loop_factories import MAKERS
from async_test_template.rules.which_loop import has_other_runner
from async_test_template.source import changes, new_imports
from async_test_template.source.brackets import brackets_from
from async_test_template.source.nodes import last_name, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.items import Fixture
    from async_test_template.source.source import Function, Source

#: What the new fixture is called.
RUNNING = "running_loop"
_MAKERS = frozenset({"get_event_loop", "new_event_loop", "setup_test_loop"})
#: What a running loop cannot do.
_RUNS = frozenset({"run_forever", "run_until_complete"})
#: Context managers that make a loop, or close the one that they get.
_CONTEXT = "aiohttp.test_utils.loop_context"
_CLOSING = "contextlib.closing"


class _Parts(NamedTuple):
    """What is changed in the body of an override.

    Attributes:
        makers: the calls that make a loop.
        contexts: the context managers around it.
        dropped: lists of statements, which follow each other, that end the loop.

    """

    makers: list[ast.Call]
    contexts: list[ast.Call]
    dropped: list[list[ast.stmt]]


def kept(
    project: Project,
    source: Source,
    fixture: Fixture,
    loop_scope: str,
    makers: frozenset[str] = frozenset(),
) -> tuple[Edit, ...]:
    """Return the edits with which an override gets the running loop, and does the rest as before.

    Args:
        project: the repository.
        source: the file.
        fixture: the override.
        loop_scope: the scope of the loop that its tests run in.
        makers: dotted names of what makes a loop of another type, for which there is a hook.

    Raises:
        EditError: its loop comes from an unknown place, or is ended in an unknown way.

    """
    function = source.functions[fixture.line]
    if len(function.decorator_list) != 1:
        raise EditError("it has another decorator")
    parts = _parts(source, function, makers)
    if not all(_is_below(fixture, file) for file in importers(project, fixture)):
        for_all = _is_for_all(project, makers)
        return (*_as_async(source, fixture, parts, loop_scope, for_all=for_all),)
    is_more = not is_canonical(function)
    if is_more and has_other_runner(project):
        raise EditError("AnyIO or trio run tests too, which would get the rest of it as well")
    edits = [*_running_loop(project, source, function, loop_scope)]
    if is_more and not fixture.autouse and _is_for_all(project, makers):
        edits.append(changes.set_keyword(source, function.decorator_list[0], "autouse", "True"))
    edits += _asking(source, function)
    edits += [changes.replace_node(source, call, RUNNING) for call in parts.makers]
    for call in parts.contexts:
        contextlib, imports = new_imports.bind_module(source, "contextlib")
        edits += [
            changes.replace_node(source, call, f"{contextlib}.nullcontext({RUNNING})"),
            *imports,
        ]
    edits += [_without(source, statements) for statements in parts.dropped]
    return tuple(dict.fromkeys(edits))


def _is_below(fixture: Fixture, file: str) -> bool:
    """Tell whether a file sees what else is in the file of a fixture: it is the conftest.py."""
    folder, _, name = fixture.file.rpartition("/")
    return name == "conftest.py" and (not folder or file.startswith(f"{folder}/"))


def _is_for_all(project: Project, makers: frozenset[str]) -> bool:
    """Tell whether every test should get what an override does.

    Tests that are not async get asyncio's own loop, without what a class of the project adds.
    """
    has_own_class = not makers <= MAKERS.keys()
    return not (has_own_class and any(not test.is_async for test in project.code.tests))


def _as_async(
    source: Source, fixture: Fixture, parts: _Parts, scope: str, *, for_all: bool
) -> Iterator[Edit]:
    """Yield the edits that make an override async.

    Files that import it would not find another fixture beside it.

    Raises:
        EditError: its rest runs the loop, which an async fixture cannot.

    """
    function = source.functions[fixture.line]
    gone = {inner for block in parts.dropped for node in block for inner in walk(node)}
    kinds = (ast.YieldFrom, ast.With) if parts.contexts else ast.YieldFrom
    if _asks_itself(function) or any(
        isinstance(node, kinds)
        or (isinstance(node, ast.Attribute) and node.attr in _RUNS and node not in gone)
        for node in walk(function)
    ):
        raise EditError("other files import it, and its rest cannot be in an async fixture")
    asyncio, one = new_imports.bind_module(source, "asyncio")
    plugin, other = new_imports.bind_module(source, "pytest_asyncio")
    decorator = function.decorator_list[0]
    given = decorator.keywords if isinstance(decorator, ast.Call) else []
    words = [source.text(word) for word in given if word.arg not in {"autouse", "loop_scope"}]
    words += ["autouse=True"] * for_all
    words += [f'loop_scope="{scope}"'] * (scope != "function")
    called = f"({', '.join(words)})" if words else ""
    yield changes.replace_node(source, decorator, f"{plugin}.fixture{called}")
    start = source.start(function)
    yield changes.replace(source, start, start + len("def"), "async def")
    yield from (
        changes.replace_node(source, call, f"{asyncio}.get_running_loop()") for call in parts.makers
    )
    yield from (_without(source, statements) for statements in parts.dropped)
    yield from one
    yield from other


def _parts(source: Source, function: Function, makers: frozenset[str]) -> _Parts:
    """Take the body of an override apart.

    Raises:
        EditError: not every part is known.

    """

    def makes(call: ast.Call) -> bool:
        return last_name(call.func) in _MAKERS or source.names.resolve(call.func) in makers

    nodes = [*walk(function)]
    if any(isinstance(node, ast.Attribute) and node.attr == "param" for node in nodes):
        raise EditError("a parameter may choose its loop")
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    made = [call for call in calls if makes(call)]
    contexts = [
        call
        for call in calls
        if source.names.resolve(call.func) == _CONTEXT
        or (source.names.resolve(call.func) == _CLOSING and call.args and call.args[0] in made)
    ]
    loops = frozenset(_names_of(source, function, [*made, *contexts]))
    if _asks_itself(function):
        loops |= {function.name}
    if not (made or contexts or _asks_itself(function)):
        raise EditError("it is unknown where its loop comes from")
    ending = Ending(source, loops, makers)
    dropped = [*ending.runs(function.body)]
    gone = {inner for block in dropped for node in block for inner in walk(node)}
    policies = [*_policies(function, {inner for call in made for inner in walk(call)} | gone)]
    dropped += [[statement] for statement in policies]
    for node in walk(function):
        if isinstance(node, ast.Attribute) and node not in gone and ending.ends(node):
            raise EditError(f"line {node.lineno} ends its loop in a way that is not known")
    within = {inner for call in contexts for inner in walk(call)}
    return _Parts([c for c in made if c not in within | gone], contexts, dropped)


def _asks_itself(function: Function) -> bool:
    """Tell whether an override takes the plugin's own fixture of its name, and changes it."""
    return any(argument.arg == function.name for argument in function.args.args)


def _names_of(source: Source, function: Function, made: list[ast.Call]) -> Iterator[str]:
    """Yield what the loop is called: names, and attributes as they are written."""
    for node in walk(function):
        if isinstance(node, ast.Assign) and node.value in made:
            yield from (source.text(target) for target in node.targets)
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value in made:
            yield source.text(node.target)
        elif isinstance(node, ast.withitem) and node.context_expr in made and node.optional_vars:
            yield source.text(node.optional_vars)


def _policies(function: Function, gone: set[ast.AST]) -> Iterator[ast.stmt]:
    """Yield the statements that give a policy a name which nothing else uses any more."""
    for node in function.body:
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
            continue
        names = {target.id for target in node.targets if isinstance(target, ast.Name)}
        is_policy = last_name(node.value.func).lower().endswith(("looppolicy", "loop_policy"))
        if is_policy and not any(
            isinstance(other, ast.Name)
            and other.id in names
            and isinstance(other.ctx, ast.Load)
            and other not in gone
            for other in walk(function)
        ):
            yield node


def _running_loop(
    project: Project, source: Source, function: Function, scope: str
) -> Iterator[Edit]:
    """Yield the edits that add the fixture of the running loop above the first override."""
    known = project.code.find(RUNNING, source.file, None)
    if known is not None and known.is_async:
        return
    if RUNNING in source.names.bound or RUNNING in source.names.imported:
        raise EditError(f"the file already uses the name {RUNNING}")
    asyncio, one = new_imports.bind_module(source, "asyncio")
    plugin, other = new_imports.bind_module(source, "pytest_asyncio")
    first = min(
        (f for f in source.functions.values() if f.name == function.name and f.decorator_list),
        key=lambda f: f.lineno,
    )
    statement: ast.AST = first
    while source.parents[statement] is not source.tree:
        statement = source.parents[statement]
    if not isinstance(statement, ast.stmt):
        raise EditError("it is in no statement")
    start = changes.before(source, statement)
    about = "Return the running loop to fixtures that are not async."
    text = bridge_text(RUNNING, scope, asyncio, plugin, about=about)
    yield from one
    yield from other
    yield changes.replace(source, start, start, f"{text}\n\n")


def _asking(source: Source, function: Function) -> Iterator[Edit]:
    """Yield the edits with which an override asks for the running loop."""
    arguments = function.args
    if _asks_itself(function):
        own = next(a for a in arguments.args if a.arg == function.name)
        yield changes.replace(source, source.start(own), source.start(own) + len(own.arg), RUNNING)
        yield changes.prepend_statement(source, function, f"{function.name} = {RUNNING}")
        return
    if arguments.defaults or arguments.vararg or arguments.kwonlyargs or arguments.kwarg:
        raise EditError("it has parameters that are no fixtures")
    brackets = brackets_from(source, source.start(function))
    if not brackets.items:
        yield changes.replace(source, brackets.open, brackets.open, RUNNING)
        return
    end = brackets.items[-1].end
    yield changes.replace(source, end, end, f", {RUNNING}")


def _without(source: Source, statements: list[ast.stmt]) -> Edit:
    """Return the edit that removes statements which follow each other."""
    first, last = statements[0], statements[-1]
    parent = source.parents[first]
    whole = any(
        getattr(parent, name, None) == statements for name in ("body", "orelse", "finalbody")
    )
    if len(statements) == 1:
        return changes.remove_statement(source, first)
    start = min(
        [source.start(first), *(source.start(d) - 1 for d in getattr(first, "decorator_list", ()))]
    )
    if whole:
        return changes.replace(source, start, source.end(last), "pass")
    begin, end = source.line_start(start), source.line_end(source.end(last))
    if source.data[begin:start].strip():
        raise EditError("the statements share their lines with others")
    return changes.replace(source, begin, end)
