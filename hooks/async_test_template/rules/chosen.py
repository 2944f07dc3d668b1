"""Which rules run: those that the command line selects and that fit the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.errors import UserError
from async_test_template.rules import CODES, FIRST_ON_CODE, load_all
from async_test_template.walk import python_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from async_test_template.faults import Fault
    from async_test_template.rules.rule import Rule


def choose(
    root: Path, select: Sequence[str] = (), ignore: Sequence[str] = ()
) -> tuple[tuple[Rule, ...], tuple[Fault, ...]]:
    """Choose the rules to run; an optional rule only by its whole code.

    Rules on code are not even imported if a repository has no code. A rule that cannot be imported
    is a fault.

    Args:
        root: the project's root.
        select: codes or their first characters, separated by commas; empty for all rules.
        ignore: the rules to leave out, in the same form.

    Raises:
        UserError: a code, or the beginning of one, fits no rule.

    """
    selected, ignored = _codes(select), _codes(ignore)
    for code in (*selected, *ignored):
        if not any(known.startswith(code) for known in CODES):
            raise UserError(f"there is no rule {code}; `rules` lists all of them")
    links: list[str] = []
    has_code = any(python_files(root, links)) or bool(links)
    rules, faults = load_all(
        code
        for code in CODES
        if code.startswith(tuple(selected or ["AT"]))
        and not code.startswith(tuple(ignored))
        and (has_code or code < FIRST_ON_CODE)
    )
    return tuple(rule for rule in rules if not rule.optional or rule.code in selected), faults


def _codes(given: Sequence[str]) -> list[str]:
    words = ",".join(given).upper().split(",")
    return [word.strip() for word in words if word.strip()]
