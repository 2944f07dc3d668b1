"""The command `adopt`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from async_test_template import adopt
from async_test_template.adoptable import require_adoptable
from async_test_template.console import prefix
from async_test_template.desired import ANSWERS_FILE, Desired, read_answers
from async_test_template.ending import FAULT, LEFT, folder_of, patched, tell
from async_test_template.errors import WriteRefused
from async_test_template.migrate import contents, safe_plan
from async_test_template.project import Project
from async_test_template.report import is_advice
from async_test_template.shown import shown
from async_test_template.write import refuse

if TYPE_CHECKING:
    import argparse

    from async_test_template.infer import Answer
    from async_test_template.plan import Plan

#: The rules whose advice is about the files that `adopt` adds.
_OF_THE_GUARD = frozenset({"AT217", "AT220"})


def run_adopt(options: argparse.Namespace) -> int:
    """Adopt projects; before anything is written, all of them are known to be fit for it."""
    adopt.require_copier()
    roots = dict.fromkeys(folder_of(Path(name)) for name in options.dirs)
    prepared = {root: _prepare_adoption(options, root) for root in roots}
    if None in prepared.values():
        return FAULT
    if not (options.yes or adopt.confirm()):
        print("Nothing has changed.", file=sys.stderr)
        return LEFT
    return max(_adopt_one(options, root, ready) for root, ready in prepared.items() if ready)


def _prepare_adoption(
    options: argparse.Namespace, root: Path
) -> tuple[Project, list[Answer]] | None:
    """Show the answers of a project and make sure that they fit; None after a fault."""
    project = Project(root, Desired(), {})
    adopt.require_one_project(project)
    answers = adopt.decide_answers(project, dict(options.data))
    if len(options.dirs) > 1:
        print(shown(f"{prefix(root)[:-1] or root}:"))
    sys.stdout.write(adopt.table(answers))
    sys.stdout.flush()
    # Before Copier adds anything: the files that the fixes will change must be writable.
    given = {answer.key: answer.value for answer in answers}
    require_adoptable(project, given["backend"], given.get("guard", "vendored"))
    plan = safe_plan(root, given)
    if plan.faults:
        tell(plan, options, root, written=False)
        return None
    before, after = contents(root, plan)
    # For edits that are only known later, any other content will do.
    later = {root / file: b"" for file in adopt.files_to_edit(project)}
    refuse(root, {**later, **after}, expected=before, allow_dirty=options.allow_dirty)
    return project, answers


def _adopt_one(options: argparse.Namespace, root: Path, ready: tuple[Project, list[Answer]]) -> int:
    there = [name for name in adopt.FILES if (root / name).exists()]
    options.outcome = "files of the template were added, and nothing else was written"
    file = adopt.copy_template(options.template, *ready)
    for name in adopt.kept(there, ready[1]):
        said = "was here before, so it stays yours, and the template's file was not added."
        print(f"{shown(prefix(root))}{name} {said}", file=sys.stderr)
    if file != ANSWERS_FILE:
        print(f"Update it later with `uvx copier update -a {shown(file)}`.", file=sys.stderr)
    try:
        plan = safe_plan(root, read_answers(root, None), guarded=True)
        _tell_of_the_guard(plan)
        own = adopt.added(root, there)
        return patched(options, root, plan, allow_dirty=options.allow_dirty, own=own)
    except WriteRefused as error:
        hint = "the template's files were added; `migrate` makes the fixes"
        raise WriteRefused(f"{error} ({hint})") from error


def _tell_of_the_guard(plan: Plan) -> None:
    """Say the advice on the guard that was just added, which nobody has to ask for."""
    said = [f for f in plan.left if is_advice(f) and f.code in _OF_THE_GUARD]
    plan.next_steps += [f"Advice: {f.message}: {f.hint}" for f in said]
    plan.left = [f for f in plan.left if f not in said]
