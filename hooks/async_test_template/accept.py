"""Accept the findings of today: in comments that silence them, or in a baseline.

Each function changes what a plan shows and returns a sentence about the rest. If something has
failed in this program, nothing is written, because findings are missing.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from async_test_template.baseline import as_baseline, new_findings
from async_test_template.ignores import TO_FILL_IN, add_ignores
from async_test_template.report import is_advice
from async_test_template.report.words import counted
from async_test_template.tree import Tree
from async_test_template.write import write_all

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from async_test_template.plan import Plan

    Find: TypeAlias = Callable[[Mapping[str, bytes]], Plan]

#: How many comments in a row may each uncover another finding.
_MAX_ROUNDS = 100
_NONE = "No comment was written."
_LOOK = f"look for `{TO_FILL_IN}`"


def by_comments(plan: Plan, find: Find, root: Path, *, advice: bool, allow_dirty: bool) -> str:
    """Write the comments that silence the findings of a plan; those stay for which there is none.

    Args:
        plan: what was found.
        find: looks again, with other contents of files: a comment at the first of several tests
            uncovers the next one.
        root: the folder where the paths in the plan begin.
        advice: silence advice too.
        allow_dirty: write to files with uncommitted changes too.

    Raises:
        WriteRefused: a file cannot be written, and none was.

    """
    if plan.faults:
        return _NONE
    before: dict[str, bytes | None] = {}
    after: dict[str, bytes] = {}
    silenced = 0
    for _ in range(_MAX_ROUNDS):
        shown = [finding for finding in plan.left if advice or not is_advice(finding)]
        done = add_ignores(Tree(root, after), shown)
        if not done.after:
            plan.left = [f for f in plan.left if f not in shown] + done.refused
            break
        before = {**done.before, **before}
        after |= done.after
        silenced += done.silenced
        found = find(after)
        plan.left, plan.silenced, plan.faults = found.left, found.silenced, found.faults
        if plan.faults:
            return _NONE
    if not after:
        return _NONE
    write_all(
        root,
        {root / file: data for file, data in after.items()},
        expected={root / file: data for file, data in before.items()},
        allow_dirty=allow_dirty,
    )
    files = counted(len(after), "file")
    return f"{counted(silenced, 'finding')} silenced by comments in {files}: {_LOOK}."


def in_baseline(plan: Plan, root: Path, file: Path) -> str:
    """Write the findings of a plan to a baseline.

    Raises:
        WriteRefused: the file cannot be written.

    """
    if plan.faults:
        return "No baseline was written."
    data = as_baseline(Tree(root, {}), plan.left, file)
    number, plan.left = len(plan.left), []
    write_all(file.parent, {Path(file.name): data}, allow_dirty=True)
    return f"{counted(number, 'finding')} written to {file}."


def only_new(plan: Plan, root: Path, file: Path) -> str:
    """Leave only those findings in a plan that a baseline does not hold.

    Raises:
        UserError: the file cannot be read, or is no baseline.

    """
    number = len(plan.left)
    plan.left = new_findings(Tree(root, {}), plan.left, file)
    return f"{counted(number - len(plan.left), 'known finding')} in {file}."
