"""AT211: a filter for a warning that pytest has removed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


_REMOVED_IN = {
    "PytestRemovedIn8Warning": "8.1",
    "PytestRemovedIn9Warning": "9.1",
    "PytestUnhandledCoroutineWarning": "8.4",
}
_CLASS = r"pytest\.(PytestRemovedIn[89]Warning|PytestUnhandledCoroutineWarning)\b"


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    lines = settings.lines_of("filterwarnings")
    dead = [index for index, line in enumerate(lines) if _gone(project, line)]
    if dead:
        names = ", ".join(sorted({_class_of(lines[index]) for index in dead}))
        edits = (
            (settings.delete("filterwarnings"),)
            if len(dead) == len(lines)
            else settings.without_entries("filterwarnings", dead)
        )
        needed = any(_is_there(project, lines[index]) for index in dead)
        yield settings.finding(
            RULE.code,
            f"pytest no longer has {names}",
            "filterwarnings",
            index=dead[0],
            tier=Tier.REPORT if needed else Tier.SAFE,
            edits=() if needed else edits,
            hint="older versions that the repository allows have it" if needed else "",
        )
    for option in settings.addopts:
        if _gone(project, option.text):
            yield settings.finding(
                RULE.code,
                f"pytest no longer has {_class_of(option.text)}, which addopts filters",
                "addopts",
                hint="remove the -W option",
            )


def _class_of(line: str) -> str:
    match = re.search(_CLASS, line)
    return match[1] if match else ""


def _gone(project: Project, line: str) -> bool:
    """Tell whether a pytest may be installed that has removed the class in this filter."""
    removed = _REMOVED_IN.get(_class_of(line))
    if removed is None:
        return False
    return project.dependencies.may_reach("pytest", removed)


def _is_there(project: Project, line: str) -> bool:
    """Tell whether a pytest may be installed as well that has the class and needs the filter."""
    return project.dependencies.allows_below("pytest", _REMOVED_IN[_class_of(line)])


RULE = Rule(
    code="AT211",
    name="filter-of-removed-warning",
    severity=Severity.ERROR,
    tier=Tier.SAFE,
    check=_check,
    only_with=("filterwarnings", "addopts"),
)
