"""AT214: a byte order mark in a TOML file that pytest reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    for configuration in (project.in_force.configuration, *project.in_force.shadowed):
        if configuration is not None and configuration.refusal == "byte order mark":
            yield Finding(
                RULE.code,
                "pytest cannot read a TOML file that begins with a byte order mark",
                project.relative(configuration.path),
                hint="save the file as UTF-8 without a byte order mark",
            )


RULE = Rule(
    code="AT214",
    name="byte-order-mark",
    title="A TOML file begins with a byte order mark",
    why=(
        "Python's tomllib does not pass over the mark. Whether another tool needs it is not for "
        "this program to say. (Files that are no TOML or INI at all, say with a key twice, end "
        "the run with status 2 and the place.)"
    ),
    since="pytest 6.0, where it learnt to read TOML",
    source=(
        "[pytest 9.2.0, findpaths.py]"
        "(https://github.com/pytest-dev/pytest/blob/9.2.0/src/_pytest/config/findpaths.py)"
    ),
    severity=Severity.ERROR,
    because="pytest exits with status 4 before any test.",
    tier=Tier.REPORT,
    check=_check,
)
