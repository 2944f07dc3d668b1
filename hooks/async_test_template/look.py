"""From the arguments of a command to one plan for all projects that they mean."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from async_test_template.console import colour, prefix
from async_test_template.desired import Desired, decide, read_answers
from async_test_template.errors import UserError
from async_test_template.faults import fault_of
from async_test_template.migrate import plan_with, policy_of
from async_test_template.planner import Finder
from async_test_template.policy import Given, Policy
from async_test_template.rules import CODES, FIRST_STATIC
from async_test_template.rules.chosen import choose, is_wanted
from async_test_template.targets import plan_projects, read_targets

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from async_test_template.findings import Tier
    from async_test_template.plan import Plan
    from async_test_template.planner import Ask
    from async_test_template.targets import Target


def planned(options: argparse.Namespace, tiers: frozenset[Tier]) -> tuple[Path, Plan]:
    """Plan for every project that the paths mean; return the folder that holds them, too."""
    whole, targets = read_targets(options.paths)
    ask = _interview() if getattr(options, "interactive", False) else None

    def plan_one(target: Target) -> Plan:
        policy = _policy(options, target)
        desired = _desired(options, target, policy)
        plan = plan_with(target.root, desired, choose(policy), tiers, ask)
        if getattr(options, "test_command", None) is not None:
            _add_observed(options.test_command, target.root, policy, plan)
        return plan

    return whole, plan_projects(whole, targets, plan_one)


def find_again(options: argparse.Namespace) -> Callable[[Mapping[str, bytes]], Plan]:
    """Return a function that looks at the same projects with other contents of their files."""
    whole, targets = read_targets(options.paths)
    finders: dict[Target, Finder] = {}

    def find(changed: Mapping[str, bytes]) -> Plan:
        def find_one(target: Target) -> Plan:
            if target not in finders:
                policy = _policy(options, target)
                desired = _desired(options, target, policy)
                finders[target] = Finder(target.root, desired, choose(policy))
            above = prefix(target.root, whole)
            inside = {f.removeprefix(above): d for f, d in changed.items() if f.startswith(above)}
            return finders[target].find(inside)

        return plan_projects(whole, targets, find_one)

    return find


def _desired(options: argparse.Namespace, target: Target, policy: Policy) -> Desired:
    desired = decide(
        mode=options.mode,
        loop_scope=options.loop_scope,
        timeout=options.timeout,
        answers=read_answers(target.root, options.answers_file),
    )
    return desired._replace(policy=policy)


def _policy(options: argparse.Namespace, target: Target) -> Policy:
    given = Given(*(tuple(getattr(options, name)) for name in Given._fields))
    return policy_of(target.root, given)._replace(only=target.only, start=prefix(target.root))


def _interview() -> Ask:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UserError("--interactive needs a terminal to ask on")
    # Imported here: questionary takes 0.3 s, and only this asks anything.
    from async_test_template.interactive import Interview

    return Interview(colour=colour(sys.stderr))


def _add_observed(command: str, root: Path, policy: Policy, plan: Plan) -> None:
    # Imported here, only for this option.
    from async_test_template.messages.failures import explained
    from async_test_template.observe import observe
    from async_test_template.project import Project
    from async_test_template.suppressions import sort_out

    try:
        observed = observe(command, root)
    except (UserError, OSError):
        raise
    except Exception as error:  # noqa: BLE001 - told to the user, with all of it
        plan.faults.append(fault_of(error, rules=tuple(c for c in CODES if c < FIRST_STATIC)))
        return
    known = explained(observed.failures, plan.left)
    project = Project(root, Desired(), {})
    for findings, place in ((observed.findings, 0), (known.findings, len(plan.left))):
        found = [finding for finding in findings if is_wanted(finding.code, policy)]
        left, silenced = sort_out(project, found, policy)
        plan.left[place:place] = left
        plan.silenced += silenced
    plan.failures += known.others
