"""AT927: a task factory that takes too few arguments."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, is_test_code
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

#: Arguments that `asyncio.create_task` passes to the factory if they are given (3.13.3).
_NAMES = {"name", "context"}
_ALL = "**kwargs"


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    if not is_test_code(source):
        return
    seen: set[ast.AST] = set()
    for attribute in source.mentions.get("set_task_factory", ()):
        call = source.parents[attribute]
        if not isinstance(call, ast.Call) or call.func is not attribute or len(call.args) != 1:
            continue
        for factory in _factories(source, call.args[0]):
            if factory not in seen and not _takes_all(factory.args):
                seen.add(factory)
                name = "this" if isinstance(factory, ast.Lambda) else factory.name
                yield code_finding(
                    RULE.code,
                    source,
                    factory,
                    f"the task factory {name} does not take **kwargs",
                    tier=Tier.SAFE,
                    fix=partial(_fix, source, factory),
                    hint="accept **kwargs, and pass them to asyncio.Task",
                )


def _factories(
    source: Source, node: ast.expr
) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda]:
    """Yield the function that an argument names, as far as the file defines it."""
    if isinstance(node, ast.Lambda):
        yield node
    name = None
    if isinstance(node, ast.Name):
        name = node.id
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        name = node.attr if node.value.id in {"self", "cls"} else None
    found = source.named(name) if name is not None else ()
    # If there are several with that name, it is unknown which one it is.
    if len(found) == 1 and not found[0].decorator_list:
        yield found[0]


def _takes_all(arguments: ast.arguments) -> bool:
    names = {argument.arg for argument in (*arguments.args, *arguments.kwonlyargs)}
    return arguments.kwarg is not None or names >= _NAMES


def _fix(
    source: Source, factory: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
) -> tuple[Edit, ...]:
    given = [
        call
        for call in walk(factory)
        if isinstance(call, ast.Call) and source.names.resolve(call.func) == "asyncio.Task"
    ]
    if not given or not all(_can_grow(call) for call in given):
        raise EditError("it makes its tasks in another way")
    if any(isinstance(node, ast.Name) and node.id == _ALL[2:] for node in walk(factory)):
        raise EditError("it has kwargs of its own")
    arguments = factory.args
    if arguments.vararg is not None or not arguments.args:
        raise EditError("it takes its arguments in another way")
    written: list[ast.arg | ast.expr] = [*arguments.args, *arguments.defaults]
    written += [*arguments.kwonlyargs, *filter(None, arguments.kw_defaults)]
    ends = [
        max(map(source.end, written)),
        *(source.end(call.keywords[-1]) for call in given),
    ]
    return tuple(changes.replace(source, end, end, f", {_ALL}") for end in ends)


def _can_grow(call: ast.Call) -> bool:
    """Tell whether a call has named arguments at its end, and passes on no others."""
    return bool(call.keywords) and all(keyword.arg is not None for keyword in call.keywords)


RULE = Rule(
    code="AT927",
    name="task-factory",
    severity=Severity.WARNING,
    tier=Tier.SAFE,
    python=">=3.14",
    visit=_visit,
    words=rb"set_task_factory",
    where=Where.EVERYWHERE,
    alone=True,
    expects=("TypeError",),
)
