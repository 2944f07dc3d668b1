"""AT202: `[pytest]` in setup.cfg."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.config import ini
from async_test_template.findings import Change, Finding, Severity, Tier
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    for configuration in (project.in_force.configuration, *project.in_force.shadowed):
        if configuration is None or configuration.refusal != "[pytest] in setup.cfg":
            continue
        file = project.relative(configuration.path)
        if not project.holds(configuration.path):
            continue
        line, column = ini.locate(project.tree.text(file) or "", "pytest")
        yield Finding(
            RULE.code,
            "in setup.cfg, pytest requires the section name [tool:pytest]",
            file,
            line,
            column,
            tier=Tier.SAFE,
            edits=(Change(file, "rename-section", ("pytest",), "tool:pytest"),),
        )


RULE = Rule(
    code="AT202",
    name="pytest-section-in-setup-cfg",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    check=_check,
    only_with=("[pytest] in setup.cfg",),
    libraries=("pytest",),
)
