"""AT404: dependencies that newer versions have made unnecessary."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.dependencies.declaration import Declaration
    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    dependencies = project.dependencies
    for declaration in dependencies.written("asynctest"):
        if declaration.conditional:
            continue  # It may be for the Pythons that still can.
        yield _finding(
            declaration,
            "asynctest cannot be imported on Python 3.11 and later",
            "use unittest.mock.AsyncMock",
        )
    if dependencies.at_least("pytest", "9"):
        for declaration in dependencies.written("pytest-subtests"):
            yield _finding(declaration, "pytest 9 has subtests itself", "remove pytest-subtests")
    for package, module in (("async-timeout", b"async_timeout"), ("mock", b"mock")):
        declared = dependencies.written(package)
        if declared and not _imported(project, module):
            for declaration in declared:
                yield _finding(declaration, f"no code imports {package}", f"remove {package}")


def _finding(declaration: Declaration, message: str, hint: str) -> Finding:
    return Finding(
        RULE.code,
        message,
        declaration.file,
        declaration.line,
        declaration.column,
        hint=hint,
    )


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
