"""AT603: `mark.asyncio("module")`."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, marks, text_of
from async_test_template.rules.patterns import named
from async_test_template.rules.rule import Rule
from async_test_template.rules.which_loop import SCOPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for mark in marks(source, "asyncio"):
        if isinstance(mark, ast.Call) and mark.args:
            scope = mark.args[0]
            if text_of(scope) is None and _is_put_on_a_function(source, mark):
                continue
            is_plain = text_of(scope) in SCOPES and len(mark.args) == 1 and not mark.keywords
            yield code_finding(
                RULE.code,
                source,
                mark,
                "the mark asyncio has a positional argument",
                tier=Tier.SAFE if is_plain else Tier.REPORT,
                fix=partial(named, source, scope, "loop_scope"),
                hint="write loop_scope=",
            )


def _is_put_on_a_function(source: Source, mark: ast.Call) -> bool:
    """Tell whether the argument is the function that gets the mark, as with a decorator.

    Then the result is returned, stored under a name, compared, marked again, or not used.
    """
    around = source.parents[mark]
    if isinstance(around, ast.Call):
        return mark in around.args and not source.text(around.func).endswith("add_marker")
    if isinstance(around, ast.Assign):
        return not any(getattr(target, "id", "") == "pytestmark" for target in around.targets)
    return isinstance(around, (ast.Return, ast.Expr, ast.Lambda, ast.Compare))


RULE = Rule(
    code="AT603",
    name="mark-positional-scope",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    about="pytest-asyncio",
    needs=(("pytest-asyncio", "0.24"),),
    visit=_visit,
    words=rb"mark",
    alone=True,
    mark="asyncio",
    expects=("ValueError",),
)
