"""AT911: positional arguments of `parametrize`."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, marks
from async_test_template.rules.pytest_api._parametrize import is_by_name, odd_calls
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes
from async_test_template.source.brackets import brackets_from

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source


_NAMES = ("argnames", "argvalues", "indirect", "ids", "scope")
#: How many arguments may still be positional.
_POSITIONAL = 2


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for mark in marks(source, "parametrize"):
        if isinstance(mark, ast.Call) and _POSITIONAL < len(mark.args) <= len(_NAMES):
            yield code_finding(
                RULE.code,
                source,
                mark,
                "in parametrize only the names and the values can be positional",
                tier=Tier.SAFE,
                fix=partial(_fix, source, mark),
                hint="write indirect=, ids= and scope=",
            )


def _fix(source: Source, mark: ast.Call) -> tuple[Edit, ...]:
    if any(isinstance(argument, ast.Starred) for argument in mark.args):
        raise EditError("some of its arguments are unknown")
    brackets = brackets_from(source, source.end(mark.func))
    return tuple(
        changes.replace(source, brackets.items[n].start, brackets.items[n].start, f"{_NAMES[n]}=")
        for n in range(_POSITIONAL, len(mark.args))
    )


def _is_suspicious(data: bytes) -> bool:
    return any(
        argument[:1] == b"*" or not is_by_name(argument)
        for arguments in odd_calls(data)
        for argument in arguments[_POSITIONAL:]
    )


RULE = Rule(
    code="AT911",
    name="parametrize-positional",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    visit=_visit,
    words=rb"parametrize",
    where=Where.TESTS,
    suspects=_is_suspicious,
    alone=True,
    mark="parametrize",
    expects=("TypeError", "DeprecationWarning"),
    libraries=("pytest",),
    broken_since=(("pytest", "9.2"),),
)
