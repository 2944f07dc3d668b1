"""AT828: helpers for tests that Tortoise ORM 1.0 removed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, is_test_code
from async_test_template.rules.rule import Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source

_MODULE = "tortoise.contrib.test"
_GONE = tuple(
    f"{_MODULE}.{name}"
    for name in (
        "initializer",
        "finalizer",
        "env_initializer",
        "getDBConfig",
        "TestCase",
        "SimpleTestCase",
        "IsolatedTestCase",
        "TruncationTestCase",
    )
)


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    if not is_test_code(source):
        return
    # One finding for a file: what replaces them is one fixture.
    uses = sorted(source.uses(*_GONE), key=lambda use: source.start(use[0]))
    if uses:
        node = uses[0][0]
        names = dict.fromkeys(name.removeprefix(f"{_MODULE}.") for _, name in uses)
        yield code_finding(
            RULE.code,
            source,
            node,
            f"{_MODULE} has no {' and no '.join(names)}",
            hint="write an async fixture with tortoise_test_context, or require tortoise-orm<1",
        )


RULE = Rule(
    code="AT828",
    name="tortoise-test-helper",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
    visit=_visit,
    words=rb"tortoise",
    where=Where.EVERYWHERE,
    suspects=re.compile(rb"tortoise\.contrib(?:\.test| import)\b").search,
    alone=True,
    expects=("ImportError", "AttributeError"),
    libraries=("tortoise-orm",),
    broken_since=(("tortoise-orm", "1.0"),),
)
