"""Code that only some versions of a package run, because a condition around it asks for one.

What `sys.version_info` decides is another premise (`source.reach`).
"""

from __future__ import annotations

import ast
import re
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

from async_test_template.source.nodes import root_of

if TYPE_CHECKING:
    from async_test_template.source.source import Source

_VERSION = re.compile(
    r"__version__|\bversion\(|\bVersion\(|\bparse_version\(|version_tuple|_VERSION\b|\bVERSION\b"
    r"|\bsignature\("
)
#: What an older release raises where it lacks a name or an argument.
_LACKING = frozenset({"AttributeError", "TypeError"})
_TRIES = (f"except {name}:".encode() for name in _LACKING)
_WORDS = (b"ersion", b"VERSION", b"hasattr", b"signature(", *_TRIES)
_SKIPS = ("pytest.mark.skipif", "unittest.skipIf", "unittest.skipUnless")


def is_guarded(source: Source, line: int) -> bool:
    """Tell whether a line is in code that a check of a package's version chooses."""
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
    found += [
        (handler.lineno, handler.end_lineno or handler.lineno)
        for node in source.nodes.of(ast.Try)
        for handler in node.handlers
        if _is_for_older(source, node, handler)
    ]
    for function in source.functions.values():
        for decorator in function.decorator_list:
            is_skip = isinstance(decorator, ast.Call) and (
                source.names.resolve(decorator.func) in _SKIPS
            )
            if is_skip and _asks(source, decorator, names):
                found.append((decorator.lineno, function.end_lineno or function.lineno))
    return tuple(found)


def _is_for_older(source: Source, node: ast.Try, handler: ast.ExceptHandler) -> bool:
    """Tell whether a handler is for a release without what one statement of a package needs."""
    if handler.type is None or source.text(handler.type) not in _LACKING or len(node.body) != 1:
        return False
    tried = _called(node.body[0])
    if any(_is_installed(source, name) for name in tried):
        return True
    # The same function once more, in another way.
    refused = {source.names.resolve(name) for name in tried} - {""}
    again = (name for statement in handler.body for name in _called(statement))
    return not refused.isdisjoint(map(source.names.resolve, again))


def _called(statement: ast.stmt) -> list[ast.expr]:
    """Return what a statement calls."""
    return [node.func for node in ast.walk(statement) if isinstance(node, ast.Call)]


def _is_installed(source: Source, node: ast.expr) -> bool:
    """Tell whether a name is imported, and not from the standard library."""
    root = root_of(node)
    return (
        isinstance(root, ast.Name)
        and root.id in source.names.imported
        and source.names.resolve(root).partition(".")[0] not in sys.stdlib_module_names
    )


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
