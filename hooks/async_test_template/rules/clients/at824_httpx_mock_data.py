"""AT824: `data=` of pytest-httpx's responses, and its `to_response`."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.clients._httpx_mock import body_as, calls_of
from async_test_template.rules.on_code import code_finding, has_stars, keyword, sure, uses
from async_test_template.rules.patterns import renamed
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes, new_imports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source

_MULTIPART = ("files", "boundary")
_OTHER_BODIES = frozenset({"content", "html", "json", "stream", "text"})
_TO_RESPONSE = "pytest_httpx.to_response"
_KNOWN = frozenset({"status_code", "headers", "json", "data"})


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for call in calls_of(source, "add_response"):
        given = [name for name in ("data", *_MULTIPART) if keyword(call, name) is not None]
        if given:
            names = ", ".join(f"{name}=" for name in given)
            yield code_finding(
                RULE.code,
                source,
                call,
                f"add_response does not accept {names}",
                tier=Tier.SAFE if given == ["data"] else Tier.REPORT,
                fix=partial(_fix, source, call),
                hint="write content= for bytes, text= for text, and stream= for an iterator or for "
                "several parts (pytest_httpx.IteratorStream, httpx._multipart.MultipartStream)",
            )
    for call in source.calls(_TO_RESPONSE):
        yield code_finding(
            RULE.code,
            source,
            call,
            "pytest_httpx has no to_response",
            tier=Tier.SAFE,
            fix=partial(_fix_to_response, source, call),
            hint="return httpx.Response(...)",
        )
    for function in _callbacks(source):
        second = function.args.args[1].arg
        yield code_finding(
            RULE.code,
            source,
            function,
            f"the callback {function.name} gets the request alone, and no {second}",
            tier=Tier.SAFE,
            fix=partial(_fix_callback, source, function, second),
            hint="use request.extensions",
        )


def _fix(source: Source, call: ast.Call) -> tuple[Edit, ...]:
    argument = keyword(call, "data")
    if argument is None or has_stars(call):
        raise EditError("other arguments are not known")
    if any(keyword(call, name) for name in _OTHER_BODIES):
        raise EditError("it has another body too")
    return renamed(source, argument, _body(source, argument))


def _body(source: Source, argument: ast.keyword) -> str:
    """Return the argument that takes a body.

    Raises:
        EditError: it is unknown.

    """
    name = body_as(source, argument.value)
    if name is None:
        raise EditError("it is unknown whether that is bytes or text")
    return name


def _fix_to_response(source: Source, call: ast.Call) -> tuple[Edit, ...]:
    sure(source, call.func)
    if any(
        node.module == "pytest_httpx" and source.parents[node] is not source.tree
        for node in source.nodes.of(ast.ImportFrom)
    ):
        raise EditError("it is imported in a function")
    if call.args or has_stars(call) or not _KNOWN.issuperset({k.arg for k in call.keywords}):
        raise EditError("its arguments are not those of httpx.Response")
    httpx, imports = new_imports.bind_module(source, "httpx")
    arguments = [
        f"{_body(source, k) if k.arg == 'data' else k.arg}={source.text(k.value)}"
        for k in call.keywords
    ]
    if keyword(call, "status_code") is None:
        arguments.insert(0, "status_code=200")
    text = f"{httpx}.Response({', '.join(arguments)})"
    return (changes.replace_node(source, call, text), *imports)


def _callbacks(source: Source) -> Iterator[Function]:
    """Yield the functions of a file that the mock calls, and that take a second argument."""
    names = {
        call.args[0].id
        for call in calls_of(source, "add_callback")
        if call.args and isinstance(call.args[0], ast.Name)
    }
    for function in source.nodes.of(ast.FunctionDef):
        arguments = function.args
        if (
            function.name in names
            and len(arguments.args) - len(arguments.defaults) == len(("request", "extensions"))
            and not isinstance(source.parents[function], ast.ClassDef)
        ):
            yield function


def _fix_callback(source: Source, function: Function, name: str) -> tuple[Edit, ...]:
    if uses(function, name):
        raise EditError(f"it uses {name}")
    if any(
        isinstance(call, ast.Call) and call.func is node
        for node in source.mentions.get(function.name, ())
        for call in [source.parents[node]]
    ):
        raise EditError("the file calls it too")
    return (changes.remove_parameter(source, function, name),)


RULE = Rule(
    code="AT824",
    name="httpx-mock-data",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    about="pytest-httpx",
    visit=_visit,
    words=rb"add_response|to_response|add_callback",
    where=Where.EVERYWHERE,
    suspects=re.compile(rb"httpx_mock|HTTPXMock|pytest_httpx").search,
    alone=True,
    needs=(("pytest-httpx", "0.18"),),
    expects=("TypeError",),
)
