"""Code that only some versions of a package run: a condition or another way to call it comes first.

What `sys.version_info` decides is another premise (`source.reach`).
"""

from __future__ import annotations

import ast
import re
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

from async_test_template.rules.premises.contexts import class_names
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.source.source import Source

_VERSION = re.compile(
    r"__version__|\bversion\(|\bVersion\(|\bparse_version\(|version_tuple|_VERSION\b|\bVERSION\b"
)
_WORDS = (b"ersion", b"VERSION", b"hasattr", b"TypeError")
_SKIPS = ("pytest.mark.skipif", "unittest.skipIf", "unittest.skipUnless")


def is_guarded(source: Source, line: int) -> bool:
    """Tell whether a line is in code that only some versions of a package reach."""
    return any(first <= line <= last for first, last in _guarded(source))


# One file is looked at by all rules before the next.
@lru_cache(maxsize=2)
def _guarded(source: Source) -> tuple[tuple[int, int], ...]:
    """Return the first and the last lines of all such code in a file."""
    if not any(word in source.data for word in _WORDS):
        return ()
    names = {
        target.id
        for node in source.nodes.of(ast.Assign)
        if _VERSION.search(source.text(node.value))
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found = [
        (node.lineno, _end_of_choice(source, node))
        for node in source.nodes.of(ast.If)
        if _asks(source, node.test, names)
    ]
    for function in source.functions.values():
        for decorator in function.decorator_list:
            is_skip = isinstance(decorator, ast.Call) and (
                source.names.resolve(decorator.func) in _SKIPS
            )
            if is_skip and _asks(source, decorator, names):
                found.append((decorator.lineno, function.end_lineno or function.lineno))
    return (*found, *_other_ways(source))


def _other_ways(source: Source) -> Iterator[tuple[int, int]]:
    """Yield the handlers of `TypeError` that call again what has refused its arguments."""
    for attempt in source.nodes.of(ast.Try):
        tried = {name for statement in attempt.body for name in _called(source, statement)}
        for handler in attempt.handlers:
            caught = class_names(source, handler.type) if handler.type is not None else None
            again = (name for statement in handler.body for name in _called(source, statement))
            if caught is not None and "TypeError" in caught and not tried.isdisjoint(again):
                yield handler.lineno, handler.end_lineno or handler.lineno


def _called(source: Source, statement: ast.stmt) -> Iterator[str]:
    """Yield the names of the functions that a statement calls."""
    for node in walk(statement):
        if isinstance(node, ast.Call) and (name := source.names.resolve(node.func)):
            yield name


def _end_of_choice(source: Source, node: ast.If) -> int:
    """Return the last line of the code that a condition chooses.

    If its body returns a value, what follows in the function is the other branch.
    """
    function = source.parents[node]
    last = node.body[-1]
    is_rest = isinstance(last, ast.Return) and last.value is not None and not node.orelse
    if is_rest and isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return function.end_lineno or function.lineno
    return node.end_lineno or node.lineno


def _asks(source: Source, condition: ast.expr, names: set[str]) -> bool:
    """Tell whether a condition asks for a version, or for what a package has in some versions."""
    if _VERSION.search(source.text(condition)):
        return True
    for node in ast.walk(condition):
        if isinstance(node, ast.Name) and node.id in names:
            return True
        if (
            isinstance(node, ast.Call)
            and node.args
            and source.names.resolve(node.func) == "hasattr"
        ):
            # What the standard library has is a matter of the Python.
            of = source.names.resolve(node.args[0]).partition(".")[0]
            if of not in sys.stdlib_module_names:
                return True
    return False
