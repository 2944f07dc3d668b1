"""AT120: markers that a plugin registers itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.findings import Finding, Severity, Tier
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.project import Project


_OWNERS = {"asyncio": "pytest-asyncio", "anyio": "anyio", "timeout": "pytest-timeout"}


def _check(project: Project) -> Iterator[Finding]:
    settings = project.settings
    lines = settings.lines_of("markers")
    twice = {
        index: owner
        for index, line in enumerate(lines)
        if (owner := _OWNERS.get(re.split("[:(]", line)[0].strip()))
        and project.dependencies.has(owner)
    }
    if not twice:
        return
    first = next(iter(twice))
    yield settings.finding(
        RULE.code,
        f"{', '.join(dict.fromkeys(twice.values()))} registers its marker itself",
        "markers",
        index=first,
        tier=Tier.SAFE,
        edits=(
            (settings.delete("markers"),)
            if len(twice) == len(lines)
            else settings.without_entries("markers", list(twice))
        ),
    )


RULE = Rule(
    code="AT120",
    name="marker-registered-twice",
    severity=Severity.ADVICE,
    tier=Tier.SAFE,
    check=_check,
    only_with=("markers",),
    optional=True,
)
