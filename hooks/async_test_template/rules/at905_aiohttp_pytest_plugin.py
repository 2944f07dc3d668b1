"""AT905: `pytest_plugins = "aiohttp.pytest_plugin"`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from async_test_template.findings import Example, Finding, Rule, Tier
from async_test_template.rules._code import code_finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    if "aiohttp.pytest_plugin" not in source.module.plugins:
        return
    for node in source.tree.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "pytest_plugins"
            for target in node.targets
        ):
            yield code_finding(
                RULE.code,
                source,
                node,
                "aiohttp's own plugin leaves with aiohttp 4",
                hint="drop it and depend on pytest-aiohttp",
            )


RULE = Rule(
    code="AT905",
    name="aiohttp-pytest-plugin",
    title="aiohttp's own pytest plugin is deprecated",
    why="A DeprecationWarning; gone in aiohttp 4.",
    since="pytest-aiohttp 1.0 took its place",
    tier=Tier.REPORT,
    check=None,
    visit=_visit,
    words=rb"pytest_plugin",
    alone=True,
    invalid=(
        Example(
            before={"conftest.py": 'pytest_plugins = "aiohttp.pytest_plugin"\n'},
        ),
    ),
    valid=({"conftest.py": 'pytest_plugins = ["pytester"]\n'},),
)
