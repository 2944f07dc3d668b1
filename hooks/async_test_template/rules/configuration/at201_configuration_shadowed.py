"""AT201: configuration files that pytest ignores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.config import ini
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.config.in_force import Configuration
    from async_test_template.project import Project


def _check(project: Project) -> Iterator[Finding]:
    winner = project.in_force.configuration
    for shadowed in project.in_force.shadowed:
        if winner is None or shadowed.refusal is not None:
            continue
        options = ", ".join(shadowed.options) or "nothing"
        file = project.relative(shadowed.path)
        line, column = _place(project.tree.text(file) or "", shadowed)
        yield Finding(
            RULE.code,
            f"pytest ignores this configuration ({options}), for "
            f"{project.relative(winner.path)} is in force",
            file,
            line,
            column,
            hint="move what is still wanted to the file in force and delete the rest",
        )


def _place(text: str, shadowed: Configuration) -> tuple[int, int]:
    try:
        if shadowed.holder == "ini":
            return ini.locate(text, shadowed.table[0])
        from async_test_template.config.toml import edits as toml

        return toml.locate(text, shadowed.table)
    except KeyError:
        # A file of pytest's own counts without its table, too.
        return 1, 1


RULE = Rule(
    code="AT201",
    name="configuration-shadowed",
    title="A configuration file is shadowed by another one",
    why=(
        "pytest reads one file only, the first of pytest.toml, .pytest.toml, pytest.ini, "
        ".pytest.ini, pyproject.toml, tox.ini and setup.cfg. The four of its own name win even "
        "when they are empty."
    ),
    since="pytest, always; it says so in its header since 9.0, which added pytest.toml",
    source=(
        "[pytest 9.2, configuration](https://docs.pytest.org/en/stable/reference/customize.html)"
    ),
    severity=Severity.ERROR,
    because="The file looks as if it counted, and does not.",
    tier=Tier.REPORT,
    check=_check,
)
