"""AT817: `httpx2.alias_httpx()` after httpx was imported."""

from __future__ import annotations

import ast
from itertools import pairwise
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.rule import Rule, Where
from async_test_template.source.names import is_lazy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source

#: Plugins of pytest that import httpx, and other imports that include it.
_PLUGINS = ("respx", "pytest-httpx")
_MODULES = frozenset({"httpx", "httpcore", "respx", "pytest_httpx"})


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for call in source.calls("httpx2.alias_httpx"):
        who = _earlier(project, source, call)
        if who:
            yield code_finding(
                RULE.code,
                source,
                call,
                f"{who} imports httpx before alias_httpx is called",
                hint=(
                    "run pytest without that plugin, or call it in a module that pytest loads "
                    "first: -p name_of_the_module"
                ),
            )


def _is_loaded_first(project: Project, source: Source) -> bool:
    """Tell whether pytest is told to load the file, which it does before installed plugins."""
    words = [option.text for option in project.settings.addopts]
    path = f"/{source.file.removesuffix('.py').removesuffix('/__init__')}"
    named = {new for old, new in pairwise(words) if old == "-p"}
    named |= {word.removeprefix("-p") for word in words if word.startswith("-p")} - {""}
    return any(path.endswith(f"/{name.replace('.', '/')}") for name in named)


def _earlier(project: Project, source: Source, call: ast.Call) -> str:
    for package in _PLUGINS if not _is_loaded_first(project, source) else ():
        if project.dependencies.of(package):
            return package
    imports: list[ast.Import | ast.ImportFrom] = [
        *source.nodes.of(ast.Import),
        *source.nodes.of(ast.ImportFrom),
    ]
    for node in imports:
        if node.lineno >= call.lineno or source.parents[node] is not source.tree or is_lazy(node):
            continue
        named = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            named.append(node.module or "")
        if _MODULES.intersection(name.partition(".")[0] for name in named):
            return f"line {node.lineno}"
    return ""


RULE = Rule(
    code="AT817",
    name="alias-httpx-too-late",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
    visit=_visit,
    words=rb"alias_httpx",
    where=Where.CLIENTS,
    alone=True,
    expects=("RuntimeError",),
    libraries=("httpx", "httpx2"),
)
