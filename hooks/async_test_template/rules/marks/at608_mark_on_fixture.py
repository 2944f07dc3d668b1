"""AT608: a mark on a fixture."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.premises.mark_readers import OF_FIXTURES
from async_test_template.rules.rule import Rule, Where
from async_test_template.source import changes
from async_test_template.source.items import Fixture
from async_test_template.source.nodes import callee

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for line, function in sorted(source.functions.items()):
        if not isinstance(source.items.get(line), Fixture):
            continue
        for decorator in function.decorator_list:
            called = callee(decorator)
            target = source.names.resolve(called)
            if target.startswith("pytest.mark."):
                yield code_finding(
                    RULE.code,
                    source,
                    decorator,
                    f"the fixture {function.name} has the mark {target.rpartition('.')[2]}",
                    tier=Tier.SAFE,
                    fix=partial(_fix, source, decorator),
                    hint="remove the mark",
                )


def _fix(source: Source, mark: ast.expr) -> tuple[Edit, ...]:
    return (changes.remove_decorator(source, mark),)


# A mark and a fixture decorator on one function. One pattern each: each begins with a plain byte,
# which `re` looks for at once. Between a decorator and the `def` below it are only other ones.
_LINES = rb"(?:(?![ \t]*(?:async[ \t]+)?(?:def|class)[ \t])[^\n]*\n){0,40}?[ \t]*@(?:\w+\.)?"
_TOGETHER = (
    re.compile(rb"@(?:\w+\.)?fixture\b(?:(?!@(?:\w+\.)?fixture\b)[^\n])*\n" + _LINES + rb"mark\."),
    re.compile(rb"@(?:\w+\.)?mark\.(?:(?!@(?:\w+\.)?mark\.)[^\n])*\n" + _LINES + rb"fixture"),
    re.compile(rb"fixture[ \t]+as[ \t]"),
    re.compile(rb"mark[ \t]+as[ \t]"),
)


def _is_suspicious(data: bytes) -> bool:
    return any(pattern.search(data) for pattern in _TOGETHER)


RULE = Rule(
    code="AT608",
    name="mark-on-fixture",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    visit=_visit,
    words=rb"fixture",
    where=Where.TESTS,
    suspects=_is_suspicious,
    alone=True,
    mark=OF_FIXTURES,
    expects=("DeprecationWarning",),
    libraries=("pytest",),
    broken_since=(("pytest", "9.0"),),
)
