"""AT944: a mark that is a statement of its own."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.rule import Rule, Where
from async_test_template.source.nodes import FUNCTIONS, callee

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source

_MARK = "pytest.mark."
_WORD = re.compile(rb"pytest\.mark\.\w")
#: No line is indented as much.
_INDENTED = 200
#: What is no function or class, to which a mark could be given.
_PLAIN = (ast.BoolOp, ast.BinOp, ast.Compare, ast.Constant, ast.JoinedStr, ast.UnaryOp)


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    line, counted = 1, 0
    for place in _places(source.data):
        line += source.data.count(b"\n", counted, place)
        counted = place
        for node in source.nodes.beginning_in(line):
            if isinstance(node, ast.Expr) and (name := _mark(source, node.value)):
                yield code_finding(
                    RULE.code,
                    source,
                    node,
                    f"the mark {name} is a statement, which marks nothing",
                    hint=_hint(source, node),
                )


def _places(data: bytes) -> Iterator[int]:
    """Yield where a line begins with a mark, as that of a list does too."""
    for match in _WORD.finditer(data):
        start = match.start()
        begin = data.rfind(b"\n", max(start - _INDENTED, 0), start) + 1
        if not data[begin:start].strip() and (begin or start < _INDENTED):
            yield start


def _is_suspicious(data: bytes) -> bool:
    return any(True for _ in _places(data))


def _mark(source: Source, node: ast.expr) -> str:
    """Return the name of a mark that is given to nothing, or an empty text."""
    target = source.names.resolve(callee(node))
    name = target.removeprefix(_MARK)
    if name == target or "." in name or _is_given(node):
        return ""
    return "" if _is_tried(source, node) else name


def _is_tried(source: Source, node: ast.expr) -> bool:
    """Tell whether the mark itself is what a block tries: an unknown one gives an error."""
    return any(
        isinstance(around, ast.With)
        or (isinstance(around, ast.Try) and node.lineno <= (around.body[-1].end_lineno or 0))
        for around in source.around(node)
    )


def _is_given(node: ast.expr) -> bool:
    """Tell whether a call may give the mark to a function or a class, as a decorator does."""
    return (
        isinstance(node, ast.Call)
        and len(node.args) == 1
        and not node.keywords
        and not isinstance(node.args[0], _PLAIN)
    )


def _hint(source: Source, node: ast.Expr) -> str:
    if isinstance(source.scope(node), FUNCTIONS):
        return "mark the test, or call pytest.skip() or request.applymarker()"
    end = source.nodes.beginning_in((node.end_lineno or node.lineno) + 1)
    if any(isinstance(after, (*FUNCTIONS, ast.ClassDef)) for after in end):
        return "write @ before it"
    return "assign it to pytestmark, or make it a decorator"


RULE = Rule(
    code="AT944",
    name="mark-as-statement",
    severity=Severity.WARNING,
    tier=Tier.REPORT,
    visit=_visit,
    words=rb"pytest\.mark\.",
    where=Where.TESTS,
    suspects=_is_suspicious,
    alone=True,
    libraries=("pytest",),
)
