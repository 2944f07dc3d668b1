"""The transaction: plan the fixes, write them, run the tests, restore all files if they do worse.

The command line, `adopt` and Copier's migration are front ends of it.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING

from async_test_template.desired import Desired, decide, read_answers
from async_test_template.errors import WriteRefused
from async_test_template.findings import Tier
from async_test_template.paths import place_of
from async_test_template.planner import make_plan
from async_test_template.policy import Given
from async_test_template.policy_reader import has_table, read_policy
from async_test_template.progress import progress
from async_test_template.rules import NAMES
from async_test_template.rules.chosen import choose
from async_test_template.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path
    from typing import TypeAlias

    from async_test_template.plan import Plan
    from async_test_template.planner import Ask
    from async_test_template.policy import Policy
    from async_test_template.rules.chosen import Choice
    from async_test_template.verify import Verified

    #: Contents by path, None for a missing file.
    Contents: TypeAlias = Mapping[Path, bytes | None]


def policy_of(root: Path, given: Given | None = None) -> Policy:
    """Return what the user wants of the rules.

    A project without a table of its own takes that of a folder above, up to its repository.

    Args:
        root: the project's root, where its pyproject.toml is.
        given: what the command line gives.

    Raises:
        UserError: pyproject.toml or an option is not what it should be.

    """
    own = Tree(place_of(root), {})
    trees = (Tree(folder, {}) for folder in own.disk.around)
    tree = next(filter(has_table, trees), own)
    policy = read_policy(tree, NAMES, given or Given())
    above = own.root.relative_to(tree.root).as_posix()
    return policy if above == "." else policy._replace(above=f"{above}/")


def plan_with(
    root: Path,
    desired: Desired,
    choice: Choice,
    tiers: frozenset[Tier],
    ask: Ask | None = None,
) -> Plan:
    """Plan the fixes of some tiers, and show progress on a terminal.

    Args:
        root: the project's root.
        desired: the values that fixes write.
        choice: the rules; if one cannot be imported, no fix is made.
        tiers: the tiers whose fixes are made; none to look only.
        ask: decides on each of those fixes; None to make them all.

    Raises:
        UserError: a file cannot be read or parsed.

    """
    # The progress line would be in the way of a question.
    with nullcontext() if ask else progress(sys.stderr, "Reading the repository"):
        return make_plan(root, desired, choice, tiers, ask)


def look_at(root: Path) -> Plan:
    """Find what is wrong in a project, with the settings and the answers that it has.

    Args:
        root: the project's root.

    Raises:
        UserError: a file cannot be read or parsed, or an answer or a setting is not a valid value.

    """
    return _plan(root, _desired(read_answers(root, None)), frozenset())


def safe_plan(root: Path, answers: dict[str, str], *, guarded: bool = False) -> Plan:
    """Plan the safe fixes of the rules that run, with the template's answers.

    Args:
        root: the project's root.
        answers: the template's answers, by question.
        guarded: see `Desired`.

    Raises:
        UserError: a file cannot be read or parsed, or an answer or a setting is not a valid value.

    """
    desired = _desired(answers)._replace(guarded=guarded)
    return _plan(root, desired, frozenset({Tier.SAFE}))


def _desired(answers: dict[str, str]) -> Desired:
    return decide(mode=None, loop_scope=None, timeout=None, answers=answers)


def _plan(root: Path, desired: Desired, tiers: frozenset[Tier]) -> Plan:
    policy = policy_of(root)
    return plan_with(root, desired._replace(policy=policy), choose(policy), tiers)


def contents(root: Path, plan: Plan) -> tuple[Contents, Contents]:
    """Return the contents when the files were read, and their new contents."""
    before = {root / file: data for file, data in plan.before.items()}
    return before, {root / file: data for file, data in plan.after.items()}


def write(root: Path, plan: Plan, *, allow_dirty: bool, own: Collection[Path] = ()) -> None:
    """Write the plan's files, all or none; without any, remove what a killed run has left.

    Args:
        root: the project's root.
        plan: the files to write.
        allow_dirty: also write to files with uncommitted changes.
        own: files that this run has created, which count as committed.

    Raises:
        UserError: a file cannot be written, and none was.

    """
    # Imported here, like everything that only a change needs.
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
    from async_test_template.verify import Verified, run_tests

    before, after = contents(root, plan)
    old = run_tests(command, root)
    write(root, plan, allow_dirty=allow_dirty)
    try:
        new = run_tests(command, root)
    except BaseException:
        # Ctrl-C in the second run leaves the result open, so the old files are restored.
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
