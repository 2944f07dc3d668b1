"""AT917: `config.inicfg`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.rule import Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for node in source.nodes.of(ast.Attribute):
        owner = node.value.attr if isinstance(node.value, ast.Attribute) else None
        owner = node.value.id if isinstance(node.value, ast.Name) else owner
        # An imported name does not belong to pytest.
        if (
            node.attr == "inicfg"
            and owner in {"config", "pytestconfig"}
            and owner not in source.names.imported
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
    severity=Severity.WARNING,
    tier=Tier.REPORT,
    visit=_visit,
    words=rb"inicfg",
    where=Where.EVERYWHERE,
    alone=True,
    expects=("DeprecationWarning",),
    libraries=("pytest",),
    broken_since=(("pytest", "9.1"),),
)
