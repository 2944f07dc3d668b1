"""The newest Pythons run the engine, its tests, and those of the guard."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import pythons
from filelock import FileLock
from helpers import ROOT, Environment, assert_done, interpreter, run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

COMMANDS = [f"tests/hooks/test_{name}.py" for name in ("adopt", "faults", "verify", "write")]
#: What runs in one process; none takes much longer than another.
PARTS = {
    "rules": ["tests/hooks/rules", "tests/hooks/config"],
    "others": [
        "tests/hooks",
        *(f"--ignore={path}" for path in ("tests/hooks/rules", "tests/hooks/config", *COMMANDS)),
    ],
    "guard": ["tests/template/test_guard.py"],
}


@pytest.fixture
def developing(version: str, shared_folder: Path) -> Environment:
    """Build, once a run, an environment of a new Python with all that the tests need."""
    python = interpreter(version)
    folder = shared_folder / f"developing-{version}"
    settings = ROOT / "pyproject.toml"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            Environment.build(folder, python, "-r", str(settings), "--group", f"{settings}:dev")
    return Environment(folder)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("version", pythons.VERSIONS)
def test_the_tests_that_need_no_old_plugin_pass(
    part: str, developing: Environment, tmp_path: Path
) -> None:
    # In one process: a worker of pytest-xdist has threads, and a new Python warns when it forks.
    options = ("-n0", "--color=no", "-m", "not slow", f"--basetemp={tmp_path / 'temporary'}")
    done = run(developing.python, "-m", "pytest", *options, *PARTS[part], cwd=ROOT)
    assert_done(done)
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed
    assert int(passed[1]) > 10


@pytest.mark.parametrize("version", pythons.VERSIONS)
def test_the_launcher_runs_the_engine(
    version: str, developing: Environment, tmp_path: Path
) -> None:
    text = '{}import pytest\n\n\n@pytest.mark.asyncio(scope="class")\nclass TestIt:\n    pass\n'
    is_new = version == "3.15"
    (tmp_path / "test_it.py").write_text(text.format("lazy " * is_new))
    done = run(developing.python, ROOT / "hooks" / "run.py", "check", cwd=tmp_path)
    assert "test_it.py:4:2 AT601" in done.stdout
    assert done.returncode == 1
