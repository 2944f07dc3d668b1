"""Run the test command before and after, and compare what pytest itself says of each test.

Every pytest that the command starts reports, one after the other: the reports go through a pipe,
whose name pytest takes for that of a JUnit file.
"""

from __future__ import annotations

import os
import shlex
import tempfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from async_test_template import shell
from async_test_template.stopping import start_thread

if TYPE_CHECKING:
    from collections.abc import Iterator

_BEGIN = b"<?xml "
#: The meaning of each element inside a test case.
_WORDS = {"failure": "failed", "error": "failed", "skipped": "skipped"}


@dataclass(frozen=True)
class Outcome:
    """The result of one run of the test command, from pytest's JUnit reports.

    Attributes:
        passed: how often each test passed, by its name; one that passes and whose fixture then
            fails did not.
        failed: how often each one failed, or could not be collected.
        skipped: how often each one was skipped.
        status: the command's exit status.
        reported: each pytest that began to report came to the end of it, and one did.

    """

    passed: Counter[str]
    failed: Counter[str]
    skipped: Counter[str]
    status: int
    reported: bool

    @property
    def collected(self) -> int:
        """How many tests pytest knew of."""
        return (self.passed + self.failed + self.skipped).total()

    @property
    def vouches(self) -> bool:
        """Whether it shows how the tests do: pytest reported, and of tests."""
        return self.reported and self.collected > 0

    def __str__(self) -> str:
        """Put the numbers into a sentence."""
        if not self.reported:
            return f"no pytest reported (exit status {self.status})"
        return (
            f"{self.collected} collected, {self.passed.total()} passed, "
            f"{self.failed.total()} failed"
        )

    def worse_than(self, other: Outcome) -> tuple[str, ...]:
        """Name the tests that did worse than in another run, sorted.

        They pass less often, fail and did not, or are missing. What failed before may be gone, and
        what was not there before may fail: an error at collection hid it.
        """
        was_there = other.passed + other.failed + other.skipped
        is_there = self.passed + self.failed + self.skipped
        less = other.passed - self.passed
        fails = (name for name in self.failed - other.failed if name in was_there)
        gone = (other.skipped + other.passed) - is_there
        return tuple(sorted({*less, *fails, *gone}))

    def is_worse_than(self, other: Outcome) -> bool:
        """Tell whether a test did worse, or the command fails and did not."""
        return bool(self.worse_than(other)) or (other.status == 0 and self.status != 0)


@dataclass(frozen=True)
class Verified:
    """The results of the tests.

    Attributes:
        before: the run on the old files.
        after: the run on the new ones.
        is_kept: whether the new files stay; otherwise every file was restored.

    """

    before: Outcome
    after: Outcome
    is_kept: bool


def run_tests(command: str, root: Path) -> Outcome:
    """Run a test command in `root` and read how many tests did what.

    The command is a shell's, and may call pytest through make or tox as long as PYTEST_ADDOPTS
    reaches it: that is how pytest is asked for its report. Its output goes to standard error.
    The report is written outside of the project.

    Raises:
        UserError: there is no shell to run it with.

    """
    with tempfile.TemporaryDirectory(prefix="async-test-template-") as folder:
        path = Path(folder) / "report.xml"
        given = os.environ.get("PYTEST_ADDOPTS", "")
        options = f"{given} {shlex.quote(f'--junit-xml={path}')}".strip()
        with _reports(path) as reports:
            status = shell.run(command, root, {**os.environ, "PYTEST_ADDOPTS": options})
        return _outcome(bytes(reports), status)


@contextmanager
def _reports(path: Path) -> Iterator[bytearray]:
    """Collect what processes write to a path, one after the other; it is complete at the end."""
    taken = bytearray()
    if not hasattr(os, "mkfifo"):  # Windows: the last report is all there is
        yield taken
        taken += path.read_bytes() if path.exists() else b""
        return
    os.mkfifo(path)
    # Open for writing too, or the pipe would end whenever no process writes.
    pipe = os.open(path, os.O_RDWR)
    end = os.urandom(16)

    def take() -> None:
        seen = 0
        while (at := taken.find(end, max(seen - len(end), 0))) < 0:
            seen = len(taken)
            taken.extend(os.read(pipe, 1 << 16))
        del taken[at:]

    thread = start_thread(take)
    try:
        yield taken
    finally:
        os.write(pipe, end)
        thread.join()
        os.close(pipe)


def _outcome(reports: bytes, status: int) -> Outcome:
    counts = {word: Counter[str]() for word in ("passed", "failed", "skipped")}
    before, *documents = reports.split(_BEGIN)
    is_whole = not before.strip() and bool(documents)
    for document in documents:
        try:
            cases = ET.fromstring(_BEGIN + document).iter("testcase")  # noqa: S314 - by pytest
            results = _results(cases)
        except (ET.ParseError, LookupError, ValueError):  # the last two for its encoding
            is_whole = False
            continue
        for name, word in results.items():
            counts[word][name] += 1
    return Outcome(counts["passed"], counts["failed"], counts["skipped"], status, is_whole)


def _results(cases: Iterator[ET.Element]) -> dict[str, str]:
    """Return how each test of one run ended; one that comes twice failed if one of them did."""
    results: dict[str, str] = {}
    for case in cases:
        name = "::".join(filter(None, (case.get("classname"), case.get("name"))))
        words = {_WORDS[child.tag] for child in case if child.tag in _WORDS}
        word = "failed" if "failed" in words else "skipped" if words else "passed"
        if results.get(name) != "failed":
            results[name] = word
    return results
