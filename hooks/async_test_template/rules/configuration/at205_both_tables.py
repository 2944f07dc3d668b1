"""AT205: `[tool.pytest]` and `[tool.pytest.ini_options]` in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Change, Finding, Severity, Tier
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


_TABLE = ("tool", "pytest")


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    if settings.refusal != "both tables" or settings.file != "pyproject.toml":
        return
    table = project.tree.toml(settings.file)["tool"]["pytest"]
    ini_options = table["ini_options"]
    native = {name: value for name, value in table.items() if name != "ini_options"}
    apart = [n for n, value in native.items() if ini_options.get(n, value) != value]
    foreign = [n for n, value in native.items() if isinstance(value, dict)]
    edits: list[Change] = []
    for name, value in native.items():
        if name not in ini_options:
            edits.append(Change(settings.file, "set", (*_TABLE, "ini_options", name), value))
        edits.append(Change(settings.file, "delete", (*_TABLE, name)))
    from async_test_template.config.toml import edits as toml

    hint = f"they differ in {', '.join(apart)}" if apart else ""
    if foreign:
        # No setting of pytest is a table.
        hint = f"give [tool.pytest.{foreign[0]}], which is not pytest's, another name"
    line, column = toml.locate(settings.text, (*_TABLE, next(iter(native))))
    yield Finding(
        RULE.code,
        "pytest refuses [tool.pytest] together with [tool.pytest.ini_options]",
        settings.file,
        line,
        column,
        tier=Tier.REPORT if hint else Tier.UNSAFE,
        edits=() if hint else tuple(edits),
        hint=hint,
    )


RULE = Rule(
    code="AT205",
    name="both-tables",
    severity=Severity.ERROR,
    tier=Tier.UNSAFE,
    check=_check,
    only_with=("both tables",),
    # Older versions never read the first table: after merging, untried settings take effect.
    needs=(("pytest", "9"),),
)
