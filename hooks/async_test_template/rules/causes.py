"""Findings that follow from others, so that one cause is told once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.rules import load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from async_test_template.findings import Finding


def folded(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings, each that follows from another one inside of that one."""
    under: dict[int, list[Finding]] = {}
    follow: set[int] = set()
    by_code: dict[str, list[int]] = {}
    for number, finding in enumerate(findings):
        by_code.setdefault(finding.code, []).append(number)
    for number, finding in enumerate(findings):
        for code in load(finding.code).follows:
            cause = next(
                (n for n in by_code.get(code, ()) if _explains(findings[n], finding)), None
            )
            if cause is not None:
                under.setdefault(cause, []).append(finding)
                follow.add(number)
                break
    return [
        finding._replace(follow=tuple(under.get(number, ())))
        for number, finding in enumerate(findings)
        if number not in follow
    ]


def _explains(cause: Finding, finding: Finding) -> bool:
    """Tell whether two findings are in settings, or one in settings and one in code below them."""
    code = [one.file for one in (cause, finding) if one.file.endswith(".py")]
    settings = [one.file for one in (cause, finding) if not one.file.endswith(".py")]
    if not settings:
        return False
    folder = settings[0].rpartition("/")[0]
    return all(not folder or file.startswith(f"{folder}/") for file in code)
