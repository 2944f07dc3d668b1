"""AT937: imports from `_pytest.python_api`, a private module that pytest has removed."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, is_below
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

_PARENT, _NAME = "_pytest", "python_api"
_MODULE = f"{_PARENT}.{_NAME}"
#: The release that removed the module with what was still in it.
_REMOVED = ("pytest", "9.2")
#: What left it with the release in the rule's `broken_since`.
_LEFT = frozenset({"RaisesContext", "fail", "raises"})
#: What every pytest has under its own name.
_PUBLIC = frozenset({"approx", "fail", "raises"})
_FOR_TYPES = re.compile("TYPE_CHECKING")


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    is_there = project.dependencies.stays_below(*_REMOVED)
    for node in walk(source.tree):
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            continue
        names = _imported(node)
        if not names or (is_there and not names & _LEFT) or _is_expected(source, node):
            continue
        yield code_finding(
            RULE.code,
            source,
            node,
            f"pytest 9.2 no longer has the private module {_MODULE}",
            tier=Tier.SAFE,
            fix=partial(_fix, source, node, names),
            hint="import what pytest has in public, such as pytest.raises, pytest.approx or "
            "pytest.RaisesExc",
        )


def _imported(node: ast.Import | ast.ImportFrom) -> set[str]:
    """Return the names that a statement imports from the module, or the module itself."""
    names = {alias.name for alias in node.names}
    if isinstance(node, ast.Import):
        return names & {_MODULE}
    if node.level or node.module not in {_MODULE, _PARENT}:
        return set()
    return names if node.module == _MODULE else names & {_NAME}


def _is_expected(source: Source, node: ast.stmt) -> bool:
    """Tell whether an import breaks no test: in a `try`, or where only type checkers read it."""
    return is_below(source, node, _FOR_TYPES) or any(
        isinstance(around, ast.Try) and around.handlers for around in source.around(node)
    )


def _fix(source: Source, node: ast.stmt, names: set[str]) -> tuple[Edit, ...]:
    unknown = sorted(names - _PUBLIC)
    if unknown:
        raise EditError(f"nothing public has the name {unknown[0]}")
    start = source.data.index(_MODULE.encode(), source.start(node))
    return (changes.replace(source, start, start + len(_MODULE), "pytest"),)


RULE = Rule(
    code="AT937",
    name="private-python-api",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    visit=_visit,
    words=rb"python_api",
    where=Where.TESTS,
    suspects=re.compile(rb"_pytest").search,
    alone=True,
    expects=("ImportError",),
    libraries=("pytest",),
    broken_since=(("pytest", "8.4"),),
)
