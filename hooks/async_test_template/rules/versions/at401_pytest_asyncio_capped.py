"""AT401: a pytest-asyncio that is kept back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.dependencies import bounds
from async_test_template.dependencies.releases import pytest_for
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.modes._versions import plugin_wanted, raised_with
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.dependencies.declaration import Declaration
    from async_test_template.findings import Edit
    from async_test_template.project import Project


_NAME = "pytest-asyncio"
#: Without a bound, a lock file from before this release still holds what nobody installs anew.
_MAJOR = "1"


def _check(project: Project) -> Iterator[Finding]:
    target = plugin_wanted(project)
    capped = project.dependencies.below(_NAME, target)
    for declaration in capped or _locked(project, target):
        edits, hint = _fix(project, declaration, target)
        what = f"{declaration.text} ({declaration.home.label})" if capped else "the lock file"
        yield Finding(
            RULE.code,
            f"{what} keeps pytest-asyncio below {target}",
            declaration.file,
            declaration.line,
            declaration.column,
            tier=Tier.UNSAFE,
            edits=edits,
            hint="" if edits else hint,
        )


def _locked(project: Project, target: str) -> list[Declaration]:
    """Return the declarations that allow a version, where a lock file of long ago does not."""
    dependencies = project.dependencies
    locked = dependencies.lock_of(_NAME)
    if locked is None or any(
        bounds.at_least(bounds.release(locked), version) for version in (_MAJOR, target)
    ):
        return []
    return [d for d in dependencies.of(_NAME) if not d.home.compiled_by]


def _fix(project: Project, declaration: Declaration, target: str) -> tuple[tuple[Edit, ...], str]:
    """Return the edits that raise it and its pytest, or a sentence that says why not."""
    if not project.dependencies.fits_python(_NAME, target):
        return (), "pytest-asyncio 1.5 needs Python 3.10; raise requires-python first"
    edit = declaration.require(bounds.raised(declaration.specifier, target))
    if edit is None:
        return (), declaration.why_not
    pytest = pytest_for(_NAME, bounds.release(target)) or "8.4"
    more, why_not = raised_with(project, "pytest", pytest)
    return () if why_not else (edit, *more), why_not


RULE = Rule(
    code="AT401",
    name="pytest-asyncio-capped",
    severity=Severity.ADVICE,
    tier=Tier.UNSAFE,
    check=_check,
    follows=("AT108", "AT109"),
)
