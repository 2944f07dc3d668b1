"""All findings for people: with what they mean, or each in a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.findings import Tier
from async_test_template.report.words import in_places, place_of, severity_of
from async_test_template.rules import head_of
from async_test_template.shown import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from async_test_template.findings import Finding
    from async_test_template.plan import Plan

_TIERS = {Tier.SAFE: "safe fix", Tier.UNSAFE: "unsafe fix", Tier.REPORT: "no fix"}


def as_text(plan: Plan, *, colour: bool) -> Iterator[str]:
    """Yield every finding; the first one of a rule says why it matters and what to do."""
    bold, faint, plain = ("\033[1m", "\033[2m", "\033[0m") if colour else ("", "", "")
    for finding in plan.fixed:
        yield f"{bold}{place_of(finding)}{plain} {_fixed(finding)}"
    told: set[tuple[str, str]] = set()
    for finding in plan.left:
        kind = f"{severity_of(finding).value}, {_TIERS[finding.tier]}"
        yield (f"{bold}{place_of(finding)}{plain} {finding.code} [{kind}] {shown(finding.message)}")
        if (finding.code, "") not in told:
            head = head_of(finding.code)
            yield f"    {head.why} {faint}(since {head.since}){plain}"
        if finding.hint and (finding.code, finding.hint) not in told:
            yield f"    What to do: {shown(finding.hint)}."
        told |= {(finding.code, ""), (finding.code, finding.hint)}
        if finding.follow:
            yield f"    It is also why {in_places(finding.follow)}."
    for silenced in plan.silenced:
        finding = silenced.finding
        reason = shown(silenced.reason or "no reason given")
        yield f"{faint}{place_of(finding)} {finding.code} ignored: {reason}{plain}"


def as_lines(plan: Plan) -> Iterator[str]:
    """Yield one line for each finding, as compilers do."""
    for finding in plan.fixed:
        yield f"{place_of(finding)}: {_fixed(finding)}"
    for finding in plan.left:
        severity = severity_of(finding).value
        yield f"{place_of(finding)}: {finding.code} [{severity}] {shown(finding.message)}"


def _fixed(finding: Finding) -> str:
    return f"{finding.code} fixed: {shown(finding.message)}"
