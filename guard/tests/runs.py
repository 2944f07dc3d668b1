"""Runs pytest on suites, and reads how each of their tests ended."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import forks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.context import ForkServerProcess

SUITES = Path(__file__).parent / "suites"
SETTINGS = {
    "asyncio": "asyncio_mode = auto\n"
    "asyncio_default_fixture_loop_scope = function\n"
    "addopts = -p no:anyio\n",
    "anyio": "anyio_mode = auto\naddopts = -p no:asyncio\n",
    "trio": "anyio_mode = auto\naddopts = -p no:asyncio\n",
}
BACKEND = """
import pytest

@pytest.fixture(scope="session")
def anyio_backend():
    return {backend!r}
"""
TIMES = """
import gc
import pytest

# A task that nobody keeps would be lost whenever garbage is looked for: once in many runs.
gc.disable()

def pytest_collection_modifyitems(items):
    # What does not hang may be slow where the machine has other work.
    for item in items:
        doc = item.obj.__doc__ or ""
        if "timeout: 1 s" in doc or "Timeout (>1.0s)" in doc:
            item.add_marker(pytest.mark.timeout(1))
"""
PATIENCE = 120
"""Seconds for a run, on a machine with other work."""


@dataclass(frozen=True)
class Outcome:
    """How a test ended: the worst of its phases, and what was reported of it."""

    passed: bool
    skipped: bool
    text: str


@dataclass(frozen=True)
class Run:
    """What came of a run: its tests by file and name."""

    tests: dict[tuple[str, str], Outcome]
    output: str
    status: int

    def __getitem__(self, name: str) -> Outcome:
        """Give the outcome of a test in a run of one file."""
        return self.tests["test_it", name]


class Started:
    """A run that goes on."""

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        plugins: tuple[str, ...] = (),
        python: str | Path | None = None,
    ) -> None:
        """Start pytest in a folder, with all plugins that are installed or with some of them.

        Another interpreter than this one is started anew.
        """
        self.folder = folder
        options = [
            *("-p", "no:cacheprovider", "--color=no"),
            *("-p", "no:randomly", f"--junitxml={folder / 'report.xml'}", *arguments),
            *(part for plugin in plugins for part in ("-p", plugin)),
        ]
        variables = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")} | (
            {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} if plugins else {}
        )
        output = folder / "output.txt"
        context = forks.server() if python is None else None
        self._process: ForkServerProcess | subprocess.Popen[bytes]
        if context is not None:
            self._process = forks.start(context, folder, options, variables, output)
        else:
            with output.open("w") as file:
                self._process = subprocess.Popen(
                    [python or sys.executable, "-m", "pytest", *options],
                    cwd=folder,
                    env=variables,
                    stdout=file,
                    stderr=subprocess.STDOUT,
                    stdin=subprocess.DEVNULL,
                )
        self.result = cache(self._result)

    def _result(self) -> Run:
        status = self._wait()
        if status is None:
            self._process.kill()
            raise TimeoutError
        output = (self.folder / "output.txt").read_text()
        return Run(dict(_outcomes(self.folder / "report.xml")), output, status)

    def _wait(self) -> int | None:
        if isinstance(self._process, subprocess.Popen):
            with suppress(subprocess.TimeoutExpired):
                return self._process.wait(PATIENCE)
            return None
        self._process.join(PATIENCE)
        return self._process.exitcode


class Runner:
    """Runs pytest on one test file in a folder."""

    def __init__(self, folder: Path) -> None:
        """Take a folder of its own."""
        self.folder = folder

    QUICK = ("pytest_asyncio.plugin", "pytest_timeout", "pytest_async_guard.plugin")
    """The plugins that most runs need: without the others pytest starts twice as fast."""

    def __call__(
        self,
        tests: str,
        *arguments: str,
        backend: str = "asyncio",
        settings: str = "",
        plugins: tuple[str, ...] = QUICK,
    ) -> Run:
        """Run the tests; without a choice of plugins by all that are installed."""
        prepare(self.folder, backend, settings)
        (self.folder / "test_it.py").write_text(tests)
        # Its plugin takes most of a second to end.
        without = () if plugins or "hypothesis" in tests else ("-p", "no:hypothesispytest")
        return Started(self.folder, *without, *arguments, plugins=plugins).result()


def prepare(folder: Path, backend: str, settings: str = "") -> None:
    """Write the configuration of a project."""
    (folder / "report.xml").unlink(missing_ok=True)
    ini = f"[pytest]\ntimeout = 30\n{SETTINGS[backend]}{settings}\n"
    (folder / "pytest.ini").write_text(ini)
    conftest = BACKEND.format(backend="trio" if backend == "trio" else "asyncio") + TIMES
    if not (folder / "conftest.py").exists():
        (folder / "conftest.py").write_text(conftest)


def start_suites(folder: Path, backend: str, *, is_guarded: bool) -> Started:
    """Start all suites of a backend, under the guard or without it.

    Without it only what passes with it is of interest, and nothing that hangs.
    """
    prepare(folder, backend, "filterwarnings = error\n" if is_guarded else "async_guard = off\n")
    write_suites(folder, backend)
    # Nothing of a test's source: what it is to say stands in its docstring.
    return Started(folder, "--tb=short", *(() if is_guarded else ("-k", "good")))


def write_suites(folder: Path, backend: str) -> None:
    """Write all suites of a backend."""
    for case in cases():
        if case.backend == backend:
            tests = (SUITES / f"{case.suite}.py").read_text()
            (folder / f"test_{case.suite}.py").write_text(tests)


def _outcomes(report: Path) -> Iterator[tuple[tuple[str, str], Outcome]]:
    if not report.exists():
        return
    found: dict[tuple[str, str], list[ET.Element]] = {}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - our own report
        file = case.get("classname", "").partition(".Test")[0]
        found.setdefault((file, case.get("name", "").partition("[")[0]), []).append(case)
    for key, elements in found.items():
        parts = [part for element in elements for part in element]
        bad = [part for part in parts if part.tag in {"failure", "error"}]
        # Each of its parameters, if it has some.
        worst = all(any(part in bad or part.tag == "skipped" for part in el) for el in elements)
        skipped = all(any(part.tag == "skipped" for part in el) for el in elements)
        passed = not bad if "_good_" in key[1] else not worst
        yield key, Outcome(passed, skipped, "\n".join(part.text or "" for part in bad))


@dataclass(frozen=True)
class Case:
    """One test of a suite: `test_bad_…` must fail and say its docstring, `test_good_…` pass."""

    suite: str
    backend: str
    name: str
    says: str
    may_skip: bool

    @property
    def must_pass(self) -> bool:
        """The guard has nothing to say of it."""
        return "_good_" in self.name


@cache
def cases() -> tuple[Case, ...]:
    """Give the tests of all suites, for each backend that the suite names."""
    return tuple(
        case
        for file in sorted(SUITES.glob("*.py"))
        for case in _cases(file.stem, ast.parse(file.read_text()))
    )


def _cases(suite: str, tree: ast.Module) -> Iterator[Case]:
    backends = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "BACKENDS"
    )
    is_optional = "importorskip" in ast.unparse(tree)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith(
            ("test_bad_", "test_good_")
        ):
            decorators = " ".join(ast.unparse(each) for each in node.decorator_list)
            may_skip = "skip" in decorators or "needs_" in decorators or is_optional
            for backend in backends:
                says = ast.get_docstring(node) or ""
                yield Case(suite, backend, node.name, says, may_skip)
