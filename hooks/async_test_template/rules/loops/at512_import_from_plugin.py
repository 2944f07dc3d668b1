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
        # What only type checkers come to breaks no test.
        if not is_below(source, node, _FOR_TYPES):
            names = ", ".join(alias.name for alias in node.names)
            yield code_finding(
                RULE.code,
                source,
                node,
                f"{names} of pytest_asyncio.plugin may be gone",
                hint="import fixture from pytest_asyncio, and ask for the other names as fixtures",
            )


_FOR_TYPES = re.compile("TYPE_CHECKING")


RULE = Rule(
    code="AT512",
    name="import-from-plugin",
    title="Names are imported from the inside of pytest-asyncio",
    why=(
        "Only `pytest_asyncio.fixture` and `is_async_test` are public. With a version that lacks "
        "the name there is an ImportError, exit status 4."
    ),
    since="pytest-asyncio 0.17, which says what is public; `is_async_test` came with 0.23",
    source=(
        "[pytest-asyncio 1.4.0, `__init__.py`](https://github.com/pytest-dev/pytest-asyncio/blob/"
        "v1.4.0/pytest_asyncio/__init__.py)"
    ),
    severity=Severity.WARNING,
    because="Any release may move or drop such a name.",
    tier=Tier.REPORT,
    about="pytest-asyncio",
    visit=_visit,
    words=rb"pytest_asyncio",
    alone=True,
    expects=("ImportError",),
)
