"""What a check of settings imports: its time is that of its imports.

The ratio that `benchmarks/check_startup.py` prints is lost in small pieces. Here each has a name.
"""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

import pytest
from async_test_template.rules import CODES, FIRST_ON_CODE
from check_startup import HOOKS, PYPROJECT
from helpers import run

if TYPE_CHECKING:
    from pathlib import Path

#: Runs a check, and prints what is imported at its end, and where a compiled pattern has a name.
SCRIPT = """\
import sys
before = set(sys.modules)
from async_test_template.__main__ import main
status = main()
modules = set(sys.modules) - before
import json, re
names = [name for name in modules if name.startswith("async_test_template")]
compiled = [
    f"{name}.{key}"
    for name in names
    for key, value in vars(sys.modules[name]).items()
    if isinstance(value, re.Pattern)
]
print(json.dumps([sorted(modules), compiled]))
sys.exit(status)
"""
#: Modules of the standard library, and others, that only some runs need.
RARE = {
    "ast",
    "dataclasses",
    "glob",
    "inspect",
    "shlex",
    "shutil",
    "subprocess",
    "tomlkit",
    "traceback",
}
#: What reads code, and what only a run of the tests, a fix or the template's own files need.
RARE_PARTS = (
    "source.",
    "rules.loops",
    "rules.observed",
    "rules.coverage_settings",
    "rules.looking",
    "rules.obstacles",
    "config.comments",
    "config.toml.edits",
    "conflicts",
    "dependencies.conda",
    "dependencies.setup_py",
    "globs",
    "spread",
    "write",
)
#: The index, which is empty then, reads nothing itself.
NEEDED = {"source.index"}
#: Every check needs them. Any other is a text for `re.search`, which compiles it when it is used.
PATTERNS = {
    "config.requirement._REQUIREMENT",
    "config.requirement._SEPARATORS",
    "config.text._LINE_END",
    "dependencies.bounds._OPERATOR",
    "dependencies.bounds._RELEASE",
    "suppressions.LINE_END",
}


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> tuple[set[str], set[str]]:
    """Check a repository that has settings and no code."""
    root: Path = tmp_path_factory.mktemp("service")
    (root / "pyproject.toml").write_text(PYPROJECT)
    done = run(sys.executable, "-c", SCRIPT, "check", "--no-cache", cwd=root, PYTHONPATH=str(HOOKS))
    assert done.returncode == 0, done.stdout
    modules, patterns = json.loads(done.stdout.splitlines()[-1])
    return set(modules), {name.removeprefix("async_test_template.") for name in patterns}


def test_settings_alone_need_nothing_that_reads_code(imported: tuple[set[str], set[str]]) -> None:
    modules, _ = imported
    own = {name.removeprefix("async_test_template.") for name in modules} - NEEDED
    assert not {name for name in own if name.startswith(RARE_PARTS)}
    assert "rules.modes.at103_fixture_loop_scope_unset" in own
    assert not modules & RARE


def test_a_rule_that_can_find_nothing_is_not_imported(imported: tuple[set[str], set[str]]) -> None:
    modules, _ = imported
    of_rules = {name for name in modules if ".rules." in name and ".at" in name}
    # Of a setting that is not there, of Python code, of native tables, and optional.
    assert not {name for name in of_rules if re.search("at(116|112|206|216)_", name)}
    assert 0 < len(of_rules) < len([code for code in CODES if "AT1" < code < FIRST_ON_CODE]) / 2


def test_patterns_are_compiled_when_they_are_used(imported: tuple[set[str], set[str]]) -> None:
    _, patterns = imported
    assert patterns == PATTERNS, "give the text of a new one to `re.search`, which compiles it once"
