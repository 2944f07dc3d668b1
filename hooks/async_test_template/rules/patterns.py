"""Building blocks of rules that only rename, remove or name one thing.

The first functions find a place, the others return the edits for it. They are not a language: a
rule that needs an exception writes its own visit.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from async_test_template.rules.on_code import decorators, keyword, marks, sure
from async_test_template.source import changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.source.source import Source


def keyword_of_call(
    source: Source, name: str, *targets: str
) -> Iterator[tuple[ast.Call, ast.keyword]]:
    """Yield each call of some functions that passes an argument by that name."""
    for call in source.nodes.near(name.encode()):
        if isinstance(call, ast.Call):
            argument = keyword(call, name)
            if argument is not None and source.names.resolve(call.func) in targets:
                yield call, argument


def keyword_of_mark(source: Source, name: str, mark: str) -> Iterator[tuple[ast.Call, ast.keyword]]:
    """Yield each `pytest.mark.<mark>` that has an argument by that name."""
    for call in marks(source, mark):
        argument = keyword(call, name) if isinstance(call, ast.Call) else None
        if isinstance(call, ast.Call) and argument is not None:
            yield call, argument


def decorated(source: Source, target: str) -> Iterator[tuple[str, ast.expr]]:
    """Yield the name of each function with a decorator of that dotted name, and the decorator."""
    for _, function in sorted(source.functions.items()):
        for decorator in decorators(source, function, target):
            yield function.name, decorator


def is_used(source: Source, name: str) -> bool:
    """Tell whether a file uses a name elsewhere than in functions that ask for it."""
    return any(
        isinstance(node, ast.Name)
        and not any(
            isinstance(around, (ast.FunctionDef, ast.AsyncFunctionDef))
            and name in {argument.arg for argument in around.args.args}
            for around in source.around(node)
        )
        for node in source.mentions.get(name)
    )


def renamed(source: Source, argument: ast.keyword, new: str) -> tuple[Edit, ...]:
    """Pass an argument by another name."""
    start = source.start(argument)
    return (changes.replace(source, start, start + len(argument.arg or ""), new),)


def named(source: Source, argument: ast.expr, name: str) -> tuple[Edit, ...]:
    """Pass a positional argument by its name."""
    start = source.start(argument)
    return (changes.replace(source, start, start, f"{name}="),)


def removed(source: Source, call: ast.Call, argument: ast.keyword) -> tuple[Edit, ...]:
    """Remove an argument; a mark without other arguments loses its brackets.

    Raises:
        EditError: a comment would be lost.

    """
    is_mark = source.names.resolve(call.func).startswith("pytest.mark.")
    if is_mark and len(call.keywords) == 1 and not call.args:
        return (changes.remove_call_brackets(source, call),)
    return (changes.remove_argument(source, call, argument),)


def undecorated(source: Source, decorator: ast.expr) -> tuple[Edit, ...]:
    """Remove a decorator.

    Raises:
        EditError: its name may have another meaning.

    """
    sure(source, decorator)
    return (changes.remove_decorator(source, decorator),)
