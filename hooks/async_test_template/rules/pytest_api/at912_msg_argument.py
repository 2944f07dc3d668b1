"""AT912: `msg=` of `pytest.skip` and similar functions."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, keyword, sure
from async_test_template.rules.patterns import keyword_of_call, renamed
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    functions = ("pytest.skip", "pytest.fail", "pytest.exit")
    for call, message in keyword_of_call(source, "msg", *functions):
        has_both = bool(call.args) or keyword(call, "reason") is not None
        yield code_finding(
            RULE.code,
            source,
            call,
            f"{source.names.resolve(call.func)} has reason= instead of msg=",
            tier=Tier.REPORT if has_both else Tier.SAFE,
            fix=partial(_fix, project, source, call, message),
            hint="make one reason of both texts" if has_both else "write reason=",
        )


def _fix(
    project: Project, source: Source, call: ast.Call, message: ast.keyword
) -> tuple[Edit, ...]:
    sure(source, call.func)
    if source.holds(_PATCHED):
        raise EditError("the file patches pytest's functions, and the patch may check the name")
    if project.dependencies.allows_below("pytest", "7"):
        # Without a name, all versions accept it.
        start = source.start(message)
        name = _NAME.match(source.data, start)
        if call.keywords[0] is not message or name is None:
            raise EditError("pytest below 7 has only msg=, and the repository allows it")
        return (changes.replace(source, start, name.end(), ""),)
    return renamed(source, message, "reason")


_PATCHED = re.compile(rb"[\"']pytest\.(?:skip|fail|exit)[\"']|(?:setattr|object)\(\s*pytest\b")
_NAME = re.compile(rb"msg\s*=\s*")
_PARTS = (re.compile(rb"\bmsg\s*="), re.compile(rb"\b(?:skip|fail|exit)\b"))


def _is_suspicious(data: bytes) -> bool:
    return all(part.search(data) for part in _PARTS)


RULE = Rule(
    code="AT912",
    name="msg-argument",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    visit=_visit,
    words=rb"msg",
    where=Where.TESTS,
    suspects=_is_suspicious,
    alone=True,
    expects=("TypeError", "DeprecationWarning"),
    libraries=("pytest",),
    broken_since=(("pytest", "8.0"),),
)
