"""AT405: a lock file that is out of date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.dependencies import bounds
from async_test_template.dependencies.compiled import LOCK_FILES
from async_test_template.dependencies.lacking import LOCKS, lacking
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.dependencies.model import Dependencies
    from async_test_template.project import Project


_TARGET = (1, 5)


def _check(project: Project) -> Iterator[Finding]:
    dependencies = project.dependencies
    for file, held in dependencies.locked.items():
        notations, _ = LOCKS[file]
        old: list[tuple[str, str]] = []
        for name, versions in held.items():
            version = max(versions, key=bounds.release)
            # A declaration can hold for some Pythons, and another one for the rest.
            asked = [
                d
                for d in dependencies.written(name)
                if d.home.notation in notations and not d.conditional
            ]
            bounds_ = [bounds.lowest(d.specifier) for d in asked]
            needed = max((bound for bound in bounds_ if bound), default=None)
            if needed and bounds.release(version) < needed:
                old.append((name, version))
        if old:
            (name, version), *others = old
            more = " and ".join(other for other, _ in others)
            verb = "and so are" if len(others) > 1 else "and so is"
            yield Finding(
                RULE.code,
                f"{file} has {name} {version}, which is older than declared"
                + (f", {verb} {more}" if others else ""),
                file,
                hint=f"run: {LOCK_FILES[file].format(name=name)}",
            )
    yield from _compiled_before(dependencies)
    for lack in lacking(dependencies):
        yield Finding(
            RULE.code,
            f"{lack.file} lacks {' and '.join(lack.names)}, which {lack.declared_in} declares",
            lack.file,
            hint=f"run: {lack.command}",
        )


def _compiled_before(dependencies: Dependencies) -> Iterator[Finding]:
    """Yield one finding for the compiled files with an old pytest-asyncio: one source has it."""
    behind = [
        declaration
        for declaration in dependencies.of("pytest-asyncio")
        if declaration.home.compiled_by and not bounds.reaches(declaration.specifier, _TARGET)
    ]
    if behind:
        first, *others = behind
        more = f", and so have {len(others)} more" if others else ""
        yield Finding(
            RULE.code,
            f"{first.file} is compiled and has {first.text}{more}",
            first.file,
            first.line,
            first.column,
            hint=f"run: {first.home.compiled_by} --upgrade-package pytest-asyncio",
            # It has what is declared: nothing is wrong, only old.
            severity=Severity.ADVICE,
        )


RULE = Rule(
    code="AT405",
    name="lock-file-behind",
    severity=Severity.WARNING,
    tier=Tier.REPORT,
    check=_check,
)
