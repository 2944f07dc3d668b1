"""AT605: `mark.asyncio_event_loop`."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, marks, needs
from async_test_template.rules.rule import Rule
from async_test_template.source import changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for mark in marks(source, "asyncio_event_loop"):
        yield code_finding(
            RULE.code,
            source,
            mark,
            "the mark asyncio_event_loop is unknown",
            tier=Tier.UNSAFE,
            fix=partial(_fix, project, source, mark),
            hint='write pytest.mark.asyncio(loop_scope="class") or "module"',
        )


def _fix(project: Project, source: Source, mark: ast.expr) -> tuple[Edit, ...]:
    needs(project, "pytest-asyncio", "0.24")
    owner = source.parents[mark]
    scope = "class" if isinstance(owner, ast.ClassDef) else "module"
    if isinstance(mark, ast.Call) or isinstance(
        source.parents[mark], (ast.FunctionDef, ast.AsyncFunctionDef)
    ):
        raise EditError("it is in a place where it never had a meaning")
    name = source.text(mark).removesuffix("_event_loop")
    text = f'{name}(loop_scope="{scope}")'
    return (changes.replace_node(source, mark, text), *_nearer(source, owner, scope))


def _nearer(source: Source, owner: ast.AST, scope: str) -> Iterator[Edit]:
    """Yield the edits that give the same loop to tests with a mark of their own, which counts."""
    others = [source.parents[mark] for mark in marks(source, "asyncio_event_loop")]
    for mark in marks(source, "asyncio"):
        around = next(
            (n for n in source.around(mark) if isinstance(n, ast.ClassDef) and n in others), None
        )
        is_in = around is owner if scope == "class" else around is None
        if is_in and not (isinstance(mark, ast.Call) and (mark.args or mark.keywords)):
            yield changes.set_keyword(source, mark, "loop_scope", f'"{scope}"')


RULE = Rule(
    code="AT605",
    name="mark-asyncio-event-loop",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    about="pytest-asyncio",
    visit=_visit,
    words=rb"asyncio_event_loop",
    alone=True,
    broken_since=(("pytest-asyncio", "0.23"),),
)
