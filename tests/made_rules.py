"""Rules that only tests have, and plans with chosen rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from async_test_template import planner
from async_test_template.findings import Severity, Tier
from async_test_template.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from async_test_template.desired import Desired
    from async_test_template.plan import Plan
    from async_test_template.planner import Ask
    from async_test_template.rules.chosen import Choice


def made_rule(code: str, **parts: Any) -> Rule:  # noqa: ANN401 - as many kinds as parts
    """Make a rule of what matters to a test."""
    known: dict[str, Any] = {
        "name": code,
        "severity": Severity.WARNING,
        "tier": Tier.REPORT,
    }
    return Rule(code=code, **known | parts)


def always(rules: Iterable[Rule]) -> Choice:
    """Choose the same rules, whatever a project is."""
    chosen = tuple(rules)
    return lambda _project: (chosen, ())


def make_plan(
    root: Path,
    desired: Desired,
    rules: Iterable[Rule],
    tiers: frozenset[Tier],
    ask: Ask | None = None,
) -> Plan:
    """Make a plan with rules that are always the same."""
    return planner.make_plan(root, desired, always(rules), tiers, ask)
