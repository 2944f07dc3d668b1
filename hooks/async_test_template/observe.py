"""What only a run can show: the repository's pytest, with a plugin that takes notes."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from async_test_template import shell
from async_test_template.disk import Disk
from async_test_template.errors import UserError
from async_test_template.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PLUGIN = "async_test_template_recorder"


class Failure(NamedTuple):
    """A test or a file that failed.

    Attributes:
        name: of the test, or the path of the file.
        file: path from the root, with forward slashes.
        line: 1-based.
        text: what pytest says of it.

    """

    name: str
    file: str
    line: int
    text: str


class Observed(NamedTuple):
    """What a run has shown.

    Attributes:
        findings: problems that did not fail.
        failures: what failed.

    """

    findings: list[Finding]
    failures: list[Failure]


def observe(command: str, root: Path) -> Observed:
    """Run the tests once and report problems that did not fail, and the failures.

    The command runs in a shell, and may call pytest through make or tox as long as PYTEST_ADDOPTS
    reaches it. Its output goes to standard error; files that pytest, coverage and Hypothesis would
    keep go to a temporary folder.

    Args:
        command: the command that runs the tests.
        root: the project's root, where it runs.

    Raises:
        UserError: no test was collected, because pytest did not start or found none.

    """
    with tempfile.TemporaryDirectory(prefix="async-test-template-") as name:
        folder = Path(name)
        shutil.copy(Path(__file__).with_name("recorder.py"), folder / f"{_PLUGIN}.py")
        record = folder / "record.jsonl"
        environment = {
            **os.environ,
            "ASYNC_TEST_TEMPLATE_RECORD": str(record),
            "COVERAGE_FILE": str(folder / "coverage"),
            "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis"),
            "PYTEST_ADDOPTS": f"{os.environ.get('PYTEST_ADDOPTS', '')} -p {_PLUGIN}".strip(),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": os.pathsep.join(
                filter(None, [str(folder), os.environ.get("PYTHONPATH")])
            ),
        }
        status = shell.run(command, root, environment)
        is_there = os.path.lexists(record)
        text = (Disk(folder).read(record.name) or b"").decode("utf-8", "replace")
    foreign = UserError(f"something that {command!r} ran wrote into our record of it")
    notes = list(_read(text.splitlines()))
    if is_there and not (text and all(map(_is_ours, notes))):
        raise foreign
    if not any(note["what"] in {"collected", "failed"} for note in notes):
        raise UserError(
            f"{command!r} collected no test (exit status {status}); "
            "give the command that runs the tests, such as --run 'uv run pytest'"
        )
    try:
        places = _Places(notes, root)
        found = {
            *_about_tests(notes, places),
            *_about_coroutines(notes, places),
            *_about_errors(notes, places),
        }
        failures = list(dict.fromkeys(_failures(notes, places)))
    except KeyError as error:
        raise foreign from error
    return Observed(sorted(found, key=lambda f: (f.file, f.line, f.code, f.message)), failures)


def _read(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Return the notes; a process that was killed may have left half a line."""
    for line in lines:
        with suppress(ValueError, RecursionError):
            note = json.loads(line)
            if isinstance(note, dict) and "what" in note:
                yield note


def _is_ours(note: dict[str, Any]) -> bool:
    """Tell whether the values of a note are of the kinds that the recorder writes."""
    texts = [note.get(key, "") for key in ("what", "test", "file", "module", "name", "text")]
    lines = [note.get("line", 1)]
    for key, of_file in (("places", 0), ("fixtures", 1)):
        rows = note.get(key, [])
        if not isinstance(rows, list) or not all(
            isinstance(row, list) and len(row) == 2 + 2 * of_file for row in rows
        ):
            return False
        texts += [text for row in rows for text in row[: of_file + 1]]
        lines += [row[of_file + 1] for row in rows]
    return all(isinstance(text, str) for text in texts) and all(
        isinstance(line, int) and line > 0 for line in lines
    )


class _Places:
    """The places of findings: only in files of the repository, where they can be fixed."""

    def __init__(self, notes: Iterable[dict[str, Any]], root: Path) -> None:
        """Take the notes about the tests."""
        self._root = root
        self._known: dict[str, str | None] = {}
        self.tests = {note["test"]: note for note in notes if note["what"] == "collected"}

    def of_test(self, test: str | None) -> tuple[str, int] | None:
        """Return the place of a test; for a library's class it is the module that runs it."""
        noted = self.tests.get(test or "")
        if noted is None:
            return None
        return self.first([(noted["file"], noted["line"]), (noted["module"], 1)])

    def first(self, places: Iterable[tuple[str, int]]) -> tuple[str, int] | None:
        """Return the first of some places that is in the repository."""
        for file, line in places:
            if (own := self._own(file)) is not None:
                return own, line
        return None

    def shown(self, file: str) -> str:
        """Return a path in its most readable form."""
        return self._own(file) or file

    def _own(self, file: str) -> str | None:
        if file not in self._known:
            self._known[file] = self._below(file)
        return self._known[file]

    def _below(self, file: str) -> str | None:
        path = Path(file)
        if not path.is_relative_to(self._root):
            return None
        below = path.relative_to(self._root)
        folders = [self._root / parent for parent in below.parents]
        # An environment may well be in the repository.
        if "site-packages" in below.parts or any((f / "pyvenv.cfg").exists() for f in folders):
            return None
        return below.as_posix()


def _about_tests(notes: list[dict[str, Any]], places: _Places) -> Iterator[Finding]:
    started, finished, passed, watched = (
        {note["test"] for note in notes if note["what"] == what}
        for what in ("started", "finished", "passed", "watched")
    )
    passed &= watched
    awaited = {note["test"]: note for note in notes if note["what"] == "awaited"}
    for test, noted in places.tests.items():
        name = test.rpartition("::")[2].partition("[")[0]
        place = places.of_test(test)
        if place is None:
            continue
        if test not in started:
            hint = "check why the run ended before it"
            yield Finding("AT004", f"{name} was collected and did not run", *place, hint=hint)
        elif test not in finished:
            hint = "check what it waits for: a timeout shorter than that of the run shows the line"
            yield Finding("AT004", f"the run ended while {name} ran", *place, hint=hint)
        if noted["is_async"] and test in passed and test not in awaited:
            hint = "check which plugin or decorator takes the test"
            yield Finding("AT002", f"{name} passed and was never awaited", *place, hint=hint)
        for fixture, where, line, loop in awaited.get(test, {}).get("fixtures", ()):
            if loop is not None and loop != awaited[test]["loop"]:
                other = f"{places.shown(where)}:{line}"
                message = f"{name} ran in another event loop than its fixture {fixture} ({other})"
                hint = "give both the same loop scope"
                yield Finding("AT001", message, *place, hint=hint)


def _about_coroutines(notes: list[dict[str, Any]], places: _Places) -> Iterator[Finding]:
    last = None
    for note in notes:
        if note["what"] == "started":
            last = note["test"]
        if note["what"] == "forgotten":
            place = (
                places.first(note["places"]) or places.of_test(note["test"]) or places.of_test(last)
            )
            if place is not None:
                message = f"the coroutine {note['name']} was never awaited"
                yield Finding("AT003", message, *place, hint="await it")


def _about_errors(notes: list[dict[str, Any]], places: _Places) -> Iterator[Finding]:
    for note in notes:
        if note["what"] == "lost":
            place = places.first(note["places"]) or places.of_test(note["test"])
            if place is not None:
                message = f"nobody looked at an error of a task: {note['name']}"
                hint = "await the task, or start it in a TaskGroup"
                yield Finding("AT006", message, *place, hint=hint)


def _failures(notes: list[dict[str, Any]], places: _Places) -> Iterator[Failure]:
    for note in notes:
        if note["what"] == "failed":
            test = note["test"]
            # A file that cannot be collected has no test.
            file, line = places.of_test(test) or (test.partition("::")[0], 1)
            yield Failure(test.rpartition("::")[2] or test, file, line, note["text"])
