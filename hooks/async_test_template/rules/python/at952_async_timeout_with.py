"""AT952: `async_timeout.timeout` as in releases before 4.0."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, keyword, sure
from async_test_template.rules.patterns import removed
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

_TIMEOUT = "async_timeout.timeout"
_WITH = re.compile(rb"with[ \t][^\n]{0,200}timeout")


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for call in source.calls(_TIMEOUT):
        loop = keyword(call, "loop")
        if loop is not None:
            yield code_finding(
                RULE.code,
                source,
                call,
                f"{_TIMEOUT} does not accept loop=",
                tier=Tier.SAFE,
                fix=partial(removed, source, call, loop),
                hint="remove it",
            )
        item = source.parents[call]
        block = source.parents[item] if isinstance(item, ast.withitem) else None
        if isinstance(block, ast.With):
            yield code_finding(
                RULE.code,
                source,
                block,
                f"{_TIMEOUT} is only an async context manager",
                tier=Tier.SAFE,
                fix=partial(_entered, source, call, block),
                hint="write async with",
            )


def _entered(source: Source, call: ast.Call, block: ast.With) -> tuple[Edit, ...]:
    sure(source, call.func)
    if len(block.items) > 1:
        raise EditError("the block enters something else too")
    if not isinstance(source.scope(block), ast.AsyncFunctionDef):
        raise EditError("its function is not async")
    start = source.start(block)
    return (changes.replace(source, start, start + len("with"), "async with"),)


def _is_suspicious(data: bytes) -> bool:
    return b"loop=" in data or any(
        not data.endswith(b"async ", 0, match.start()) for match in _WITH.finditer(data)
    )


RULE = Rule(
    code="AT952",
    name="async-timeout-with",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    visit=_visit,
    words=rb"async_timeout",
    where=Where.EVERYWHERE,
    suspects=_is_suspicious,
    alone=True,
    expects=("TypeError", "DeprecationWarning", "AttributeError"),
    libraries=("async-timeout",),
    broken_since=(("async-timeout", "4.0"),),
)
