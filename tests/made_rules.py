"""Rules that only tests have."""

from __future__ import annotations

from typing import Any

from async_test_template.findings import Severity, Tier
from async_test_template.rules.rule import Rule


def made_rule(code: str, **parts: Any) -> Rule:  # noqa: ANN401 - as many kinds as parts
    """Make a rule of what matters to a test."""
    known: dict[str, Any] = {
        "name": code,
        "severity": Severity.WARNING,
        "tier": Tier.REPORT,
    }
    return Rule(code=code, **known | parts)
