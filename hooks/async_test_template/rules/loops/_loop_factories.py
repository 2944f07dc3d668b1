"""Loops other than asyncio's own: who asks for one, and the hook that now chooses it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.rules.loops._canonical import CANONICAL, called_names
from async_test_template.rules.on_code import sure
from async_test_template.source import new_imports
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from async_test_template.findings import Edit
    from async_test_template.source.source import Function, Source

#: The hook, and the first pytest-asyncio that calls it; older versions stop at it.
HOOK = "pytest_asyncio_loop_factories"
SINCE = "1.4"
#: Event loop policies, with the factory of the loops that they create.
POLICIES = {
    "uvloop.EventLoopPolicy": ("uvloop", "new_event_loop"),
    "asyncio.DefaultEventLoopPolicy": ("asyncio", "new_event_loop"),
    "asyncio.WindowsSelectorEventLoopPolicy": ("asyncio", "SelectorEventLoop"),
    "asyncio.WindowsProactorEventLoopPolicy": ("asyncio", "ProactorEventLoop"),
}
#: Calls after which a loop is of such a type.
MAKERS = {
    **{name: factory for name, factory in POLICIES.items() if factory[1] != "new_event_loop"},
    "uvloop.EventLoopPolicy": ("uvloop", "new_event_loop"),
    "uvloop.new_event_loop": ("uvloop", "new_event_loop"),
    "uvloop.Loop": ("uvloop", "new_event_loop"),
    "uvloop.install": ("uvloop", "new_event_loop"),
    "asyncio.SelectorEventLoop": ("asyncio", "SelectorEventLoop"),
    "asyncio.ProactorEventLoop": ("asyncio", "ProactorEventLoop"),
}


def has_own_loop(source: Source, function: Function) -> bool:
    """Tell whether an override creates its own type of loop, as far as names show."""
    made = {name for name in called_names(function) if "loop" in name.lower()}
    return bool(made - CANONICAL - {"set_event_loop_policy"}) or any(
        source.names.resolve(call.func) in MAKERS
        for call in walk(function)
        if isinstance(call, ast.Call)
    )


def factory_of(source: Source, call: ast.Call) -> tuple[str, str]:
    """Return module and name of the factory of the loops of a policy or of another creator.

    Raises:
        EditError: it is unknown, or gets arguments.

    """
    target = source.names.resolve(call.func)
    found = MAKERS.get(target) or POLICIES.get(target)
    if found is None:
        raise EditError("the policy is unknown")
    if call.args or call.keywords:
        raise EditError("it gets arguments")
    sure(source, call.func)
    return found


def hook(source: Source, module: str, factory: str) -> tuple[str, tuple[Edit, ...]]:
    """Return the definition of the hook that chooses a factory, and the import that it needs.

    Raises:
        EditError: pytest does not call hooks in the file, or the file already has the hook.

    """
    if source.file.rpartition("/")[2] != "conftest.py":
        raise EditError("pytest calls hooks only in conftest.py")
    if any(function.name == HOOK for function in source.functions.values()):
        raise EditError("the file already has such a hook")
    name, imports = new_imports.bind_module(source, module)
    text = f'def {HOOK}(config, item):\n    return {{"{module}": {name}.{factory}}}\n'
    return text, imports
