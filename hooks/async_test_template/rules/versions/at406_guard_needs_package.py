"""AT406: packages that the template's files need and no dependency installs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.facts import CODE
from async_test_template.rules.guard import contract_of, guard_of
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


_PLUGINS = {"asyncio": ("pytest-asyncio", "1.5"), "anyio": ("anyio", "4.12")}


def _check(project: Project) -> Iterator[Finding]:
    for file, name, version in _needed(project):
        if project.dependencies.is_mentioned(name):
            continue
        # Imported here: most repositories have none of these files.
        from async_test_template.dependencies.install import how_to_declare

        edits = project.dependencies.added(name, version)
        yield Finding(
            RULE.code,
            f"{file} needs {name}, and nothing declares it",
            file,
            tier=Tier.SAFE,
            edits=edits,
            hint="" if edits else how_to_declare(project.dependencies, name, version),
        )


def _needed(project: Project) -> Iterator[tuple[str, str, str]]:
    """Yield each package that the template's files need, with the file and the version."""
    guard = guard_of(project)
    if guard is not None:
        yield guard, "pytest-timeout", "2.4"
    contract = contract_of(project)
    if contract is not None and project.desired.guard == "package":
        yield contract, "pytest-async-guard", "1"
    if contract is not None and project.desired.backend in _PLUGINS:
        yield (contract, *_PLUGINS[project.desired.backend])


RULE = Rule(
    code="AT406",
    name="guard-needs-package",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    check=_check,
    only_with=(CODE,),
)
