"""AT819: arguments of a `TestClient`'s requests that are deprecated."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.clients._test_client import HOMES, passing, requests
from async_test_template.rules.on_code import code_finding, keyword
from async_test_template.rules.patterns import removed, renamed
from async_test_template.rules.rule import Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source

_ARGUMENTS = frozenset({"data", "cookies", "timeout"})


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for call, method, argument in requests(project, source, _ARGUMENTS):
        if argument.arg == "data":
            # Anything but plain text may be a form, for which data= is meant.
            if _is_raw(argument.value):
                yield code_finding(
                    RULE.code,
                    source,
                    call,
                    f"{method} accepts raw content as content=",
                    tier=Tier.REPORT if keyword(call, "content") else Tier.SAFE,
                    fix=partial(renamed, source, argument, "content"),
                    hint="write content=",
                )
        elif argument.arg == "timeout":
            yield code_finding(
                RULE.code,
                source,
                call,
                f"{method} ignores timeout=",
                tier=Tier.UNSAFE if isinstance(argument.value, _WITHOUT_EFFECT) else Tier.REPORT,
                fix=partial(removed, source, call, argument),
                hint="remove it, or limit the test with @pytest.mark.timeout",
            )
        elif not (isinstance(argument.value, ast.Constant) and argument.value.value is None):
            yield code_finding(
                RULE.code,
                source,
                call,
                f"{method} should not get cookies= for one request",
                hint="set them on the client, which keeps them: client.cookies.set(name, value)",
            )


#: Values that can be removed, because they contain no call with a possible side effect.
_WITHOUT_EFFECT = (ast.Constant, ast.Name, ast.Attribute)


def _is_raw(value: ast.expr) -> bool:
    return isinstance(value, ast.JoinedStr) or (
        isinstance(value, ast.Constant) and isinstance(value.value, (str, bytes))
    )


_REQUEST = re.compile(rb"\.(?:get|post|put|patch|delete|head|options|request|stream)\s*\(")
_ARGUMENT = re.compile(rb"\b(?:data|cookies|timeout)\s*=(?!=)")
_NEXT_STATEMENT = re.compile(rb"\n[ \t]*(?:def|class|async|assert|return|with)\b")
#: How far before an argument its request begins, in bytes: more is rare.
_REACH = 4000


def _asks(data: bytes) -> bool:
    """Tell whether a request has such an argument, in one statement as far as its lines tell."""
    for argument in _ARGUMENT.finditer(data):
        before = data[max(0, argument.start() - _REACH) : argument.start()]
        begin = max((line.start() for line in _NEXT_STATEMENT.finditer(before)), default=0)
        if _REQUEST.search(before, begin):
            return True
    return False


def _is_suspicious(data: bytes) -> bool:
    """Tell whether a file has the client, or may get it from a fixture or a file elsewhere."""
    if HOMES in data:
        return True
    is_of_tests = b"def test" in data or b"fixture" in data
    return is_of_tests and _asks(data)


RULE = Rule(
    code="AT819",
    name="test-client-argument",
    severity=Severity.WARNING,
    tier=Tier.SAFE,
    visit=_visit,
    words=rb"data\s*=|cookies\s*=|timeout\s*=",
    spots=partial(passing, arguments=_ARGUMENTS),
    where=Where.CLIENTS,
    suspects=_is_suspicious,
    needs=(("starlette", "0.21"),),
    expects=("DeprecationWarning", "UserWarning"),
    anywhere=HOMES,
    libraries=("starlette", "fastapi"),
    broken_since=(("starlette", "0.21"),),
)
