"""AT607: `@pytest.mark.asyncio` on a test that is not async."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, decorators
from async_test_template.rules.premises.mark_readers import selects_by
from async_test_template.rules.rule import Rule
from async_test_template.source import changes
from async_test_template.source.items import Test

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.source.source import Function, Source


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    inherited: dict[tuple[int, int], list[str]] = {}
    for line, function in sorted(source.functions.items()):
        item = source.items.get(line)
        # Another decorator may turn the result of the call into a coroutine. A generator was one.
        if not isinstance(item, Test) or item.is_async or item.wrapped:
            continue
        if function in source.generators:
            continue
        own = list(decorators(source, function, "pytest.mark.asyncio"))
        closest = item.mark("asyncio")
        if not own and closest is not None and not item.in_unittest:
            inherited.setdefault((closest.line, closest.column), []).append(item.name)
        for mark in own:
            yield code_finding(
                RULE.code,
                source,
                mark,
                f"{function.name} is not async and has the mark asyncio",
                tier=_tier(project, source, function),
                fix=partial(_fix, source, mark),
                hint="remove the mark",
            )
    for (line, column), names in inherited.items():
        more = f" and {len(names) - 1} more tests" if len(names) > 1 else ""
        which = "which are" if more else "which is"
        yield Finding(
            RULE.code,
            f"the mark asyncio applies to {names[0]}{more}, {which} not async",
            source.file,
            line,
            column,
            hint="give the mark only to the async tests",
        )


def _tier(project: Project, source: Source, function: Function) -> Tier:
    """Tell whether the mark has no effect here.

    It may select the test, and pytest-asyncio below 0.23 awaits what a marked function returns.
    """
    returns = any(
        node.value is not None and source.scope(node) is function
        for node in source.nodes.of(ast.Return)
    )
    return Tier.REPORT if returns or selects_by(project, "asyncio") else Tier.SAFE


def _fix(source: Source, mark: ast.expr) -> tuple[Edit, ...]:
    return (changes.remove_decorator(source, mark),)


RULE = Rule(
    code="AT607",
    name="mark-on-sync-function",
    severity=Severity.WARNING,
    tier=Tier.SAFE,
    about="pytest-asyncio",
    visit=_visit,
    words=rb"asyncio",
    alone=True,
    mark="asyncio",
    gives_loop=True,
)
