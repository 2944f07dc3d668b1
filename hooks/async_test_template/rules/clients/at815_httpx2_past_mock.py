"""AT815: httpx2 clients in tests that intercept requests of httpx."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.clients._httpx2 import MOCKS, is_in_code, mock_in_use
from async_test_template.rules.on_code import code_finding, keyword
from async_test_template.rules.rule import Rule, Where
from async_test_template.source.relevance import is_of_tests

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source

_SENDERS = [
    f"httpx2.{name}"
    for name in (
        "Client",
        "AsyncClient",
        "get",
        "post",
        "put",
        "patch",
        "delete",
        "head",
        "options",
        "query",
        "request",
        "stream",
    )
]


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    package = mock_in_use(project)
    if package is None or _is_alias(project) or _is_apart(project, source, package):
        return
    for call in _senders(source):
        yield code_finding(
            RULE.code,
            source,
            call,
            f"{package} only intercepts httpx, not {source.names.resolve(call.func)}",
            hint="use httpx here, or give the client transport=httpx2.MockTransport(...)",
        )


def _senders(source: Source) -> Iterator[ast.Call]:
    for call in source.calls(*_SENDERS):
        # With a transport, the test or the application already replaces the network.
        if not keyword(call, "transport") and not keyword(call, "mounts"):
            yield call


def _is_alias(project: Project) -> bool:
    """Tell whether `httpx2.alias_httpx()` merges the two, so that the mocks intercept both."""
    return any(b"alias_httpx(" in (project.tree.read(m.file) or b"") for m in project.code.modules)


def _is_apart(project: Project, source: Source, package: str) -> bool:
    """Tell whether httpx2 is used beside httpx, which the mock is for, and not in its tests.

    A file of tests that does not use the mock replaces the network in its own way. A repository
    that supports both libraries tests one of them with the mock.
    """
    fixture, module = MOCKS[package]
    if is_of_tests(source.file):
        own = project.code.by_file[source.file]
        requested = {name for test in own.tests for name in test.requests}
        requested.update(name for made in own.fixtures for name in made.requests)
        return module not in own.imports and fixture not in requested
    return is_in_code(project)


RULE = Rule(
    code="AT815",
    name="httpx2-past-mock",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
    visit=_visit,
    words=rb"\bhttpx2\b",
    spots=_senders,
    where=Where.CLIENTS,
    suspects=re.compile(rb"\bhttpx2\.(?:\w*Client|[a-z]+)\(|\bhttpx2 (?:import|as)\b").search,
    anywhere=rb"respx|httpx_mock|pytest_httpx",
    libraries=("httpx", "httpx2"),
)
