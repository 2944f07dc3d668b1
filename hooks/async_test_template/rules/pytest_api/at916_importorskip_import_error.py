"""AT916: `pytest.importorskip` of a module that is installed and fails to import."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.on_code import code_finding, has_stars, keyword
from async_test_template.rules.rule import Rule, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project
    from async_test_template.source.source import Source


def _visit(_project: Project, source: Source) -> Iterator[Finding]:
    for call in source.calls("pytest.importorskip"):
        if keyword(call, "exc_type") is None and not has_stars(call):
            yield code_finding(
                RULE.code,
                source,
                call,
                "importorskip skips only if the module does not exist",
                hint="pass exc_type=ImportError if a module that fails to import should skip too",
            )


RULE = Rule(
    code="AT916",
    name="importorskip-import-error",
    severity=Severity.ADVICE,
    tier=Tier.REPORT,
    visit=_visit,
    words=rb"importorskip",
    where=Where.TESTS,
    alone=True,
    optional=True,
    expects=("ImportError", "DeprecationWarning"),
    libraries=("pytest",),
)
