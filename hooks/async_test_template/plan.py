"""The result of a run, with paths that begin in one folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from async_test_template.faults import Fault
    from async_test_template.findings import Finding
    from async_test_template.suppressions import Silenced


class Plan:
    """The result of a run.

    Attributes:
        before: the old contents of the files that change, by path from the root; None for a
            file that was not there.
        after: their new contents.
        fixed: findings whose fix is in `after`, in the order they were made.
        left: findings that stay, as the changed repository has them.
        silenced: findings that a comment or a reason in pyproject.toml silences.
        failed: sentences on fixes that could not be made properly.
        unreadable: Python files that this Python cannot parse, with line and message.
        next_steps: sentences on what is to be done after the fixes, such as the command that
            installs what they declare.
        faults: what failed in this program; if there is one, nothing changes, because the missing
            findings are unknown.
        failures: how many tests of a run failed for a reason that is not known.
        projects: the folders of the projects with code that it is about.
        below: the folders of projects below, which need plans of their own.
        left_out: those which belong to others, or are data of a test.
        unread: paths that were asked for and are never read, with the reason.

    """

    def __init__(self) -> None:
        """Start without findings and changes."""
        self.before: dict[str, bytes | None] = {}
        self.after: dict[str, bytes] = {}
        self.fixed: list[Finding] = []
        self.left: list[Finding] = []
        self.silenced: list[Silenced] = []
        self.failed: list[str] = []
        self.unreadable: tuple[tuple[str, int, str], ...] = ()
        self.next_steps: list[str] = []
        self.faults: list[Fault] = []
        self.failures = 0
        self.projects: list[str] = []
        self.below: tuple[str, ...] = ()
        self.left_out: tuple[str, ...] = ()
        self.unread: tuple[tuple[str, str], ...] = ()

    def moved(self, prefix: str) -> Plan:
        """Return the plan with paths that begin in another folder.

        Args:
            prefix: the path from there to the root, with a slash at its end.

        """

        def place(file: str) -> str:
            # A file outside of the project already has its whole path.
            return file if Path(file).is_absolute() else prefix + file

        def move(finding: Finding) -> Finding:
            edits = tuple(edit._replace(file=place(edit.file)) for edit in finding.edits)
            follow = tuple(map(move, finding.follow))
            return finding._replace(file=place(finding.file), edits=edits, follow=follow)

        plan = Plan()
        plan.before = {prefix + file: data for file, data in self.before.items()}
        plan.after = {prefix + file: data for file, data in self.after.items()}
        plan.fixed = [move(finding) for finding in self.fixed]
        plan.left = [move(finding) for finding in self.left]
        plan.silenced = [s._replace(finding=move(s.finding)) for s in self.silenced]
        plan.failed = [place(sentence) for sentence in self.failed]
        plan.unreadable = tuple((place(file), line, why) for file, line, why in self.unreadable)
        where = f"{prefix.rstrip('/')}: " if prefix else ""
        plan.next_steps = [f"{where}{sentence}" for sentence in self.next_steps]
        plan.faults = [f._replace(file=f.file and place(f.file)) for f in self.faults]
        plan.failures = self.failures
        plan.projects = [prefix + folder for folder in self.projects]
        plan.left_out = tuple(prefix + folder for folder in self.left_out)
        plan.unread = tuple((prefix + path, why) for path, why in self.unread)
        return plan

    def add(self, other: Plan) -> None:
        """Add the plan for another project, with paths that begin in the same folder."""
        self.before |= other.before
        self.after |= other.after
        self.fixed += other.fixed
        self.left += other.left
        self.silenced += other.silenced
        self.failed += other.failed
        self.unreadable += other.unreadable
        self.next_steps += other.next_steps
        self.faults += other.faults
        self.failures += other.failures
        self.projects += other.projects
        self.left_out += other.left_out
        self.unread += other.unread
