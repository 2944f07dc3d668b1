"""AT203: `[tool:pytest]` outside of setup.cfg."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.config import ini
from async_test_template.findings import Change, Finding, Severity, Tier
from async_test_template.rules.by_hand import comes_into_force
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from async_test_template.project import Project


_HARMLESS = r"asyncio_(?:mode|default_\w+|debug)$|anyio_mode$|markers$|cache_dir$"
_FILES = ("pytest.ini", ".pytest.ini", "tox.ini")


def _check(project: Project) -> Iterator[Finding]:
    for file in _FILES:
        sections = project.tree.ini(file)
        if "tool:pytest" not in sections:
            continue
        line, column = ini.locate(project.tree.text(file) or "", "tool:pytest")
        free = "pytest" not in sections
        hint = "" if free else "there is a [pytest] section too; merge the two"
        if free and not _is_harmless(project, file, sections["tool:pytest"]):
            free = False
            hint = "renaming it changes what runs: move the settings that you want by hand"
        yield Finding(
            RULE.code,
            f"pytest ignores [tool:pytest] in {file}; the name is [pytest] there",
            file,
            line,
            column,
            tier=Tier.UNSAFE if free else Tier.REPORT,
            edits=(Change(file, "rename-section", ("tool:pytest",), "pytest"),) if free else (),
            hint=hint,
        )


def _is_harmless(project: Project, file: str, options: Iterable[str]) -> bool:
    """Tell whether tests that pass today still pass after the section is renamed.

    It must not take precedence over another configuration, choose tests, or add strictness.
    """
    winner = project.in_force.configuration
    is_free = winner is None or project.relative(winner.path) == file
    return is_free and all(
        re.match(_HARMLESS, option) and not comes_into_force(project, option) for option in options
    )


RULE = Rule(
    code="AT203",
    name="setup-cfg-section-elsewhere",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    check=_check,
    libraries=("pytest",),
)
