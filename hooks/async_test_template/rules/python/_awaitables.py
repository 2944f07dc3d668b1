"""What a call gives that has to be awaited."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TYPE_CHECKING

from async_test_template.rules.on_code import ASYNCIO_COROUTINES, decorators
from async_test_template.rules.origin import bindings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.source.source import Source

#: Calls whose results are awaited.
_AWAITABLE = ASYNCIO_COROUTINES | {
    f"asyncio.{name}" for name in ("Future", "create_task", "ensure_future", "gather", "shield")
}
_OF_LOOPS = {"create_future", "create_task", "run_in_executor"}
_RESULTS = frozenset({"return_value", "side_effect"})
#: Attributes that only a mock of an async function has.
_COUNTS = (b"assert_any_await", b"assert_await", b"assert_not_await", b"await_")


def is_awaitable(source: Source, value: ast.AST) -> bool:
    """Tell whether an expression calls what gives a future or a coroutine."""
    if not isinstance(value, ast.Call):
        return False
    name = source.names.resolve(value.func)
    if name in _AWAITABLE or name.rpartition(".")[2] in _OF_LOOPS:
        return True
    return any(
        function.name == name
        and (
            isinstance(function, ast.AsyncFunctionDef)
            or any(decorators(source, function, "asyncio.coroutine"))
        )
        for function in source.functions.values()
    )


def gives_awaitables(source: Source, mock: ast.expr) -> bool:
    """Tell whether each call of a mock is certain to give a future or a coroutine, or to raise.

    Args:
        source: the file.
        mock: the class of the mock, where it is called.

    """
    call = source.parents[mock]
    if not isinstance(call, ast.Call) or call.func is not mock or call.args:
        return False
    given = [keyword.value for keyword in call.keywords if keyword.arg in _RESULTS]
    if len(given) < len(call.keywords):
        return False
    around = source.parents[call]
    scope = source.scope(call)
    target = around.targets[0] if isinstance(around, ast.Assign) else None
    if isinstance(target, ast.Name):
        uses = _attributes(source, target.id).get(scope, [])
        if any(use.attr.encode().startswith(_COUNTS) for use in uses):
            return False
        settings = [(use, source.parents[use]) for use in uses if use.attr in _RESULTS]
        given += [
            setting.value
            for use, setting in settings
            if isinstance(setting, ast.Assign) and use in setting.targets
        ]
    elif any(word in source.data for word in _COUNTS):
        return False
    results = [one for value in given for one in _results(source, scope, value)]
    awaitable = [one for one in results if is_awaitable(source, one)]
    return bool(awaitable) and all(one in awaitable or _is_error(source, one) for one in results)


# Each mock of a file asks this, and many have the same name.
@lru_cache(maxsize=16)
def _attributes(source: Source, name: str) -> dict[ast.AST, list[ast.Attribute]]:
    """Return the attributes of a name that are used in each scope."""
    found: dict[ast.AST, list[ast.Attribute]] = {}
    for mention in source.mentions.get(name):
        around = source.parents[mention]
        if isinstance(around, ast.Attribute):
            found.setdefault(source.scope(mention), []).append(around)
    return found


def _results(source: Source, scope: ast.AST, value: ast.expr) -> Iterator[ast.AST]:
    """Yield what a mock gives in turn; names are followed to what they are bound to."""
    for one in value.elts if isinstance(value, (ast.List, ast.Tuple)) else [value]:
        found = bindings(source, scope, one.id) if isinstance(one, ast.Name) else []
        yield from found or [one]


def _is_error(source: Source, value: ast.AST) -> bool:
    made = value.func if isinstance(value, ast.Call) else value
    return isinstance(made, ast.expr) and source.names.resolve(made).endswith(
        ("Error", "Exception")
    )
