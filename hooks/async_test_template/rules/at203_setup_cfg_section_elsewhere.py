"""AT203: `[tool:pytest]` outside of setup.cfg."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.config import ini
from async_test_template.findings import Edit, Example, Finding, Rule, Tier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


_FILES = ("pytest.ini", ".pytest.ini", "tox.ini")


def _check(project: Project) -> Iterator[Finding]:
    for file in _FILES:
        sections = project.tree.ini(file)
        if "tool:pytest" not in sections:
            continue
        line, column = ini.locate(project.tree.text(file) or "", "tool:pytest")
        free = "pytest" not in sections
        yield Finding(
            RULE.code,
            f"pytest ignores [tool:pytest] in {file}; the section is called [pytest] there",
            file,
            line,
            column,
            tier=Tier.UNSAFE if free else Tier.REPORT,
            edits=(Edit(file, "rename-section", ("tool:pytest",), "pytest"),) if free else (),
            hint="" if free else "there is a [pytest] too; merge the two",
        )


RULE = Rule(
    code="AT203",
    name="setup-cfg-section-elsewhere",
    title="`[tool:pytest]` stands outside of setup.cfg",
    why="Its settings are ignored without a word. Renaming the section makes them count.",
    since="pytest, always",
    tier=Tier.UNSAFE,
    check=_check,
    invalid=(
        Example(
            before={"pytest.ini": "[tool:pytest]\nasyncio_mode = auto\n"},
            after={"pytest.ini": "[pytest]\nasyncio_mode = auto\n"},
            tier=Tier.UNSAFE,
        ),
        Example(before={"tox.ini": "[pytest]\n\n[tool:pytest]\nasyncio_mode = auto\n"}),
    ),
    valid=({"setup.cfg": "[tool:pytest]\nasyncio_mode = auto\n"},),
)
