"""Accept the findings of today: in comments that silence them, or in a baseline.

Each function changes what a plan shows and returns a sentence about the rest. If something has
failed in this program, nothing is written, because findings are missing.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from async_test_template.baseline import as_baseline, compare
from async_test_template.ignores import TO_FILL_IN, add_ignores
from async_test_template.report import is_advice
from async_test_template.report.words import counted
from async_test_template.tree import Tree
from async_test_template.write import write_all

if TYPE_CHECKING:
    from async_test_template.plan import Plan


def by_comments(plan: Plan, root: Path, *, advice: bool, allow_dirty: bool) -> str:
    """Write the comments that silence the findings of a plan; those stay for which there is none.

    Args:
        plan: what was found.
        root: the project's root.
        advice: silence advice too.
        allow_dirty: write to files with uncommitted changes too.

    Raises:
        WriteRefused: a file cannot be written, and none was.

    """
    if plan.faults:
        return "No comment was written."
    shown = [finding for finding in plan.left if advice or not is_advice(finding)]
    done = add_ignores(Tree(root, {}), shown)
    write_all(
        root,
        {root / file: data for file, data in done.after.items()},
        expected={root / file: data for file, data in done.before.items()},
        allow_dirty=allow_dirty,
    )
    plan.left = done.refused + [f for f in plan.left if is_advice(f) and not advice]
    if not done.silenced:
        return "No comment was written."
    files = counted(len(done.after), "file")
    return (
        f"{counted(done.silenced, 'finding')} silenced by comments in {files}: "
        f"look for `{TO_FILL_IN}`."
    )


def in_baseline(plan: Plan, root: Path, file: Path) -> str:
    """Write the findings of a plan to a baseline.

    Raises:
        WriteRefused: the file cannot be written.

    """
    if plan.faults:
        return "No baseline was written."
    data = as_baseline(Tree(root, {}), plan.left)
    number, plan.left = len(plan.left), []
    write_all(file.parent, {Path(file.name): data}, allow_dirty=True)
    return f"{counted(number, 'finding')} written to {file}."


def only_new(plan: Plan, root: Path, file: Path) -> str:
    """Leave only those findings in a plan that a baseline does not hold.

    Raises:
        UserError: the file cannot be read, or is no baseline.

    """
    compared = compare(Tree(root, {}), plan.left, file)
    plan.left = compared.new
    told = f"{counted(compared.known, 'known finding')} in {file}"
    if compared.gone:
        told += f", and {compared.gone} of it no longer found (--write-baseline {file} updates it)"
    return f"{told}."
