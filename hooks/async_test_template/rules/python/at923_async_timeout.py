"""AT923: `async_timeout`."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, is_test_code, sure
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes, new_imports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

_FLOOR = (3, 11)


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    if not is_test_code(source):
        return
    for call in source.calls("async_timeout.timeout", "async_timeout.timeout_at"):
        yield code_finding(
            RULE.code,
            source,
            call,
            f"asyncio can do what {source.names.resolve(call.func)} does",
            tier=Tier.SAFE,
            fix=partial(_fix, project, source, call),
            hint="use asyncio.timeout",
        )


def _fix(project: Project, source: Source, call: ast.Call) -> tuple[Edit, ...]:
    floor = project.dependencies.python_floor
    if floor is None or floor < _FLOOR:
        raise EditError("asyncio.timeout needs Python 3.11, and the project allows older ones")
    sure(source, call.func)
    item = source.parents[call]
    if not isinstance(item, ast.withitem) or not isinstance(source.parents[item], ast.AsyncWith):
        raise EditError("it is not the context of an async with")
    if item.optional_vars is not None:
        raise EditError("its result has other methods than asyncio's")
    if len(call.args) != 1 or call.keywords or isinstance(call.args[0], ast.Starred):
        raise EditError("its arguments have other names in asyncio")
    if re.search(rb"[\"']async_timeout\b", source.data):
        raise EditError("a string contains async_timeout too")
    module, imports = new_imports.bind_module(source, "asyncio")
    name = source.names.resolve(call.func).rpartition(".")[2]
    return (changes.replace_node(source, call.func, f"{module}.{name}"), *imports)


RULE = Rule(
    code="AT923",
    name="async-timeout",
    severity=Severity.ADVICE,
    tier=Tier.SAFE,
    python=">=3.11",
    visit=_visit,
    words=rb"async_timeout",
    where=Where.TESTS,
    alone=True,
    optional=True,
)
