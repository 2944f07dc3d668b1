"""AT936: imports from `pytest_aiohttp` of what it took from aiohttp before its release 1.0."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, is_below
from async_test_template.rules.patterns import is_used
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

#: What the package has today.
_KNOWN = frozenset({"AiohttpClient", "AiohttpRawServer", "AiohttpServer", "__version__", "plugin"})
#: Fixtures of the old plugin. pytest finds those that are left without an import.
_FIXTURES = frozenset(
    {"aiohttp_client", "aiohttp_raw_server", "aiohttp_server", "aiohttp_unused_port", "loop"}
    | {"raw_test_server", "test_client", "test_server", "unused_port"}
)
#: What aiohttp's plugin had imported from `aiohttp.test_utils` itself.
_HELPERS = frozenset({"BaseTestServer", "RawTestServer", "TestClient", "TestServer"})
_FOR_TYPES = re.compile("TYPE_CHECKING")


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for node in walk(source.tree):
        if not isinstance(node, ast.ImportFrom) or node.module != "pytest_aiohttp" or node.level:
            continue
        gone = [alias.name for alias in node.names if alias.name not in {*_KNOWN, "*"}]
        # An import that only type checkers read breaks no test.
        if gone and not is_below(source, node, _FOR_TYPES):
            yield code_finding(
                RULE.code,
                source,
                node,
                f"pytest_aiohttp has no {' and no '.join(gone)}",
                tier=Tier.SAFE,
                fix=partial(_fix, source, node),
                hint="ask for fixtures without an import, and import helpers from "
                "aiohttp.test_utils",
            )


def _fix(source: Source, node: ast.ImportFrom) -> tuple[Edit, ...]:
    if source.parents[node] is not source.tree:
        raise EditError("the import is not at the top of the file")
    kept: dict[str, list[str]] = {}
    for alias in node.names:
        if alias.name in _FIXTURES and not alias.asname:
            if is_used(source, alias.name):
                raise EditError(f"the file uses {alias.name} in another way than as a fixture")
            continue
        if alias.name not in _KNOWN | _HELPERS:
            raise EditError(f"nothing is known of {alias.name}")
        module = "pytest_aiohttp" if alias.name in _KNOWN else "aiohttp.test_utils"
        kept.setdefault(module, []).append(ast.unparse(alias))
    if not kept:
        return (changes.remove_statement(source, node),)
    lines = [f"from {module} import {', '.join(names)}" for module, names in sorted(kept.items())]
    return (changes.replace_node(source, node, source.newline.join(lines)),)


RULE = Rule(
    code="AT936",
    name="import-from-pytest-aiohttp",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    visit=_visit,
    words=rb"pytest_aiohttp",
    where=Where.CLIENTS,
    alone=True,
    expects=("ImportError",),
    libraries=("pytest-aiohttp",),
    broken_since=(("pytest-aiohttp", "1.0"),),
)
