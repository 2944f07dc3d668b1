"""AT921: `@asyncio.coroutine`, and its call."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.awaiting import made_async
from async_test_template.rules.on_code import code_finding, decorators, is_test_code, sure
from async_test_template.rules.origin import bindings
from async_test_template.rules.python._awaitables import is_awaitable
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes, new_imports
from async_test_template.source.nodes import FUNCTIONS, walk, walk_scope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source

_NAME = "asyncio.coroutine"
_MOCK = "unittest.mock"
_MOCKS = frozenset(f"{_MOCK}.{kind}" for kind in ("Mock", "MagicMock", "AsyncMock"))
#: A file of the application that may use the name, and not only speak of coroutines.
_MAY_USE = re.compile(rb"asyncio\.coroutine\b|@coroutine\b|import coroutine\b|import asyncio as\b")
#: Decorated functions are generators, and async ones are not.
_ASKS = re.compile(r"is_?generator(?:_?function)?$", re.IGNORECASE)


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    decorated, calls = [*_decorated(source)], [*source.calls(_NAME)]
    uses = [*(function for function, _ in decorated), *calls]
    if not (is_test_code(source) or any(_is_at_import(source, use) for use in uses)):
        return
    for function, decorator in decorated:
        yield code_finding(
            RULE.code,
            source,
            decorator,
            f"{function.name} uses asyncio.coroutine, which was removed",
            tier=Tier.UNSAFE,
            fix=partial(_fix, source, function, decorator),
            hint="write async def, and await instead of yield from",
        )
    for call in calls:
        yield code_finding(
            RULE.code,
            source,
            call,
            f"{_NAME} was removed",
            tier=Tier.UNSAFE,
            fix=partial(_fix_call, source, call),
            hint="write an async function, or mock one with AsyncMock",
        )
    for statement, alias in _unused(source):
        yield code_finding(
            RULE.code,
            source,
            statement,
            f"{_NAME} was removed, and its import fails",
            tier=Tier.UNSAFE,
            fix=partial(_without, source, statement, alias),
            hint="remove the import",
        )


def _decorated(source: Source) -> Iterator[tuple[Function, ast.expr]]:
    for _, function in sorted(source.functions.items()):
        for decorator in decorators(source, function, _NAME):
            yield function, decorator


def _is_at_import(source: Source, use: ast.AST) -> bool:
    """Tell whether the import of a file reaches a use, which is in no function.

    A function of the application may be for older Pythons only, which nothing in the file shows.
    """
    return not any(isinstance(around, FUNCTIONS) for around in source.around(use))


def _unused(source: Source) -> Iterator[tuple[ast.ImportFrom, ast.alias]]:
    """Yield each import of the name that nothing in the file uses."""
    for statement in source.nodes.of(ast.ImportFrom):
        for alias in statement.names:
            if (
                f"{statement.module}.{alias.name}" == _NAME
                and not statement.level
                and not source.mentions.get(alias.asname or alias.name)
                and not any(isinstance(node, ast.Try) for node in source.around(statement))
            ):
                yield statement, alias


def _without(source: Source, statement: ast.ImportFrom, alias: ast.alias) -> tuple[Edit, ...]:
    return (changes.remove_name(source, statement, alias),)


def _fix_call(source: Source, call: ast.Call) -> tuple[Edit, ...]:
    """Return the edits for a call: `types.coroutine` does the same for what is one already.

    A mock calls another function, and is async itself.

    Raises:
        EditError: it is unknown what the function is.

    """
    sure(source, call.func)
    if len(call.args) != 1 or call.keywords:
        raise EditError("its argument is unknown")
    argument = call.args[0]
    is_mock = isinstance(argument, ast.Call) and source.names.resolve(argument.func) in _MOCKS
    if not is_mock and _is_coroutine(source, call, argument):
        module, imports = new_imports.bind_module(source, "types")
        return (*imports, changes.replace_node(source, call.func, f"{module}.coroutine"))
    if isinstance(source.scope(call), ast.ClassDef):
        raise EditError("a mock is no method")
    name, imports = new_imports.bind_name(source, _MOCK, "AsyncMock")
    if isinstance(argument, ast.Call):
        given = _given(source, call, argument)
    else:
        given = f"(side_effect={source.text(argument)})"
    return (*imports, changes.replace_node(source, call, f"{name}{given}"))


def _given(source: Source, call: ast.Call, mock: ast.Call) -> str:
    """Return the arguments of a mock, with their brackets.

    Raises:
        EditError: it may not be one, or gives something that only the decorator awaits.

    """
    sure(source, mock.func)
    for keyword in mock.keywords:
        value = keyword.value
        inner = value.body if isinstance(value, ast.Lambda) else value
        made = (
            bindings(source, source.scope(call), inner.id)
            if isinstance(inner, ast.Name)
            else [inner]
        )
        if keyword.arg is None or any(is_awaitable(source, one) for one in made):
            raise EditError("AsyncMock may not await what the mock gives")
    return source.text(mock)[len(source.text(mock.func)) :]


def _is_coroutine(source: Source, call: ast.Call, argument: ast.expr) -> bool:
    """Tell whether a function is a coroutine without the call, or may be one.

    Raises:
        EditError: it is unknown what the function is.

    """
    if isinstance(argument, ast.Lambda):
        return any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in walk(argument))
    if not isinstance(argument, ast.Name):
        raise EditError("its argument is unknown")
    if any(
        argument.id in {each.arg for each in around.args.args}
        for around in source.around(call)
        if isinstance(around, FUNCTIONS)
    ):
        # A decorator, which gets any function.
        return True
    known = source.named(argument.id)
    if known:
        return any(isinstance(f, ast.AsyncFunctionDef) or f in source.generators for f in known)
    found = bindings(source, source.scope(call), argument.id)
    if not found or not all(isinstance(value, ast.Call) for value in found):
        raise EditError("it is unknown what the function is")
    return False


def _fix(source: Source, function: Function, decorator: ast.expr) -> tuple[Edit, ...]:
    sure(source, decorator)
    if any(_asks_for_generator(source.parents[use]) for use in source.mentions.get(function.name)):
        raise EditError("something asks whether it is a generator")
    edits: list[Edit] = [changes.remove_decorator(source, decorator)]
    if isinstance(function, ast.FunctionDef):
        edits += made_async(source, function)
        if function not in source.generators:
            edits += _returned(source, function)
    return tuple(edits)


def _asks_for_generator(around: ast.AST) -> bool:
    """Tell whether a call is one of `inspect.isgeneratorfunction`, or of one that is named so."""
    return isinstance(around, ast.Call) and _ASKS.search(ast.unparse(around.func)) is not None


def _returned(source: Source, function: ast.FunctionDef) -> Iterator[Edit]:
    """Yield the edits that await what a function returns, as the decorator does.

    It does so only where a function yields nothing.
    """
    for node in walk_scope(function):
        if isinstance(node, ast.Return) and isinstance(node.value, (ast.Call, ast.Name)):
            made = (
                bindings(source, function, node.value.id)
                if isinstance(node.value, ast.Name)
                else [node.value]
            )
            if made and all(is_awaitable(source, one) for one in made):
                start = source.start(node.value)
                yield changes.replace(source, start, start, "await ")


RULE = Rule(
    code="AT921",
    name="asyncio-coroutine",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    python=">=3.11",
    visit=_visit,
    words=rb"coroutine",
    where=Where.EVERYWHERE,
    suspects=_MAY_USE.search,
    alone=True,
    expects=("AttributeError", "DeprecationWarning"),
    libraries=("asynctest",),
)
