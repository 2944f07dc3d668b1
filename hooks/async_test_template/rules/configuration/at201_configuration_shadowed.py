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
            f"pytest ignores this configuration ({options}), because "
            f"{project.relative(winner.path)} is in force",
            file,
            line,
            column,
            hint="move the settings that you want to the file in force, and delete the rest",
            severity=Severity.ADVICE if _says_the_same(shadowed, winner) else None,
        )


def _says_the_same(shadowed: Configuration, winner: Configuration) -> bool:
    """Tell whether the file in force has each setting too, with the same value."""
    return bool(shadowed.options) and all(
        name in winner.options and _words(winner.options[name]) == _words(value)
        for name, value in shadowed.options.items()
    )


def _words(value: object) -> list[str]:
    """Return a value as an INI file has it, in words."""
    lines = value if isinstance(value, list) else [value]
    return " ".join(str(line) for line in lines).lower().split()


def _place(text: str, shadowed: Configuration) -> tuple[int, int]:
    try:
        if shadowed.holder == "ini":
            return ini.locate(text, shadowed.table[0])
        from async_test_template.config.toml import edits as toml

        return toml.locate(text, shadowed.table)
    except KeyError:
        # A file with a name of pytest's own also counts without its table.
        return 1, 1


RULE = Rule(
    code="AT201",
    name="configuration-shadowed",
    severity=Severity.ERROR,
    tier=Tier.REPORT,
    check=_check,
)
