"""AT930: `self.loop` of an `IsolatedAsyncioTestCase`, which has no such attribute."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.python._asynctest_case import loops_of, running
from async_test_template.rules.rule import Rule, Where
from async_test_template.source.lineage import ISOLATED_CASES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Source

#: What may give a class the attribute.
_SETS = re.compile(
    rb"^[ \t]*(?:\w+\.)?loop[ \t]*(?::[^=\n]*)?=(?!=)|[\"']loop[\"']|__getattr|def[ \t]+loop\b",
    re.MULTILINE,
)


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for node in source.nodes.of(ast.ClassDef):
        used = loops_of(node)
        if used and _has_none(project, source, node):
            yield code_finding(
                RULE.code,
                source,
                used[0],
                f"{node.name} derives from IsolatedAsyncioTestCase, which has no attribute loop",
                tier=Tier.SAFE,
                fix=partial(_fix, source, node),
                hint="use asyncio.get_running_loop()",
            )


def _has_none(project: Project, source: Source, node: ast.ClassDef) -> bool:
    """Tell whether no class that a class derives from has the attribute, as far as files show."""
    kin = project.code.lineage.kin_at(source.file, node.lineno)
    if kin is None:
        return False
    files = {file for file, _ in kin.classes}
    return (
        bool(kin.others)
        and ISOLATED_CASES.issuperset(kin.others)
        and not any(_SETS.search(project.tree.read(file) or b"") for file in files)
    )


def _fix(source: Source, node: ast.ClassDef) -> tuple[Edit, ...]:
    return tuple(dict.fromkeys(running(source, node)))


RULE = Rule(
    code="AT930",
    name="isolated-case-loop",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    visit=_visit,
    words=rb"self\.loop\b",
    where=Where.TESTS,
    suspects=re.compile(rb"IsolatedAsyncioTestCase").search,
    expects=("AttributeError",),
)
