"""AT512: imports out of `pytest_asyncio.plugin`."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, is_below
from async_test_template.rules.patterns import is_used
from async_test_template.rules.rule import Rule
from async_test_template.source import changes
from async_test_template.source.nodes import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

#: A fixture of the plugin before 1.0, which found it without an import. It has no other name.
_GONE = ("event_loop", None)
_FOR_TYPES = re.compile("TYPE_CHECKING")


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
                tier=Tier.UNSAFE,
                fix=partial(_fix, source, node),
                hint="import fixture from pytest_asyncio, and ask for the other names as fixtures",
            )


def _fix(source: Source, node: ast.ImportFrom) -> tuple[Edit, ...]:
    """Return the edit that imports no `event_loop`, which pytest-asyncio 1.0 removed."""
    gone = next((alias for alias in node.names if (alias.name, alias.asname) == _GONE), None)
    if gone is None:
        raise EditError("nothing is known of the name")
    if source.parents[node] is not source.tree:
        raise EditError("the import is not at the top of the file")
    if is_used(source, gone.name):
        raise EditError(f"the file uses {gone.name} in another way than as a fixture")
    return (changes.remove_name(source, node, gone),)


RULE = Rule(
    code="AT512",
    name="import-from-plugin",
    severity=Severity.WARNING,
    tier=Tier.UNSAFE,
    about="pytest-asyncio",
    visit=_visit,
    words=rb"pytest_asyncio",
    alone=True,
    expects=("ImportError",),
)
