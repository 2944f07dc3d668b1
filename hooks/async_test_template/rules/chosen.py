"""Which rules run: those that the user wants, and that can find anything in the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_test_template.rules import CODES, FIRST_ON_CODE, FIRST_STATIC, load_all
from async_test_template.rules.facts import CODE, facts_of
from async_test_template.rules.known import ONLY_WITH, OPTIONAL

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from async_test_template.faults import Fault
    from async_test_template.policy import Policy
    from async_test_template.project import Project
    from async_test_template.rules.rule import Rule

    #: Imports the rules for a project; a rule that cannot be imported is a fault.
    Choice: TypeAlias = Callable[[Project], tuple[tuple[Rule, ...], tuple[Fault, ...]]]


def choose(policy: Policy) -> Choice:
    """Choose the rules to run, each of them imported only for a project where it may find anything.

    Those that need a run of the tests are never among them: what they find comes from `observe`.
    """
    wanted = [code for code in CODES if code >= FIRST_STATIC and is_wanted(code, policy)]

    def choice(project: Project) -> tuple[tuple[Rule, ...], tuple[Fault, ...]]:
        there = tuple(facts_of(project))
        return load_all(code for code in wanted if _may_find(code, there))

    return choice


def is_wanted(code: str, policy: Policy) -> bool:
    """Tell whether the user wants a rule; an optional one only by its whole code."""
    return policy.runs(code) and (code not in OPTIONAL or policy.names(code))


def _may_find(code: str, there: tuple[str, ...]) -> bool:
    needed = (CODE,) if code >= FIRST_ON_CODE else ONLY_WITH.get(code)
    return needed is None or any(fact.startswith(needed) for fact in there)
