"""Which rules run: those that the user wants and that fit the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.rules import CODES, FIRST_ON_CODE, FIRST_STATIC, load_all
from async_test_template.walk import python_files

if TYPE_CHECKING:
    from pathlib import Path

    from async_test_template.faults import Fault
    from async_test_template.policy import Policy
    from async_test_template.rules.rule import Rule


def choose(root: Path, policy: Policy) -> tuple[tuple[Rule, ...], tuple[Fault, ...]]:
    """Choose the rules to run; an optional rule only by its whole code.

    Rules on code are not even imported if a repository has no code, and those that need a run of
    the tests never: what they find comes from `observe`. A rule that cannot be imported is a fault.
    """
    links: list[str] = []
    has_code = any(python_files(root, links)) or bool(links)
    rules, faults = load_all(
        code
        for code in CODES
        if policy.runs(code) and code >= FIRST_STATIC and (has_code or code < FIRST_ON_CODE)
    )
    return tuple(rule for rule in rules if not rule.optional or policy.names(rule.code)), faults
