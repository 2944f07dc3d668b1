"""What only a run can tell: the repository's own pytest, with a plugin that takes notes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from async_test_template.errors import UserError
from async_test_template.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

_STDERR = 2  # the process's own, whatever sys.stderr is
_PLUGIN = "async_test_template_recorder"


def observe(command: str, root: Path) -> list[Finding]:
    """Run the tests once and tell what went wrong without failing.

    The command is a shell's, and may call pytest through make or tox as long as PYTEST_ADDOPTS
    reaches it. Its output goes to standard error; what pytest, coverage and Hypothesis would keep
    goes to a temporary folder.

    Args:
        command: what runs the tests.
        root: the project's root, where it runs.

    Raises:
        UserError: no test was collected, because pytest did not start or found none.

    """
    with tempfile.TemporaryDirectory(prefix="async-test-template-") as name:
        folder = Path(name)
        shutil.copy(Path(__file__).with_name("recorder.py"), folder / f"{_PLUGIN}.py")
        record = folder / "record.jsonl"
        options = f"-p {_PLUGIN} -o cache_dir={folder / 'cache'}"
        environment = {
            **os.environ,
            "ASYNC_TEST_TEMPLATE_RECORD": str(record),
            "COVERAGE_FILE": str(folder / "coverage"),
            "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis"),
            "PYTEST_ADDOPTS": f"{os.environ.get('PYTEST_ADDOPTS', '')} {options}".strip(),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": os.pathsep.join(
                filter(None, [str(folder), os.environ.get("PYTHONPATH")])
            ),
        }
        done = subprocess.run(  # noqa: S602 - the user's own command line
            command,
            shell=True,
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=_STDERR,
            check=False,
        )
        lines = record.read_text(encoding="utf-8").splitlines() if record.exists() else []
    notes = [json.loads(line) for line in lines]
    if not any(note["what"] == "collected" for note in notes):
        raise UserError(
            f"{command!r} collected no test (exit status {done.returncode}); "
            "give the command that runs the tests, as in --run 'uv run pytest'"
        )
    found = {*_about_tests(notes, root), *_about_coroutines(notes, root)}
    return sorted(found, key=lambda f: (f.file, f.line, f.code, f.message))


def _about_tests(notes: list[dict[str, Any]], root: Path) -> Iterator[Finding]:
    tests = {note["test"]: note for note in notes if note["what"] == "collected"}
    started, passed = (
        {note["test"] for note in notes if note["what"] == what} for what in ("started", "passed")
    )
    awaited = {note["test"]: note for note in notes if note["what"] == "awaited"}
    for test, place in tests.items():
        name = test.rpartition("::")[2].partition("[")[0]
        file = _relative(place["file"], root)
        if test not in started:
            hint = "see why the run ended before it"
            message = f"{name} was collected and did not run"
            yield Finding("AT004", message, file, place["line"], hint=hint)
        if place["is_async"] and test in passed and test not in awaited:
            hint = "see which plugin or decorator takes the test"
            message = f"{name} passed and was never awaited"
            yield Finding("AT002", message, file, place["line"], hint=hint)
        for fixture, where, line, loop in awaited.get(test, {}).get("fixtures", ()):
            if loop is not None and loop != awaited[test]["loop"]:
                other = f"{_relative(where, root)}:{line}"
                message = f"{name} ran in another event loop than its fixture {fixture} ({other})"
                hint = "give both the same loop scope"
                yield Finding("AT001", message, file, place["line"], hint=hint)


def _about_coroutines(notes: list[dict[str, Any]], root: Path) -> Iterator[Finding]:
    for note in notes:
        if note["what"] == "forgotten":
            message = f"the coroutine {note['name']} was never awaited"
            file = _relative(note["file"], root)
            yield Finding("AT003", message, file, note["line"], hint="await it")


def _relative(file: str, root: Path) -> str:
    path = Path(file)
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else file
