"""The transaction: plan the fixes, write them, run the tests, put every file back if they do worse.

The command line, `adopt` and Copier's migration are front ends of it.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, NamedTuple

from async_test_template.desired import Desired, decide
from async_test_template.errors import WriteRefused
from async_test_template.findings import Tier
from async_test_template.plan import Plan, make_plan
from async_test_template.progress import progress
from async_test_template.rules.chosen import choose

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path
    from typing import TypeAlias

    from async_test_template.faults import Fault
    from async_test_template.plan import Ask
    from async_test_template.rules.rule import Rule
    from async_test_template.verify import Outcome

    #: Contents by path, None for a file that is not there.
    Contents: TypeAlias = Mapping[Path, bytes | None]


class Verified(NamedTuple):
    """What the tests came to.

    Attributes:
        before: the run on the old files.
        after: the run on the new ones.
        is_kept: the new files stay; else every file is as it was.

    """

    before: Outcome
    after: Outcome
    is_kept: bool


def plan_with(
    root: Path,
    desired: Desired,
    chosen: tuple[tuple[Rule, ...], tuple[Fault, ...]],
    tiers: frozenset[Tier],
    ask: Ask | None = None,
) -> Plan:
    """Plan the fixes of some tiers, and show on a terminal that it takes its time.

    Args:
        root: the project's root.
        desired: the values that fixes write.
        chosen: the rules, and the faults of those that cannot be imported; with one of them no fix
            is made.
        tiers: the tiers whose fixes are made; none to look only.
        ask: decides on each of those fixes; None to make them all.

    Raises:
        UserError: a file cannot be read or parsed.

    """
    rules, faults = chosen
    # The line on the progress would be in the way of a question.
    with nullcontext() if ask else progress(sys.stderr, "Reading the repository"):
        plan = make_plan(root, desired, rules, frozenset() if faults else tiers, ask)
    plan.faults += faults
    return plan


def safe_plan(root: Path, answers: dict[str, str], *, guarded: bool = False) -> Plan:
    """Plan the safe fixes of every rule, with the answers that the template was given.

    Args:
        root: the project's root.
        answers: those of the template, by question.
        guarded: see `Desired`.

    Raises:
        UserError: a file cannot be read or parsed, or an answer is none of its values.

    """
    desired = decide(mode=None, loop_scope=None, timeout=None, answers=answers)
    desired = desired._replace(guarded=guarded)
    return plan_with(root, desired, choose(root), frozenset({Tier.SAFE}))


def contents(root: Path, plan: Plan) -> tuple[Contents, Contents]:
    """Return what the files had when they were read, and what they are to have."""
    before = {root / file: data for file, data in plan.before.items()}
    return before, {root / file: data for file, data in plan.after.items()}


def write(root: Path, plan: Plan, *, allow_dirty: bool, own: Collection[Path] = ()) -> None:
    """Write the plan's files, all or none; without any, remove what a killed run has left.

    Args:
        root: the project's root.
        plan: what is to be written.
        allow_dirty: also to files with uncommitted changes.
        own: files that this run has made, which count as committed.

    Raises:
        UserError: a file cannot be written, and none was.

    """
    # Imported here, as everything that only a change needs.
    from async_test_template.write import sweep, write_all

    if not plan.after:
        sweep(root)
        return
    before, after = contents(root, plan)
    write_all(root, after, expected=before, allow_dirty=allow_dirty, own=own)


def write_verified(root: Path, plan: Plan, command: str, *, allow_dirty: bool) -> Verified:
    """Write the plan's files between two runs of a test command.

    Raises:
        UserError: a file cannot be written, and none was.

    """
    from async_test_template.verify import run_tests

    before, after = contents(root, plan)
    old = run_tests(command, root)
    write(root, plan, allow_dirty=allow_dirty)
    try:
        new = run_tests(command, root)
    except BaseException:
        # Ctrl-C in the second run leaves the question open, so the old files come back.
        _put_back(root, before, after)
        raise
    is_kept = new.vouches and not new.is_worse_than(old)
    if not is_kept:
        _put_back(root, before, after)
    return Verified(old, new, is_kept)


def _put_back(root: Path, before: Contents, after: Contents) -> None:
    from async_test_template.write import write_all

    try:
        write_all(root, before, expected=after, allow_dirty=True)
    except WriteRefused as error:
        raise WriteRefused(f"the fixes stay, because they cannot be undone: {error}") from error
