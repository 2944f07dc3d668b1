"""AT514: `time.sleep` in an async test."""

from __future__ import annotations

import ast
import re
from itertools import takewhile
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.loops._sleeps import is_zero
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.patched import patching
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source

_SLEEP = "time.sleep"
#: Words in a comment that say that the loop should be blocked.
_ON_PURPOSE = re.compile(
    r"block|stall|starv|freez|\bnot (?:asyncio|trio|anyio)\.sleep", re.IGNORECASE
)
#: Names in tests of code that watches the loop.
_WATCHED = re.compile(
    r"watchdog|slow_callback|starv|event_?loop_?lag"
    r"|block(?:s|ed|ing)?[_ ](?:the[_ ])?(?:event[_ ])?loop|loop[_ ](?:is[_ ])?(?:block|stall)",
    re.IGNORECASE,
)
#: A comment that silences the rule of another tool for the same line.
_ANSWERED = re.compile(r"#\s*noqa(?!\s*:)|#\s*noqa\s*:[^#]*\bASYNC(?:101|251)\b", re.IGNORECASE)
#: Names of deadlines; the test may check that one passes while nothing is awaited.
_DEADLINES = re.compile(r"timeout|fail_after|fail_at|move_on|deadline", re.IGNORECASE)


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for call, function in _sleeps(source):
        if patching(project, _SLEEP):
            return
        yield code_finding(
            RULE.code,
            source,
            call,
            f"{function.name} is async and calls {_SLEEP}, which blocks its event loop",
            hint="await the sleep of the library that runs the loop, such as `asyncio.sleep`",
        )


def _sleeps(source: Source) -> Iterator[tuple[ast.Call, ast.AsyncFunctionDef]]:
    """Yield the calls in async tests and fixtures that block by mistake, with the function."""
    for call in source.calls(_SLEEP):
        function = source.scope(call)
        if (
            isinstance(function, ast.AsyncFunctionDef)
            and function.lineno in source.items
            and not is_zero(call)
            and not _is_meant(source, call, function)
            and not _has_deadline(source, call)
            and source.names.is_certain(call.func)
        ):
            yield call, function


def _is_meant(source: Source, call: ast.Call, function: Function) -> bool:
    """Tell whether the test, or a comment for another tool, says that it should block."""
    begin = source.line_start(source.start(call))
    line = source.data[begin : source.line_end(source.end(call))].decode()
    above = source.data[source.start(function) : begin].decode().splitlines()
    comments = takewhile(lambda one: one.lstrip().startswith("#"), reversed(above))
    return bool(
        _ANSWERED.search(line)
        or any(_ON_PURPOSE.search(one.partition("#")[2]) for one in (*line.splitlines(), *comments))
        or _WATCHED.search(source.text(function))
    )


def _has_deadline(source: Source, call: ast.Call) -> bool:
    """Tell whether the call is under a deadline, which may pass during it."""
    return any(
        isinstance(around, (ast.With, ast.AsyncWith))
        and any(_DEADLINES.search(source.text(item.context_expr)) for item in around.items)
        for around in source.around(call)
    )


RULE = Rule(
    code="AT514",
    name="blocking-sleep",
    severity=Severity.ADVICE,
    tier=Tier.REPORT,
    visit=_visit,
    words=rb"import[\s\\]*time\b|from[\s\\]*time\b|,[\s\\]*time\b",
    spots=_sleeps,
    expects=("BlockingError",),
)
