"""Run the test command before and after, and compare what pytest itself counted."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from async_test_template.errors import UserError

_STDERR = 2  # the process's own, whatever sys.stderr is


@dataclass(frozen=True)
class Outcome:
    """What one run of the test command came to, from pytest's JUnit report.

    Attributes:
        collected: tests that pytest knew of, skipped ones included.
        passed: tests that passed.
        failed: failures and errors together.
        status: the command's exit status.
        reported: pytest wrote a report; it does not when it stops before the tests.

    """

    collected: int
    passed: int
    failed: int
    status: int
    reported: bool

    def __str__(self) -> str:
        """Put the numbers into a sentence."""
        if not self.reported:
            return f"no test ran (exit status {self.status})"
        return f"{self.collected} collected, {self.passed} passed, {self.failed} failed"

    def is_worse_than(self, other: Outcome) -> bool:
        """Tell whether tests are missing, fewer pass, or more fail.

        Tests that were not collected before may fail: an error at collection hid them.
        """
        return (
            self.collected < other.collected
            or self.passed < other.passed
            or self.failed - other.failed > self.collected - other.collected
        )


def run_tests(command: str, root: Path) -> Outcome:
    """Run a test command in `root` and read how many tests did what.

    The command is a shell's, and may call pytest through make or tox as long as PYTEST_ADDOPTS
    reaches it: that is how pytest is asked for its report. Its output goes to standard error.
    The report is written outside of the project.

    Raises:
        UserError: there is no shell to run it with.

    """
    with tempfile.TemporaryDirectory(prefix="async-test-template-") as folder:
        report = Path(folder) / "report.xml"
        options = (
            f"{os.environ.get('PYTEST_ADDOPTS', '')} --junit-xml={shlex.quote(str(report))}".strip()
        )
        try:
            finished = subprocess.run(  # noqa: S602 - the user's own command line
                command,
                shell=True,
                cwd=root,
                env={**os.environ, "PYTEST_ADDOPTS": options},
                stdin=subprocess.DEVNULL,
                stdout=_STDERR,
                check=False,
            )
        except OSError as error:
            raise UserError(f"cannot run {command!r}: {error.strerror}") from error
        return _read(report, finished.returncode)


def _read(report: Path, status: int) -> Outcome:
    try:
        suites = ET.parse(report).getroot().iter("testsuite")  # noqa: S314 - pytest wrote it
    except (OSError, ET.ParseError):
        return Outcome(0, 0, 0, status, reported=False)
    counts = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for suite in suites:
        for name in counts:
            counts[name] += int(suite.get(name, 0))
    failed = counts["failures"] + counts["errors"]
    # A test that passes and whose fixture then fails counts as one of each.
    passed = max(counts["tests"] - failed - counts["skipped"], 0)
    return Outcome(counts["tests"], passed, failed, status, reported=True)
