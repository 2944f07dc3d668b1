"""AT402: a pytest that is kept back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.dependencies import bounds
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.modes._versions import pytest_wanted, raised_with, tied_to_pytest
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.dependencies.declaration import Declaration
    from async_test_template.findings import Edit
    from async_test_template.project import Project


_NEEDS_PYTHON = (3, 10)
#: The first pytest-asyncio that works with a pytest.
_PLUGINS = {"7": "0.21", "8.2": "0.24", "8.4": "0.24", "9": "1.3"}


def _check(project: Project) -> Iterator[Finding]:
    for declaration in project.dependencies.below("pytest", "9"):
        if not project.uses_asyncio_plugin:
            continue
        edits, hint = _fix(project, declaration)
        yield Finding(
            RULE.code,
            f"{declaration.text} ({declaration.home.label}) keeps pytest below 9",
            declaration.file,
            declaration.line,
            declaration.column,
            tier=Tier.UNSAFE,
            edits=edits,
            hint="" if edits else hint,
        )


def _fix(project: Project, declaration: Declaration) -> tuple[tuple[Edit, ...], str]:
    """Return the edits that raise it and its plugin, or a sentence that says why not."""
    floor, wanted = project.dependencies.python_kept, pytest_wanted(project)
    least = wanted if floor is not None and floor < _NEEDS_PYTHON else "8.4"
    is_old = not bounds.reaches(declaration.specifier, bounds.release(least))
    if floor is not None and floor < _NEEDS_PYTHON:
        is_old = is_old and project.dependencies.fits_python("pytest", wanted)
        if not is_old:
            return (), "pytest 9 needs Python 3.10; raise requires-python first"
    if not is_old:
        return (), declaration.why_not or "pytest 9 is released"
    edit = declaration.require(bounds.raised(declaration.specifier, wanted))
    if edit is None:
        return (), declaration.why_not
    tied = tied_to_pytest(project)
    if tied:
        return (), tied
    more, why_not = raised_with(project, "pytest-asyncio", _PLUGINS[wanted])
    return () if why_not else (edit, *more), why_not


RULE = Rule(
    code="AT402",
    name="pytest-capped",
    severity=Severity.ADVICE,
    tier=Tier.UNSAFE,
    check=_check,
    follows=("AT204",),
)
