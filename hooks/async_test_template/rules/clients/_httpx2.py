"""The differences between httpx and httpx2, which Starlette's `TestClient` now uses."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.rules.clients._test_client import is_request, is_response
from async_test_template.rules.on_code import keyword
from async_test_template.source.nodes import walk
from async_test_template.source.relevance import is_of_tests

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Placed, Source

#: Packages that intercept requests of httpx, with the names by which a test uses them.
#: By package, its fixture and its module.
MOCKS = {"respx": ("respx_mock", "respx"), "pytest-httpx": ("httpx_mock", "pytest_httpx")}


#: What a file has that names an exception, a response or an authentication of httpx.
MAY_USE = re.compile(
    rb"\b(?:HTTP(?:Status)?|Request|Transport|Network|Connect|Read|Write|Close|Protocol"
    rb"|LocalProtocol|RemoteProtocol|Proxy|Decoding|Stream)Error\b"
    rb"|\b(?:Connect|Read|Write|Pool)Timeout\b|\b(?:Request|Response)NotRead\b"
    rb"|TimeoutException|TooManyRedirects|UnsupportedProtocol|InvalidURL|CookieConflict"
    rb"|StreamConsumed|StreamClosed|(?:Basic|Digest|NetRC|Function)Auth|isinstance\(.*Response"
)

_FIXTURE = re.compile(rb"httpx_mock|respx_mock")


# Each file that may send a request asks.
@lru_cache(maxsize=1)
def mock_in_use(project: Project) -> str | None:
    """Return the package with which the tests intercept requests of httpx, or None."""
    index = project.code
    others = project.reader.other_tests(_FIXTURE, (b"httpx_mock", b"respx_mock"))
    requested = {name for test in (*index.tests, *others) for name in test.requests}
    requested.update(name for fixture in index.fixtures for name in fixture.requests)
    imported = {module for m in index.modules for module in m.imports}
    for package, (fixture, module) in MOCKS.items():
        own = any(found.name == fixture for found in index.fixtures)
        if module in imported or (fixture in requested and not own):
            return package
    return None


def mock(project: Project) -> str | None:
    """Return the package that intercepts requests of httpx, whether used or only declared."""
    declared = (package for package in MOCKS if project.dependencies.of(package))
    return mock_in_use(project) or next(declared, None)


def imports_httpx(imports: Iterable[str]) -> bool:
    """Tell whether httpx is among the modules that a file imports, or a module of it."""
    return any(name.partition(".")[0] == "httpx" for name in imports)


@lru_cache(maxsize=1)
def is_in_code(project: Project) -> bool:
    """Tell whether code that is no test imports httpx, and so may raise an exception of it."""
    modules = project.code.modules
    return any(imports_httpx(module.imports) and not is_of_tests(module.file) for module in modules)


class Use(NamedTuple):
    """A place that names something of httpx, and belongs to a `TestClient` if that is asked for.

    Attributes:
        named: what is named, with its full name.
        response: what has to be a response of a client.
        request: what has to be a request of one.
        body: statements of which one has to ask a client, or check the status of its response.

    """

    named: list[tuple[Placed, str]]
    response: ast.expr | None = None
    request: ast.Call | None = None
    body: list[ast.stmt] | None = None


def uses(source: Source) -> Iterator[Use]:
    """Yield where a file compares with a class of httpx, expects an error of it, or gives `auth=`.

    That needs no other file, and few files have any.
    """
    if not imports_httpx(source.names.modules):
        return
    for call in source.calls("isinstance"):
        if len(call.args) == 2:  # noqa: PLR2004
            yield from _use(source, call.args[1], response=call.args[0])
    for kind, body in (*_expected(source), *_caught(source)):
        yield from _use(source, kind, body=body)
    for node in source.nodes.near(b"auth"):
        auth = keyword(node, "auth") if isinstance(node, ast.Call) else None
        if isinstance(node, ast.Call) and auth is not None and isinstance(auth.value, ast.Call):
            yield from _use(source, auth.value.func, request=node)


def _use(  # one of the three is given
    source: Source,
    named: ast.expr,
    *,
    response: ast.expr | None = None,
    request: ast.Call | None = None,
    body: list[ast.stmt] | None = None,
) -> Iterator[Use]:
    found = list(_of_httpx(source, named))
    if found:
        yield Use(found, response, request, body)


def strangers(project: Project, source: Source) -> Iterator[tuple[Placed, str]]:
    """Yield the uses of httpx with a `TestClient`, which uses httpx2, with their full names.

    These are `isinstance` on a response, an exception that is expected around a request, and an
    `auth=` of a request. An application that uses httpx may raise such an exception itself, and the
    client passes it on.
    """
    for use in uses(source):
        if (
            (use.response is not None and is_response(project, source, use.response))
            or (use.request is not None and is_request(project, source, use.request))
            or (use.body is not None and _asks(project, source, use.body))
        ):
            yield from use.named


def _expected(source: Source) -> Iterator[tuple[ast.expr, list[ast.stmt]]]:
    """Yield the exceptions that `pytest.raises` expects, with the statements in its block."""
    for raises in source.calls("pytest.raises"):
        item = source.parents[raises]
        block = source.parents[item] if isinstance(item, ast.withitem) else None
        if raises.args and isinstance(block, (ast.With, ast.AsyncWith)):
            yield raises.args[0], block.body


def _caught(source: Source) -> Iterator[tuple[ast.expr, list[ast.stmt]]]:
    """Yield the exceptions that are caught, with the statements under `try`."""
    for attempt in source.nodes.of(ast.Try):
        for handler in attempt.handlers:
            if handler.type is not None:
                yield handler.type, attempt.body


def _of_httpx(source: Source, node: ast.expr) -> Iterator[tuple[Placed, str]]:
    for part in node.elts if isinstance(node, ast.Tuple) else [node]:
        name = source.names.resolve(part)
        if name.startswith("httpx."):
            yield part, name


def _asks(project: Project, source: Source, body: list[ast.stmt]) -> bool:
    """Tell whether statements check the status of a response, or make a request.

    A request is no reason where the application itself may raise the exception.
    """
    for statement in body:
        for node in walk(statement):
            if is_request(project, source, node) and not is_in_code(project):
                return True
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "raise_for_status"
                and is_response(project, source, node.func.value)
            ):
                return True
    return False
