"""AT404: dependencies that newer versions have made unnecessary."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from async_test_template.dependencies.declaration import Declaration
    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    dependencies = project.dependencies
    # One with a marker may be for the Pythons that still can.
    yield from _findings(
        [d for d in dependencies.written("asynctest") if not d.conditional],
        "asynctest cannot be imported on Python 3.11 and later",
        "use unittest.mock.AsyncMock",
    )
    if dependencies.at_least("pytest", "9"):
        yield from _findings(
            dependencies.written("pytest-subtests"),
            "pytest 9 has subtests itself",
            "remove pytest-subtests",
        )
    for package, module in (("async-timeout", b"async_timeout"), ("mock", b"mock")):
        declared = dependencies.written(package)
        if declared and not _imported(project, module):
            yield from _findings(declared, f"no code imports {package}", f"remove {package}")


def _findings(declared: Iterable[Declaration], message: str, hint: str) -> Iterator[Finding]:
    """Yield one finding for each file, at the first of its lines that declare the package."""
    for file, inside in groupby(declared, lambda declaration: declaration.file):
        first, *others = inside
        more = f" (declared {len(others)} more times in this file)" if others else ""
        yield Finding(RULE.code, message + more, file, first.line, first.column, hint=hint)


def _imported(project: Project, module: bytes) -> bool:
    name = rb"(?:lazy[ \t]+)?(?:from|import(?:[^#\n]*,)?)[ \t]*\b" + module + rb"\b"
    by_name = rb"(?:importorskip|import_module|__import__)\([ \t]*[\"']" + module + rb"\b"
    statement = re.compile(rb"^[ \t]*" + name + rb"|" + by_name, re.MULTILINE)
    return any(True for _ in project.reader.mentioning(statement, (module,)))


RULE = Rule(
    code="AT404",
    name="dependency-superseded",
    severity=Severity.ADVICE,
    tier=Tier.REPORT,
    check=_check,
)
