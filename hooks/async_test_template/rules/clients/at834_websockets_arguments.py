"""AT834: arguments of websockets that its new implementation does not have."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, needs, sure, uses
from async_test_template.rules.patterns import keyword_of_call, renamed
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source

_CONNECT, _SERVE = "websockets.connect", "websockets.serve"
_SINCE = ("websockets", "14.0")
_WITH_PATH = 2


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for call, argument in keyword_of_call(source, "extra_headers", _CONNECT):
        yield code_finding(
            RULE.code,
            source,
            call,
            "websockets.connect does not accept extra_headers=",
            tier=Tier.SAFE,
            fix=partial(_renamed, project, source, call, argument),
            hint="write additional_headers=",
        )
    seen = set()
    for call in source.calls(_SERVE):
        function = _handler(source, call)
        if function is not None and function not in seen:
            seen.add(function)
            yield code_finding(
                RULE.code,
                source,
                function,
                f"websockets.serve calls {function.name} without a path",
                tier=Tier.SAFE,
                fix=partial(_without_path, project, source, call, function),
                hint="take one argument, and read request.path of it",
            )


def _renamed(
    project: Project, source: Source, call: ast.Call, argument: ast.keyword
) -> tuple[Edit, ...]:
    sure(source, call.func)
    needs(project, *_SINCE)
    return renamed(source, argument, "additional_headers")


def _handler(source: Source, call: ast.Call) -> Function | None:
    """Return the function of the file that answers a connection, if it needs a path too."""
    given = call.args[0] if call.args else None
    is_method = isinstance(given, ast.Attribute) and source.text(given.value) in {"self", "cls"}
    name = getattr(given, "attr" if is_method else "id", None)
    named = source.named(name) if name is not None else ()
    if len(named) != 1:
        return None
    arguments = named[0].args
    count = len(arguments.args) - len(arguments.defaults) - is_method
    is_plain = not (named[0].decorator_list or arguments.vararg or arguments.posonlyargs)
    return named[0] if is_plain and count == _WITH_PATH else None


def _without_path(
    project: Project, source: Source, call: ast.Call, function: Function
) -> tuple[Edit, ...]:
    sure(source, call.func)
    needs(project, *_SINCE)
    if _is_called(source, function):
        raise EditError("it is called in its file, too")
    connection, path = function.args.args[-2:]
    removed = changes.remove_parameter(source, function, path.arg)
    if not uses(function, path.arg):
        return (removed,)
    text = f"{path.arg} = {connection.arg}.request.path"
    return (removed, changes.prepend_statement(source, function, text))


def _is_called(source: Source, function: Function) -> bool:
    return any(
        isinstance(around := source.parents[node], ast.Call) and around.func is node
        for node in source.mentions.get(function.name)
    )


RULE = Rule(
    code="AT834",
    name="websockets-arguments",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    visit=_visit,
    words=rb"extra_headers|serve\(",
    where=Where.EVERYWHERE,
    suspects=re.compile(rb"\bwebsockets\b").search,
    alone=True,
    expects=("TypeError",),
    libraries=("websockets",),
    broken_since=(_SINCE,),
)
