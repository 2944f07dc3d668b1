"""What the code says about a class: how pytest knows it, and what may mark or run its tests."""

from __future__ import annotations

import ast
import re
from fnmatch import fnmatch
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from async_test_template.source.source import Source

#: Methods with which pytest collects no class, unless it is one of `unittest`.
CONSTRUCTORS = frozenset({"__init__", "__new__"})
#: Methods of a `unittest` class by which it may run async tests itself.
DECIDE_HOW_TESTS_RUN = frozenset(
    {
        "__call__",
        "__getattribute__",
        "__init_subclass__",
        "_callTestMethod",
        "debug",
        "run",
        "runTest",
    }
)
#: Decorators that neither run a coroutine nor make something else of it.
HARMLESS_DECORATORS = re.compile(
    r"pytest\.mark\.|unittest\.(skip\w*|expectedFailure)$|(unittest\.)?mock\.patch\b"
    r"|freezegun\.freeze_time$|aioresponses\.aioresponses$|respx\.mock$|time_machine\.travel$"
    r"|dataclasses\.dataclass$|typing\.final$"
)


class Naming(NamedTuple):
    """How tests are named: pytest's `python_functions` and `python_classes`."""

    functions: tuple[str, ...] = ("test",)
    classes: tuple[str, ...] = ("Test",)

    def is_function(self, name: str) -> bool:
        """Tell whether a function of that name is a test."""
        return _fits(name, self.functions)

    def is_class(self, name: str) -> bool:
        """Tell whether a class of that name contains tests, whatever its bases are."""
        return _fits(name, self.classes)


#: pytest's own.
NAMING = Naming()


def _fits(name: str, patterns: tuple[str, ...]) -> bool:
    """Tell whether a name begins with one of some texts, or matches it, as pytest does."""
    return name.startswith(patterns) or any(fnmatch(name, glob) for glob in _globs(patterns))


@lru_cache(maxsize=8)
def _globs(patterns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(pattern for pattern in patterns if not {*"*?["}.isdisjoint(pattern))


def statements(
    body: list[ast.stmt], is_left_out: Callable[[ast.stmt], bool] | None = None
) -> Iterator[ast.stmt]:
    """Yield the statements of a body, including those under a condition.

    Args:
        body: the statements.
        is_left_out: tells whether what is right below a condition does not count; the rest does.

    """
    # No recursion: each `elif` is nested in the one before, and there may be a thousand.
    waiting = body[::-1]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, (ast.If, ast.Try, ast.With)):
            yield node
            continue
        blocks = [] if is_left_out is not None and is_left_out(node) else [node.body]
        if isinstance(node, (ast.If, ast.Try)):
            blocks.append(node.orelse)
        if isinstance(node, ast.Try):
            blocks += [node.finalbody, *(handler.body for handler in node.handlers)]
        waiting += (statement for block in blocks[::-1] for statement in block[::-1])


def added_marks(node: ast.expr) -> list[ast.expr]:
    """Return what `pytestmark.append(…)` and similar calls add."""
    if not (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "pytestmark"
        and node.args
    ):
        return []
    added = node.args[-1]
    return added.elts if isinstance(added, (ast.List, ast.Tuple)) else [added]


def changing_tests(source: Source) -> set[ast.AST]:
    """Return what may put something else in the place of a class's tests, and all around it."""
    mentions = source.mentions
    mentions.look_for(["setattr", "_testMethodName", "__dict__"])
    swaps = (node for node in mentions.get("setattr", ()) if isinstance(node, ast.Name))
    inner = (*mentions.get("_testMethodName", ()), *mentions.get("__dict__", ()))
    found = (*swaps, *(node for node in inner if isinstance(node, ast.Attribute)))
    return {around for node in found for around in source.around(node)}


def gives_async(function: ast.FunctionDef) -> bool:
    """Tell whether a decorator, or what makes one, gives nothing but an async function back.

    It leaves the running of it to somebody else.
    """
    given = [node.value for node in statements(function.body) if isinstance(node, ast.Return)]
    if not given:
        return False
    inner = {
        node.name: node
        for node in statements(function.body)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and all("wraps" in ast.dump(decorator) for decorator in node.decorator_list)
    }
    found = [inner.get(value.id) if isinstance(value, ast.Name) else None for value in given]
    return all(
        isinstance(node, ast.AsyncFunctionDef)
        or (isinstance(node, ast.FunctionDef) and gives_async(node))
        for node in found
    )


def is_test_of(body: list[ast.stmt]) -> bool | None:
    """Read `__test__ = …`; None if there is none, or its value is unknown."""
    for node in body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "__test__" for target in node.targets
        ):
            value = node.value.value if isinstance(node.value, ast.Constant) else None
            return value if isinstance(value, bool) else None
    return None
