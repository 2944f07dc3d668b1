"""AT801: `anyio_backend` that returns several backends."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, keyword, text_of
from async_test_template.rules.rule import Rule
from async_test_template.source import changes
from async_test_template.source.brackets import brackets_from

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source


_BACKENDS = {"asyncio", "trio"}


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for fixture in source.module.fixtures:
        if fixture.name != "anyio_backend" or not fixture.function or fixture.is_async:
            continue
        function = source.functions[fixture.line]
        value = function.body[-1].value if isinstance(function.body[-1], ast.Return) else None
        if isinstance(value, (ast.List, ast.Tuple)) and _names_backends(value):
            yield code_finding(
                RULE.code,
                source,
                function,
                "anyio_backend returns several backends at once",
                tier=Tier.SAFE,
                fix=partial(_fix, source, function, value),
                hint="give the fixture params, and return request.param",
            )


def _names_backends(value: ast.List | ast.Tuple) -> bool:
    """Tell a list of backends from a pair of one backend and its options."""
    return bool(value.elts) and all(text_of(item) in _BACKENDS for item in value.elts)


def _fix(source: Source, function: Function, value: ast.expr) -> tuple[Edit, ...]:
    if len(function.body) != 1 or function.args.args or len(function.decorator_list) != 1:
        raise EditError("it does more than return them")
    decorator = function.decorator_list[0]
    items = source.text(value)
    params = f"params=[{items[1:-1]}]" if items[0] in "[(" else f"params=[{items}]"
    if isinstance(decorator, ast.Call):
        if not decorator.keywords or decorator.args or keyword(decorator, "params"):
            raise EditError("its decorator cannot take params")
        end = source.end(decorator.keywords[-1])
        new = changes.replace(source, end, end, f", {params}")
    else:
        end = source.end(decorator)
        new = changes.replace(source, end, end, f"({params})")
    brackets = brackets_from(source, source.start(function))
    return (
        new,
        changes.replace(source, brackets.open, brackets.close, "request"),
        changes.replace_node(source, value, "request.param"),
    )


RULE = Rule(
    code="AT801",
    name="anyio-backend-returns-list",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    about="anyio",
    visit=_visit,
    words=rb"anyio_backend",
    alone=True,
)
