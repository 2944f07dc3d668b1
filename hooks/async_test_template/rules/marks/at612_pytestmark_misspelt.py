"""AT612: marks that are assigned to a name like `pytestmarks`."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING

from async_test_template.errors import EditError
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.misspelt_marks import WORDS, misspelt_marks
from async_test_template.rules.on_code import code_finding
from async_test_template.rules.rule import Rule
from async_test_template.rules.runners import unrun
from async_test_template.rules.which_loop import may_be_auto
from async_test_template.source import changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Edit
    from async_test_template.project import Project
    from async_test_template.rules.misspelt_marks import Misspelt
    from async_test_template.source.items import Test
    from async_test_template.source.source import Source


def _visit(project: Project, source: Source) -> Iterator[Finding]:
    for found in misspelt_marks(project, source.file):
        tests = [test for test in project.code.by_file[source.file].tests if found.is_for(test)]
        if tests:
            yield _finding(project, source, found, tests)


def _finding(project: Project, source: Source, found: Misspelt, tests: list[Test]) -> Finding:
    """Say what the marks would do: run the tests, choose their loop, or nothing."""
    lost = [test for test in tests if (test.file, test.line) in _unrun(project)]
    moved = [] if lost or not may_be_auto(project) else _moved(found, tests)
    name = found.target.id
    if lost or moved:
        first, *others = lost or moved
        more = f" and {len(others)} more" if others else ""
        says = (
            f"nothing runs {first.name}{more}"
            if lost
            else f"{first.name}{more} get{'' if more else 's'} no loop scope"
        )
        told = f"pytest reads pytestmark and not {name}, so {says}"
        finding = code_finding(
            RULE.code,
            source,
            found.target,
            told,
            tier=Tier.UNSAFE,
            fix=partial(_fix, source, found),
        )
        return finding._replace(severity=Severity.ERROR) if lost else finding
    told = f"pytest reads pytestmark and not {name}, which marks nothing"
    hint = "something else runs the tests: remove it, unless the mark is meant"
    return code_finding(RULE.code, source, found.target, told, hint=hint)._replace(
        severity=Severity.ADVICE
    )


# Only one project is used at a time, and each file with such a name asks.
@lru_cache(maxsize=1)
def _unrun(project: Project) -> frozenset[tuple[str, int]]:
    return frozenset((test.file, test.line) for test in unrun(project))


def _moved(found: Misspelt, tests: list[Test]) -> list[Test]:
    """Return the tests for which the mark would choose another loop than they run in."""
    chooses = any(mark.name == "asyncio" and mark.loop_scope for mark in found.marks)
    return [t for t in tests if chooses and not (t.mark("asyncio") or t.mark("anyio"))]


def _fix(source: Source, found: Misspelt) -> tuple[Edit, ...]:
    if found.has_right_one:
        raise EditError("pytestmark is there as well")
    return (changes.replace_node(source, found.target, "pytestmark"),)


RULE = Rule(
    code="AT612",
    name="pytestmark-misspelt",
    severity=Severity.WARNING,
    tier=Tier.UNSAFE,
    visit=_visit,
    words=WORDS,
)
