"""AT829: the loop of the task of Starlette's TestClient."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.rule import Rule, Where
from async_test_template.source.nodes import last_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source

_WITH_CLIENT = re.compile(rb"TestClient|client\.task\.").search


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    if not _WITH_CLIENT(source.data):
        return
    for call, method in source.method_calls("get_loop"):
        task = method.value
        if (
            isinstance(task, ast.Attribute)
            and task.attr == "task"
            and last_name(task.value).endswith(("client", "Client"))
        ):
            client = source.text(task.value)
            yield code_finding(
                RULE.code,
                source,
                call,
                f"the task of {client} has no loop",
                hint=f"call what ran in this loop with {client}.portal.call(function), without a "
                "fixture for the loop",
            )


RULE = Rule(
    code="AT829",
    name="test-client-loop",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
    visit=_visit,
    words=rb"get_loop",
    where=Where.TESTS,
    suspects=re.compile(rb"\.task\.get_loop\(").search,
    alone=True,
    expects=("AttributeError",),
    libraries=("starlette",),
    broken_since=(("starlette", "0.15"),),
)
