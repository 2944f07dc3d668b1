"""AT405: a lock file that is out of date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.dependencies import bounds
from async_test_template.dependencies.compiled import LOCK_FILES
from async_test_template.dependencies.lacking import lacking
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


_TARGET = (1, 5)


def _check(project: Project) -> Iterator[Finding]:
    dependencies = project.dependencies
    for file, held in dependencies.locked.items():
        for name, versions in held.items():
            version = max(versions, key=bounds.release)
            # A declaration can hold for some Pythons, and another one for the rest.
            asked = [d for d in dependencies.written(name) if not d.conditional]
            bounds_ = [bounds.lowest(d.specifier) for d in asked]
            needed = max((bound for bound in bounds_ if bound), default=None)
            if needed and bounds.release(version) < needed:
                yield Finding(
                    RULE.code,
                    f"{file} has {name} {version}, which is older than declared",
                    file,
                    hint=f"run: {LOCK_FILES[file].format(name=name)}",
                )
    for declaration in dependencies.of("pytest-asyncio"):
        command = declaration.home.compiled_by
        if command and not bounds.reaches(declaration.specifier, _TARGET):
            yield Finding(
                RULE.code,
                f"{declaration.file} is compiled and has {declaration.text}",
                declaration.file,
                declaration.line,
                declaration.column,
                hint=f"run: {command} --upgrade-package pytest-asyncio",
            )
    for lack in lacking(dependencies, project.root):
        yield Finding(
            RULE.code,
            f"{lack.file} lacks {' and '.join(lack.names)}, which {lack.declared_in} declares",
            lack.file,
            hint=f"run: {lack.command}",
        )


RULE = Rule(
    code="AT405",
    name="lock-file-behind",
    severity=Severity.WARNING,
    tier=Tier.REPORT,
    check=_check,
)
