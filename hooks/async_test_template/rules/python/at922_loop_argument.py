"""AT922: `loop=` of asyncio's functions."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, is_test_code, sure
from async_test_template.rules.patched import not_patched
from async_test_template.rules.patterns import keyword_of_call, removed
from async_test_template.rules.rule import Rule, Where

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

#: What accepted a loop until Python 3.9; `ensure_future`, `Future` and `Task` still do.
_WITHOUT = (
    "asyncio.sleep",
    "asyncio.gather",
    "asyncio.wait",
    "asyncio.wait_for",
    "asyncio.shield",
    "asyncio.as_completed",
    "asyncio.Lock",
    "asyncio.Event",
    "asyncio.Condition",
    "asyncio.Semaphore",
    "asyncio.BoundedSemaphore",
    "asyncio.Queue",
    "asyncio.LifoQueue",
    "asyncio.PriorityQueue",
    "asyncio.open_connection",
    "asyncio.start_server",
    "asyncio.open_unix_connection",
    "asyncio.start_unix_server",
    "asyncio.create_subprocess_exec",
    "asyncio.create_subprocess_shell",
)


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    if not is_test_code(source):
        return
    for call, argument in keyword_of_call(source, "loop", *_WITHOUT):
        yield code_finding(
            RULE.code,
            source,
            call,
            f"{source.names.resolve(call.func)} does not accept loop=",
            tier=Tier.UNSAFE,
            fix=partial(_fix, project, source, call, argument),
            hint="remove the argument: it uses the running loop",
        )


def _fix(
    project: Project, source: Source, call: ast.Call, argument: ast.keyword
) -> tuple[Edit, ...]:
    sure(source, call.func)
    not_patched(project, source.names.resolve(call.func))
    return removed(source, call, argument)


RULE = Rule(
    code="AT922",
    name="loop-argument",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    python=">=3.10",
    visit=_visit,
    words=rb"loop",
    where=Where.TESTS,
    suspects=re.compile(rb"\bloop\s*=").search,
    alone=True,
    expects=("TypeError", "DeprecationWarning"),
    libraries=("asynctest",),
)
