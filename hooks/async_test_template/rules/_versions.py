"""Findings on settings that need a newer version than a repository declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.dependencies.compiled import LOCK_FILES
from async_test_template.findings import Finding, Tier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


def bound_finding(
    project: Project, code: str, name: str, package: str, version: str
) -> Iterator[Finding]:
    """Yield a finding at an option when a declared bound or the lock file allows less.

    The fix raises the bounds; it is unsafe, for it changes what others install.
    """
    dependencies = project.dependencies
    if not dependencies.may_be_below(package, version):
        return
    edits = dependencies.raised(package, version)
    yield project.settings.finding(
        code,
        f"{name} = {project.settings.text_of(name)} needs {package} >= {version}, "
        "and the repository allows older ones",
        name,
        tier=Tier.UNSAFE if edits else Tier.REPORT,
        edits=edits or (),
        hint=_lock_command(project, package) or f"require {package} >= {version}",
    )


def _lock_command(project: Project, package: str) -> str:
    for file, held in project.dependencies.locked.items():
        if package in held:
            return f"run: {LOCK_FILES[file].format(name=package)}"
    return ""
