"""AT512: imports out of `pytest_asyncio.plugin`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Tier
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.rule import Rule
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for node in walk(source.tree):
        if isinstance(node, ast.ImportFrom) and node.module == "pytest_asyncio.plugin":
            names = ", ".join(alias.name for alias in node.names)
            yield code_finding(
                RULE.code,
                source,
                node,
                f"{names} of pytest_asyncio.plugin may be gone",
                hint="import fixture from pytest_asyncio, and ask for the other names as fixtures",
            )


RULE = Rule(
    code="AT512",
    name="import-from-plugin",
    title="Names are imported from the inside of pytest-asyncio",
    why=(
        "Only `pytest_asyncio.fixture` and `is_async_test` are public: "
        "ImportError (exit status 4) with another version."
    ),
    since="pytest-asyncio 1.0",
    tier=Tier.REPORT,
    about="pytest-asyncio",
    visit=_visit,
    words=rb"pytest_asyncio",
    alone=True,
    expects=("ImportError",),
)
