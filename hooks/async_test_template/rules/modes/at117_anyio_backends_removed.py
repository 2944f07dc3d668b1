"""AT117: `--anyio-backends` and `anyio_backends`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Tier
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    if settings.option("--anyio-backends") is not None:
        yield settings.finding(
            RULE.code, "anyio has no option --anyio-backends any more", "addopts", hint=_HINT
        )
    for module in project.code.modules:
        for line, column in module.anyio_backends:
            yield Finding(
                RULE.code,
                "anyio ignores the name anyio_backends",
                module.file,
                line,
                column,
                hint=_HINT,
            )


_HINT = "write a fixture anyio_backend with params in the top conftest.py"

RULE = Rule(
    code="AT117",
    name="anyio-backends-removed",
    title="anyio's backends are chosen by a fixture",
    why="The option is unrecognised (exit status 4); the name is ignored without a word.",
    since="anyio 2 and 3",
    tier=Tier.REPORT,
    about="anyio",
    check=_check,
)
