"""AT201: configuration files that pytest ignores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.config import ini
from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.facts import SHADOWED
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.config.in_force import Configuration
    from async_test_template.project import Project

#: What pytest does without the setting.
_DEFAULTS = {
    "python_classes": (["test"], ["test*"]),
    "python_files": (["test_*.py"], ["test_*.py", "*_test.py"]),
    "python_functions": (["test"], ["test*"], ["test_*"]),
}


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
            severity=Severity.ADVICE if _says_the_same(project, shadowed, winner) else None,
        )


def _says_the_same(project: Project, shadowed: Configuration, winner: Configuration) -> bool:
    """Tell whether each setting is in the file in force too, or would change nothing there."""
    in_force = {_spelt(name): _words(value) for name, value in winner.options.items()}
    return bool(shadowed.options) and all(
        in_force.get(_spelt(name)) == _words(value)
        or (_spelt(name) not in in_force and _changes_nothing(project, name, _words(value)))
        for name, value in shadowed.options.items()
    )


def _spelt(name: str) -> str:
    return name.replace("-", "_")


def _changes_nothing(project: Project, name: str, words: list[str]) -> bool:
    """Tell whether pytest does the same without a setting."""
    if name != "testpaths":
        return words in _DEFAULTS.get(name, ())
    folders = tuple(f"{word.strip('./')}/" for word in words)
    tests = filter(project.reader.is_test_file, project.tree.disk.python_files)
    return all(file.lower().startswith(folders) for file in tests)


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
    only_with=(SHADOWED,),
)
