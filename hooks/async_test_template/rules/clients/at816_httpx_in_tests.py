"""AT816: tests on httpx where httpx2 is declared."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.clients._httpx2 import imports_httpx, mock
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes
from async_test_template.source.relevance import is_of_tests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

#: Names that httpx has and httpx2 does not.
_GONE = frozenset({"main"})


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    if not (project.dependencies.has("httpx2") and is_of_tests(source.file)):
        return
    imports = list(_imports(source))
    if imports:
        yield code_finding(
            RULE.code,
            source,
            imports[0],
            "httpx is imported although httpx2 is declared",
            tier=Tier.UNSAFE,
            fix=partial(_fix, project, source),
            hint="import httpx2 instead, in the tests and in the code under test together",
        )


def _imports(source: Source) -> Iterator[ast.Import | ast.ImportFrom]:
    for node in source.nodes.of(ast.Import):
        if any(alias.name.partition(".")[0] == "httpx" for alias in node.names):
            yield node
    for statement in source.nodes.of(ast.ImportFrom):
        if not statement.level and (statement.module or "").partition(".")[0] == "httpx":
            yield statement


def _fix(project: Project, source: Source) -> tuple[Edit, ...]:
    if package := mock(project):
        raise EditError(f"{package} does not intercept requests of httpx2")
    for module in project.code.modules:
        if imports_httpx(module.imports) and not is_of_tests(module.file):
            raise EditError(f"{module.file} imports httpx too")
    if re.search(rb"[\"'](?:httpx)\b", source.data):
        raise EditError("a string contains httpx too")
    edits: list[Edit] = []
    for node in _imports(source):
        edits += _renamed(source, node)
    return tuple(edits)


def _renamed(source: Source, node: ast.Import | ast.ImportFrom) -> Iterator[Edit]:
    if isinstance(node, ast.ImportFrom):
        if node.module != "httpx" or any(alias.name in {"*", *_GONE} for alias in node.names):
            raise EditError(f"line {node.lineno} imports a name that httpx2 may not have")
        start = source.data.index(b"httpx", source.start(node))
        yield changes.replace(source, start, start + len("httpx"), "httpx2")
        return
    for alias in node.names:
        if alias.name == "httpx":
            start = source.start(alias)
            yield changes.replace(source, start, start + len("httpx"), "httpx2")
            yield from () if alias.asname else _references(source)
        elif alias.name.startswith("httpx."):
            raise EditError(f"line {node.lineno} imports a name that httpx2 may not have")


def _references(source: Source) -> Iterator[Edit]:
    names = source.names
    if "httpx" in names.bound or not names.stands_for("httpx", "httpx"):
        raise EditError("the name httpx may have another meaning")
    if "httpx2" in names.bound | names.imported:
        raise EditError("the name httpx2 is already used")
    for node in source.nodes.of(ast.Name):
        if node.id == "httpx":
            around = source.parents[node]
            if not isinstance(around, ast.Attribute) or around.attr in _GONE:
                raise EditError(f"line {node.lineno} uses a name that httpx2 may not have")
            yield changes.replace_node(source, node, "httpx2")


RULE = Rule(
    code="AT816",
    name="httpx-in-tests",
    severity=Severity.ADVICE,
    tier=Tier.UNSAFE,
    visit=_visit,
    words=rb"\bhttpx\b",
    where=Where.CLIENTS,
    optional=True,
)
