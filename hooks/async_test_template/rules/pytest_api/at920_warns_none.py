"""AT920: `pytest.warns(None)`."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, sure
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes, new_imports
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for call in source.calls("pytest.warns"):
        if call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value is None:
            yield code_finding(
                RULE.code,
                source,
                call,
                "pytest.warns does not accept None",
                tier=Tier.SAFE,
                fix=partial(_fix, source, call),
                hint='use warnings.catch_warnings() with simplefilter("error") for "no warning"',
            )


def _fix(source: Source, call: ast.Call) -> tuple[Edit, ...]:
    sure(source, call.func)
    item = source.parents[call]
    block = source.parents.get(item)
    if not isinstance(item, ast.withitem) or not isinstance(block, (ast.With, ast.AsyncWith)):
        raise EditError("it is not the context of a with")
    if block.body[0].lineno == block.lineno:
        raise EditError("the body does not start on its own line")
    edits = list(_as_list(source, item.optional_vars))
    warnings, imports = new_imports.bind_module(source, "warnings")
    first = changes.before(source, block.body[0])
    indent = source.data[first : source.start(block.body[0])].decode()
    indent = indent[: len(indent) - len(indent.lstrip())]
    return (
        changes.replace_node(source, call, f"{warnings}.catch_warnings(record=True)"),
        changes.replace(source, first, first, f'{indent}{warnings}.simplefilter("always")\n'),
        *edits,
        *imports,
    )


def _as_list(source: Source, recorder: ast.expr | None) -> Iterator[Edit]:
    """Yield the edits that take what was recorded as a list, which it is from now on.

    Raises:
        EditError: something asks for more than a list has.

    """
    if recorder is None:
        return
    if not isinstance(recorder, ast.Name):
        raise EditError("it is unknown what asks for the warnings")
    for node in walk(source.scope(recorder)):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == recorder.id
        ):
            if node.attr != "list":
                raise EditError("something asks for more than a list of warnings")
            yield changes.replace_node(source, node, recorder.id)


RULE = Rule(
    code="AT920",
    name="warns-none",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    visit=_visit,
    words=rb"warns",
    where=Where.TESTS,
    suspects=re.compile(
        rb"warns(?:\(\s*(?:#(?:(?!warns)[^\r\n])*[\r\n]\s*)*None|[ \t]+as[ \t])"
    ).search,
    alone=True,
    expects=("TypeError", "DeprecationWarning"),
    libraries=("pytest",),
    broken_since=(("pytest", "8.0"),),
)
