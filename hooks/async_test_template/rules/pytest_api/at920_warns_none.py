"""AT920: `pytest.warns(None)`."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.rule import Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

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
                hint='use warnings.catch_warnings() with simplefilter("error") for "no warning"',
            )


RULE = Rule(
    code="AT920",
    name="warns-none",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
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
