"""docs/rules.md is what the rules say today."""

from __future__ import annotations

from pathlib import Path

from async_test_template.documentation import page
from async_test_template.rules import CODES, load

RULES = Path(__file__).parents[2] / "docs" / "rules.md"


def test_the_page_on_rules_is_fresh() -> None:
    assert RULES.read_text(encoding="utf-8") == page(), (
        "run: python -m async_test_template rules --markdown > docs/rules.md"
    )


def test_every_rule_has_a_section_and_a_line_in_the_contents() -> None:
    text = page()
    for rule in map(load, CODES):
        assert f"\n### {rule.code} {rule.name}\n" in text
        assert f"| [{rule.code}](#{rule.code.lower()}-{rule.name}) |" in text
