"""AT117: `--anyio-backends` and `anyio_backends`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.facts import CODE
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    if settings.option("--anyio-backends") is not None:
        yield settings.finding(
            RULE.code, "AnyIO no longer has the option --anyio-backends", "addopts", hint=_HINT
        )
    for module in project.code.modules:
        for line, column in module.anyio_backends:
            yield Finding(
                RULE.code,
                "AnyIO ignores the name anyio_backends",
                module.file,
                line,
                column,
                hint=_HINT,
            )


_HINT = "write a fixture anyio_backend with params in the top conftest.py"

RULE = Rule(
    code="AT117",
    name="anyio-backends-removed",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
    about="anyio",
    check=_check,
    only_with=(CODE, "--anyio-backends"),
)
