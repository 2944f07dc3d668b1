"""AT917: `config.inicfg`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Tier
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.rule import Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    assigned = {a.line for a in source.module.assignments}
    for node in source.nodes.of(ast.Attribute):
        owner = node.value.attr if isinstance(node.value, ast.Attribute) else None
        owner = node.value.id if isinstance(node.value, ast.Name) else owner
        # AT111 tells of the assignments that nobody reads.
        if (
            node.attr == "inicfg"
            and owner in {"config", "pytestconfig"}
            and node.lineno not in assigned
        ):
            yield code_finding(
                RULE.code,
                source,
                node,
                "config.inicfg is deprecated",
                hint="use config.getini(), or add the setting to the configuration file",
            )


RULE = Rule(
    code="AT917",
    name="inicfg",
    title="`config.inicfg` is deprecated",
    why="A warning, and an error where warnings are errors; it goes in pytest 10.",
    since="pytest 9.1",
    tier=Tier.REPORT,
    visit=_visit,
    words=rb"inicfg",
    where=Where.EVERYWHERE,
    alone=True,
    expects=("DeprecationWarning",),
)
