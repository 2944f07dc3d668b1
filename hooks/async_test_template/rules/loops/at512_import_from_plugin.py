"""AT512: imports out of `pytest_asyncio.plugin`."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, is_below
from async_test_template.rules.rule import Rule
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for node in walk(source.tree):
        if not isinstance(node, ast.ImportFrom) or node.module != "pytest_asyncio.plugin":
            continue
        # An import that only type checkers read breaks no test.
        if not is_below(source, node, _FOR_TYPES):
            names = ", ".join(alias.name for alias in node.names)
            yield code_finding(
                RULE.code,
                source,
                node,
                f"{names} of pytest_asyncio.plugin may no longer exist",
                hint="import fixture from pytest_asyncio, and ask for the other names as fixtures",
            )


_FOR_TYPES = re.compile("TYPE_CHECKING")


RULE = Rule(
    code="AT512",
    name="import-from-plugin",
    severity=Severity.WARNING,
    tier=Tier.REPORT,
    about="pytest-asyncio",
    visit=_visit,
    words=rb"pytest_asyncio",
    alone=True,
    expects=("ImportError",),
)
