"""AT813: `TestClient` where only httpx is declared."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.clients._httpx2 import MAY_USE, imports_httpx, strangers
from async_test_template.rules.on_code import is_below
from async_test_template.rules.rule import Rule
from async_test_template.source.source import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project

_CLIENTS = ("starlette.testclient", "fastapi.testclient")
#: The first Starlette that prefers httpx2, and the first FastAPI that allows it.
_PREFER = {"starlette": "1.2", "fastapi": "0.133"}
_PYTHON = (3, 11)


def _check(project: Project) -> Iterator[Finding]:
    if not _is_warned(project):
        return
    for module in project.code.modules:
        for name in _CLIENTS:
            if name in module.imports and _is_run(project, module.file, module.imports[name]):
                yield _finding(project, module.file, module.imports[name])
                return


def _is_run(project: Project, file: str, line: int) -> bool:
    """Tell whether an import is executed, not only read by type checkers."""
    source = project.code.sources.get(file)
    try:
        imports = (*source.nodes.of(ast.Import), *source.nodes.of(ast.ImportFrom))
    except Unreadable:
        return False
    return not any(is_below(source, node, _FOR_TYPES) for node in imports if node.lineno == line)


_FOR_TYPES = re.compile(r"\bTYPE_CHECKING\b")


def _is_warned(project: Project) -> bool:
    """Tell whether `TestClient` warns at import with the declared packages."""
    dependencies = project.dependencies
    frameworks = [d for name in _PREFER for d in dependencies.of(name)]
    return (
        not dependencies.may_have("httpx2")
        and any(dependencies.of(name) for name in ("httpx", "respx", "pytest-httpx"))
        # Their extras install httpx2.
        and not any("[" in declaration.text for declaration in frameworks)
        and all(dependencies.may_reach(name, version) for name, version in _PREFER.items())
    )


def _finding(project: Project, file: str, line: int) -> Finding:
    floor = project.dependencies.python_floor
    edits: tuple[Edit, ...] = ()
    hint = "add httpx2>=2.14 to the test dependencies"
    if stranger := _stranger(project):
        # With httpx2 the client's responses no longer belong to httpx.
        hint = f"{stranger} has to come from httpx2 at the same time; then {hint}"
    elif floor is not None and floor >= _PYTHON:
        edits = project.dependencies.added("httpx2", "2.14")
    return Finding(
        RULE.code,
        "TestClient is deprecated with httpx, and no dependency installs httpx2",
        file,
        line,
        tier=Tier.UNSAFE,
        edits=edits,
        hint="" if edits else hint,
    )


def _stranger(project: Project) -> str:
    """Return the first place where httpx is used with a client, as AT814 would find it."""
    for module in project.code.modules:
        if imports_httpx(module.imports) and MAY_USE.search(project.tree.read(module.file) or b""):
            source = project.code.sources.get(module.file)
            for node, name in strangers(project, source):
                return f"{name} in {module.file}:{node.lineno}"
    return ""


RULE = Rule(
    code="AT813",
    name="test-client-without-httpx2",
    severity=Severity.WARNING,
    tier=Tier.UNSAFE,
    check=_check,
    warning="Using `httpx` with `starlette.testclient` is deprecated",
    libraries=("starlette", "fastapi"),
    broken_since=(("starlette", "1.2"),),
)
