"""The newest Pythons run the engine, its tests, and those of the guard."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import pythons
from covering import Row, gated
from environments import Environment
from filelock import FileLock
from helpers import ROOT, assert_done, interpreter, run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

ADOPT = ["tests/hooks/test_adopt.py"]
WRITE = [f"tests/hooks/test_{name}.py" for name in ("faults", "verify", "write")]
RULES = ["tests/hooks/rules", "tests/hooks/config"]
EXAMPLES = "tests/hooks/rules/test_examples.py::test_a_fix_gives_the_shown_result_and_a_second_run"
READS = [
    f"{EXAMPLES}_changes_nothing",
    "tests/hooks/rules/test_newest_syntax.py",
    "tests/hooks/test_source.py",
]
OTHERS = ["tests/hooks", *(f"--ignore={path}" for path in (*RULES, *ADOPT, *WRITE))]
#: In one process where tests fork: workers of pytest-xdist have threads, of which Python warns.
PARTS = {
    "adopt": ["-n0", *ADOPT],
    "write": ["-n0", *WRITE],
    "reads": ["-n0", *READS],
    "syntax": ["-n0", *READS[1:]],
    "rules": ["-n0", *RULES],
    "others": ["-n0", *OTHERS],
    # Most of the time it waits for what hangs.
    "guard": ["-n2", "tests/template/test_guard.py"],
}
#: In the gate the newest Python reads and mends its own syntax: that is what a new one changes.
NEWEST = pythons.VERSIONS[-1]
RUNS = gated(
    [{"part": part, "version": version} for part in PARTS for version in pythons.VERSIONS],
    {"part": "syntax", "version": NEWEST}.__eq__,
)


@pytest.fixture
def developing(row: Row, on_disk: Path) -> Environment:
    """Build, once a run, an environment of a new Python with all that the tests need."""
    version = row["version"]
    python = interpreter(version)
    # What the gate runs needs no linters and no site.
    group = "test" if row.get("part", "syntax") == "syntax" else "dev"
    folder = on_disk / f"developing-{group}-{version}"
    settings = ROOT / "pyproject.toml"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            Environment.build(folder, python, "-r", str(settings), "--group", f"{settings}:{group}")
    return Environment(folder)


@pytest.mark.parametrize("row", RUNS)
def test_the_tests_that_need_no_old_plugin_pass(
    row: Row, developing: Environment, tmp_path: Path
) -> None:
    part = row["part"]
    # The slow tests are the reason to run these files.
    chosen = "not full" if part in {"adopt", "write", "guard"} else "not slow"
    options = ("--color=no", "-m", chosen, f"--basetemp={tmp_path / 'temporary'}")
    done = run(developing.python, "-m", "pytest", *options, *PARTS[part], cwd=ROOT)
    assert_done(done)
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed
    assert int(passed[1]) > 10


@pytest.mark.parametrize(
    "row", gated(({"version": version} for version in pythons.VERSIONS), {"version": NEWEST}.__eq__)
)
def test_the_launcher_runs_the_engine(row: Row, developing: Environment, tmp_path: Path) -> None:
    text = '{}import pytest\n\n\n@pytest.mark.asyncio({}="class")\nclass TestIt:\n    pass\n'
    lazy = "lazy " if row["version"] == "3.15" else ""
    test = tmp_path / "test_it.py"
    test.write_text(text.format(lazy, "scope"))
    engine = (developing.python, ROOT / "hooks" / "run.py")
    done = run(*engine, "check", cwd=tmp_path)
    assert "test_it.py:4:2 AT601" in done.stdout
    assert done.returncode == 1
    run(*engine, "migrate", "--allow-dirty", "--select", "AT601", cwd=tmp_path)
    assert test.read_text() == text.format(lazy, "loop_scope")
