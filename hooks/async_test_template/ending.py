"""How a command ends: what it prints, and its exit status."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from async_test_template.console import deliver, prefix, told, view
from async_test_template.errors import UserError
from async_test_template.migrate import write
from async_test_template.report import is_advice, left_out, render, summary

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection
    from pathlib import Path

    from async_test_template.plan import Plan

#: The exit statuses: see `cli`.
CLEAN, LEFT, UNUSABLE, FAULT, INTERRUPTED = 0, 1, 2, 3, 130


def is_wrong(plan: Plan) -> bool:
    """Tell whether something other than advice is left."""
    return not all(map(is_advice, plan.left))


def status_of(plan: Plan, *, left: bool) -> int:
    """Return the status for unusable input if a file was left out: its content is unknown.

    With a fault of this program, the missing findings are unknown.
    """
    if plan.faults:
        return FAULT
    if plan.unreadable:
        return UNUSABLE
    return LEFT if left else CLEAN


def patched(
    options: argparse.Namespace,
    root: Path,
    plan: Plan,
    *,
    allow_dirty: bool,
    own: Collection[Path] = (),
) -> int:
    """Write the edits of a plan, report it, and return the exit status."""
    report = render(plan, view(sys.stdout)._replace(prefix=prefix(root)))
    write(root, plan, allow_dirty=allow_dirty, own=own)
    deliver(report)
    tell(plan, options, root, written=True)
    return status_of(plan, left=is_wrong(plan))


def folder_of(root: Path) -> Path:
    """Return a folder as an absolute path.

    Raises:
        UserError: there is no such folder.

    """
    if not root.is_dir():
        raise UserError("no such directory" if not root.exists() else "not a directory", path=root)
    return root.resolve()


def rendered(plan: Plan, options: argparse.Namespace, root: Path) -> str:
    """Return the report of a plan in the format that was asked for."""
    seen = view(sys.stdout)._replace(
        style=style_of(options),
        prefix=prefix(root),
        advice=options.advice,
        verbose=options.verbose,
        quiet=options.quiet,
        statistics=getattr(options, "statistics", False),
    )
    return render(plan, seen if options.output_file is None else seen._replace(colour=False))


def style_of(options: argparse.Namespace) -> str:
    """Return the format: GitHub shows findings beside the code if its log has them."""
    on_github = os.environ.get("GITHUB_ACTIONS") == "true"
    counts = getattr(options, "statistics", False)
    return options.format or ("github" if on_github and not counts else "text")


def tell(plan: Plan, options: argparse.Namespace, root: Path, *, written: bool) -> None:
    """Print the summary of a plan."""
    sys.stderr.write(told_of(plan, options, root, written=written))


def told_of(plan: Plan, options: argparse.Namespace, root: Path, *, written: bool) -> str:
    """Return the summary of a plan."""
    # Paths begin at the current folder, as in the report.
    plan = plan.moved(prefix(root))
    is_quiet, advice = getattr(options, "quiet", False), getattr(options, "advice", False)
    about = left_out(plan) if is_quiet else summary(plan, written=written, advice=advice)
    return told(plan.faults, about, outcome=options.outcome, traceback=options.traceback)
