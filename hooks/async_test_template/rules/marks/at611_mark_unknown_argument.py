"""AT611: an argument that `mark.asyncio` does not know."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, marks
from async_test_template.rules.patterns import removed
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

#: What the mark accepts, and what other rules report.
_KNOWN = frozenset({"event_loop", "forbid_global_loop", "loop_factories", "loop_scope", "scope"})


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for mark in marks(source, "asyncio"):
        if not isinstance(mark, ast.Call) or mark.args:
            continue
        for argument in mark.keywords:
            if argument.arg is not None and argument.arg not in _KNOWN:
                yield code_finding(
                    RULE.code,
                    source,
                    mark,
                    f"the mark asyncio does not accept {argument.arg}=",
                    tier=Tier.SAFE,
                    fix=partial(_fix, source, mark, argument),
                    hint="remove the argument",
                )


def _fix(source: Source, mark: ast.Call, argument: ast.keyword) -> tuple[Edit, ...]:
    if not isinstance(argument.value, (ast.Constant, ast.Name)):
        raise EditError("its value may do something")
    return removed(source, mark, argument)


RULE = Rule(
    code="AT611",
    name="mark-unknown-argument",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    about="pytest-asyncio",
    visit=_visit,
    words=rb"asyncio\(",
    alone=True,
    mark="asyncio",
    expects=("ValueError",),
    broken_since=(("pytest-asyncio", "0.24"),),
)
