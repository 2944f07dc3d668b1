"""A fault of the engine: a sentence and status 3, nothing is written, other rules go on.

The faults are real ones, put into a copy of the engine.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from async_test_template import HOME
from async_test_template import spread as spreading
from async_test_template.desired import Desired
from async_test_template.faults import Crash, fault_of, sentences
from async_test_template.findings import Finding
from async_test_template.repo_review import findings
from async_test_template.rules import load
from helpers import ROOT, clean_environment
from made_rules import made_rule, make_plan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from subprocess import CompletedProcess

    from async_test_template.project import Project
    from async_test_template.rules.rule import Rule
    from async_test_template.source.source import Source

INI = "[pytest]\nasyncio_mode = legacy\n"
CODE = """\
import pytest


@pytest.fixture
async def number():
    return 1


@pytest.mark.asyncio(scope="module")
async def test_it(number, event_loop):
    assert event_loop
"""
#: AT101 is on the configuration, AT601 sees one file alone, AT501 asks for the others.
RULES = {"AT101": "pytest.ini", "AT601": "test_it.py", "AT501": "test_it.py"}
RAISES = """

def _fails(*_arguments):
    raise {error}


RULE = RULE._replace(**{{"visit" if RULE.visit else "check": _fails}})
"""
# With `*arguments`, Python 3.15.2 would recurse until the memory is used up.
RECURSES = """

def _fails(project, source=None):
    return _fails(project, source)


RULE = RULE._replace(**{"visit" if RULE.visit else "check": _fails})
"""


@pytest.fixture
def no_fault_goes_unseen() -> None:
    """Take the place of what turns faults into failures of tests: here they are wanted."""


@pytest.fixture
def engine(tmp_path: Path) -> Path:
    """Return a copy of the engine to break."""
    folder = tmp_path / "engine"
    shutil.copytree(ROOT / "hooks", folder, ignore=shutil.ignore_patterns("__pycache__"))
    # What is not broken is compiled already.
    cache = os.environ["PYTHONPYCACHEPREFIX"]
    if Path(f"{cache}{ROOT}/hooks").exists():
        shutil.copytree(f"{cache}{ROOT}/hooks", f"{cache}{folder}")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pytest.ini").write_text(INI)
    (folder / "requirements.txt").write_text("pytest\npytest-asyncio>=1.5\n")
    (folder / "test_it.py").write_text(CODE)
    return folder


def add(engine: Path, code: str, text: str) -> None:
    (file,) = (engine / "async_test_template" / "rules").rglob(f"{code.lower()}_*.py")
    file.write_text(f"{file.read_text()}{text}")


def replace(engine: Path, file: str, old: str, new: str) -> None:
    path = engine / "async_test_template" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def start(engine: Path, project: Path, *arguments: str) -> CompletedProcess[str]:
    """Run the broken engine on the project."""
    return subprocess.run(
        [sys.executable, "-m", "async_test_template", *arguments],
        cwd=project,
        env=clean_environment() | {"PYTHONPATH": str(engine), "GITHUB_ACTIONS": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def error_of(done: CompletedProcess[str]) -> str:
    (error,) = (line for line in done.stderr.splitlines() if line.startswith("error: "))
    return error


def contents(project: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in project.rglob("*") if path.is_file()}


def found(done: CompletedProcess[str]) -> list[tuple[str, str]]:
    return [(one["code"], one["file"]) for one in json.loads(done.stdout)["findings"]]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("check", "AT601"),
        ("migrate", "AT101"),
        ("migrate", "AT601"),
        ("migrate", "AT501"),
        ("preflight", "AT501"),
        ("patch", "AT501"),
    ],
)
def test_a_rule_that_fails_is_named_and_nothing_is_written(
    command: str, code: str, engine: Path, project: Path
) -> None:
    add(engine, code, RAISES.format(error="ValueError('boom\\nand more')"))
    before = contents(project)
    done = start(engine, project, command)
    assert done.returncode == 3, done.stderr
    error = error_of(done)
    assert f"{code} failed on {RULES[code]}, which is a fault of async-test-template" in error
    assert "(ValueError: boom and more, in rules/" in error
    assert f"{HOME}/issues" in error
    assert "Traceback" not in done.stderr
    assert "Nothing" not in done.stderr
    assert contents(project) == before
    assert ("nothing was written" in error) == (command != "check")


@pytest.mark.one_in(2)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "code"), [("check", "AT101"), ("migrate", "AT601"), ("check", "AT501")]
)
def test_the_other_rules_are_told(command: str, code: str, engine: Path, project: Path) -> None:
    whole = found(start(engine, project, "check", "--format", "json"))
    assert (code, RULES[code]) in whole
    add(engine, code, RAISES.format(error="ValueError"))
    done = start(engine, project, command, "--format", "json")
    assert done.returncode == 3
    assert found(done) == [one for one in whole if one != (code, RULES[code])]
    (fault,) = json.loads(done.stdout)["faults"]
    assert (fault["rules"], fault["file"], fault["error"]) == ([code], RULES[code], "ValueError")


@pytest.mark.one_in(2)
@pytest.mark.slow
@pytest.mark.parametrize("select", ["AT6", "AT601"])
def test_nothing_to_do_is_not_said(select: str, engine: Path, project: Path) -> None:
    add(engine, "AT601", RAISES.format(error="KeyError(1)"))
    done = start(engine, project, "check", "--select", select)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == f"{error_of(done)}\n"


@pytest.mark.one_in(2)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "told"),
    [
        (RAISES.format(error="MemoryError"), "(MemoryError, "),
        (RAISES.format(error="AssertionError"), "(AssertionError, "),
        (RAISES.format(error="OSError(5, 'no disk')"), "(OSError: [Errno 5] no disk, "),
        (RAISES.format(error="Exception(lambda: 1)"), "(Exception: <function "),
        (RAISES.format(error="ValueError('x' * 999)"), f"(ValueError: {'x' * 188}…, "),
        (RAISES.format(error="EditError('no place')"), "(EditError: no place, "),
        (RECURSES, "(RecursionError: maximum recursion depth exceeded"),
        ("raise NameError('gone')\n", "(NameError: gone, in rules/"),
        ("def:\n", "(SyntaxError: "),
    ],
)
def test_whatever_a_rule_raises_is_told(text: str, told: str, engine: Path, project: Path) -> None:
    add(engine, "AT601", f"\n\nfrom async_test_template.errors import EditError\n{text}")
    done = start(engine, project, "check")
    assert done.returncode == 3
    assert "AT601 failed" in error_of(done)
    assert told in error_of(done)
    assert "AT101" in done.stdout


@pytest.mark.slow
def test_a_rule_that_fails_in_many_files_is_one_sentence(engine: Path, project: Path) -> None:
    for number in range(6):
        (project / f"test_{number}.py").write_text(CODE)
    add(engine, "AT601", RAISES.format(error="ValueError"))
    done = start(engine, project, "check", "--select", "AT6")
    assert "AT601 failed on test_0.py, test_1.py, test_2.py and 4 other files" in error_of(done)


@pytest.mark.slow
def test_what_fails_below_many_rules_is_one_sentence(engine: Path, project: Path) -> None:
    replace(engine, "dependencies/read.py", "    yield from _setup_cfg(", "    1 / 0 or (")
    done = start(engine, project, "check")
    assert done.returncode == 3
    assert "other rules failed on pytest.ini" in error_of(done)
    assert "in dependencies/read.py:" in error_of(done)


@pytest.mark.one_in(2)
@pytest.mark.slow
@pytest.mark.parametrize("place", [("--traceback", "check"), ("check", "--traceback")])
def test_the_traceback_is_printed_where_it_is_asked_for(
    place: tuple[str, str], engine: Path, project: Path
) -> None:
    add(engine, "AT601", RAISES.format(error="ValueError('boom')"))
    done = start(engine, project, *place)
    assert done.returncode == 3
    assert done.stderr.count("Traceback (most recent call last)") == 1
    assert "in _fails" in done.stderr
    assert "ValueError: boom" in done.stderr.splitlines()


@pytest.mark.one_in(5)
@pytest.mark.slow
@pytest.mark.parametrize("style", ["json", "sarif", "github"])
@pytest.mark.parametrize("where", ["rule", "suppressions"])
def test_every_format_stays_well_formed(
    where: str, style: str, engine: Path, project: Path
) -> None:
    if where == "rule":
        add(engine, "AT601", RAISES.format(error="ValueError('a, b: 100%')"))
    else:
        replace(engine, "suppressions.py", "    silenced = []", "    1 / 0")
    done = start(engine, project, "check", "--format", style)
    assert done.returncode == 3
    if style == "json":
        (fault,) = json.loads(done.stdout)["faults"]
        assert fault["message"] in error_of(done)
    elif style == "sarif":
        document = json.loads(done.stdout)
        (invocation,) = document["runs"][0]["invocations"]
        assert not invocation["executionSuccessful"]
        (notification,) = invocation["toolExecutionNotifications"]
        assert ("associatedRule" in notification) == (where == "rule")
    else:
        (line,) = (one for one in done.stdout.splitlines() if "title=async-test-template" in one)
        assert line.startswith("::error ")
        assert ("100%25" in line) == (where == "rule")


@pytest.mark.slow
def test_a_rule_that_cannot_be_imported_is_left_out_of_the_list_of_rules(
    engine: Path, project: Path
) -> None:
    add(engine, "AT101", "raise NameError\n")
    done = start(engine, project, "check", "--format", "sarif")
    (invocation,) = json.loads(done.stdout)["runs"][0]["invocations"]
    (notification,) = invocation["toolExecutionNotifications"]
    assert notification["associatedRule"] == {"id": "AT101"}
    for result in json.loads(done.stdout)["runs"][0]["results"]:
        rules = json.loads(done.stdout)["runs"][0]["tool"]["driver"]["rules"]
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]


@pytest.mark.slow
def test_a_file_that_cannot_be_read_because_of_a_fault_is_left_out(
    engine: Path, project: Path
) -> None:
    replace(
        engine,
        "source/module.py",
        "    tree = source.tree",
        "    if b'deep' in source.data:\n        raise TypeError('deep')\n    tree = source.tree",
    )
    (project / "test_deep.py").write_text(f"deep = 1\n{CODE}")
    done = start(engine, project, "check", "--format", "json")
    assert done.returncode == 3
    assert "async-test-template failed on test_deep.py, which" in error_of(done)
    assert ("AT601", "test_it.py") in found(done)
    assert not [file for _, file in found(done) if file == "test_deep.py"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("editor", "code"),
    [
        (("config/ini.py", "    expected.setdefault("), "AT101"),
        (("source/splices.py", "    encoded = decode(data)"), "AT601"),
    ],
)
def test_an_editor_that_fails_is_told_with_what_it_was_to_fix(
    editor: tuple[str, str], code: str, engine: Path, project: Path
) -> None:
    file, old = editor
    replace(engine, file, old, f"    1 / 0\n{old}")
    before = contents(project)
    done = start(engine, project, "migrate", "--unsafe", "--format", "json")
    assert done.returncode == 3
    assert code in error_of(done).partition(" failed on ")[0]
    assert f" failed on {RULES[code]}, which" in error_of(done)
    assert "ZeroDivisionError" in error_of(done)
    assert contents(project) == before
    document = json.loads(done.stdout)
    assert (document["fixed"], document["changed"], document["failed"]) == ([], [], [])
    assert (code, RULES[code]) in found(done)


@pytest.mark.slow
def test_a_rule_that_fails_on_what_a_fix_has_made_takes_all_fixes_back(
    engine: Path, project: Path
) -> None:
    before = contents(project)
    whole = found(start(engine, project, "check", "--format", "json"))
    add(
        engine,
        "AT106",
        "\n\ndef _fails(project):\n"
        "    return 1 / (project.settings.effective('asyncio_mode') == 'legacy') and ()\n"
        "\n\nRULE = RULE._replace(check=_fails)\n",
    )
    assert start(engine, project, "check").returncode == 1
    done = start(engine, project, "migrate", "--format", "json")
    assert done.returncode == 3
    assert contents(project) == before
    assert found(done) == whole


@pytest.mark.slow
@pytest.mark.parametrize("command", [("migrate",), ("migrate", "--diff"), ("patch",)])
def test_a_report_that_fails_is_noticed_before_anything_is_written(
    command: tuple[str, ...], engine: Path, project: Path
) -> None:
    replace(engine, "report/text.py", "    for finding in plan.fixed:", "    for finding in 1 / 0:")
    replace(engine, "diff.py", "    parts =", "    1 / 0\n    parts =")
    before = contents(project)
    done = start(engine, project, *command)
    assert done.returncode == 3
    assert "nothing was written" in error_of(done)
    assert contents(project) == before


@pytest.mark.slow
@pytest.mark.parametrize("file", ["adopt.py", "planner.py"])
def test_adopt_writes_nothing(file: str, engine: Path, project: Path) -> None:
    old = {"adopt.py": "    for key in given:", "planner.py": "    planner.work()"}[file]
    replace(engine, file, old, f"    1 / 0\n{old}")
    before = contents(project)
    done = start(engine, project, "adopt", "--yes", "--template", str(ROOT))
    assert done.returncode == 3, done.stderr
    assert "nothing was written" in error_of(done)
    assert contents(project) == before


@pytest.mark.slow
def test_a_run_that_cannot_be_judged_leaves_the_other_findings(engine: Path, project: Path) -> None:
    replace(engine, "observe.py", "    with tempfile", "    1 / 0\n    with tempfile")
    done = start(engine, project, "check", "--run", "true")
    assert done.returncode == 3
    assert "AT001, AT002, AT003 and 3 other rules failed" in error_of(done)
    assert "AT101" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["check"], ["check", "--traceback"]])
def test_the_launcher_tells_of_an_engine_that_cannot_be_imported(
    arguments: list[str], engine: Path, project: Path
) -> None:
    replace(engine, "cli.py", "from __future__ import annotations", "import nothing_like_it")
    done = subprocess.run(
        [sys.executable, engine / "run.py", *arguments],
        cwd=project,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "ModuleNotFoundError: No module named 'nothing_like_it'" in error_of(done)
    assert ("Traceback" in done.stderr) == ("--traceback" in arguments)


def failing(code: str, *, alone: bool) -> Rule:
    """Make a rule that fails in test_b.py, wherever that is looked at."""

    def visit(_project: Project, source: Source) -> Iterator[Finding]:
        yield Finding(code, str(os.getpid()), source.file)
        if source.file == "test_b.py":
            raise ZeroDivisionError(source.file)

    return made_rule(code, visit=visit, alone=alone)


@pytest.fixture
def three_processes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(spreading, "_cores", lambda: 3)
    monkeypatch.setattr(spreading, "_SMALL", 1)
    for name in "abc":
        (tmp_path / f"test_{name}.py").write_text(CODE)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("alone", [True, False])
def test_a_rule_that_fails_in_another_process_is_told_like_any(
    three_processes: Path, *, alone: bool
) -> None:
    rules = [failing("AT901", alone=alone)]
    plan = make_plan(three_processes, Desired(), rules, frozenset())
    assert [finding.file for finding in plan.left] == ["test_a.py", "test_c.py"]
    assert len({finding.message for finding in plan.left} | {str(os.getpid())}) == 3 - 1
    (fault,) = plan.faults
    assert (fault.rules, fault.file) == (("AT901",), "test_b.py")
    assert fault.error == "ZeroDivisionError: test_b.py"
    assert "in visit" in fault.traceback


def test_a_process_that_dies_is_one_fault_and_the_files_are_not_read_again(
    three_processes: Path,
) -> None:
    me = os.getpid()
    reads = []

    def visit(_project: Project, _source: Source) -> Iterator[Finding]:
        reads.append(os.getpid())
        if os.getpid() != me:
            os._exit(1)
        yield from ()

    def check(project: Project) -> Iterator[Finding]:
        yield from project.code.findings

    one = made_rule("AT901", visit=visit, alone=True)
    another = made_rule("AT112", check=check)
    with pytest.raises(Crash, match="ended early"):
        make_plan(three_processes, Desired(), [one, another, another], frozenset())
    assert reads == [me]


def test_repo_review_is_told_in_the_family_of_the_rule(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_real = load

    def load_broken(code: str) -> Rule:
        if code == "AT601":
            raise NameError(code)
        return load_real(code)

    monkeypatch.setattr("async_test_template.rules.load", load_broken)
    lines = findings(project)
    assert lines is not None
    assert lines["0"] == []
    assert any("AT601 failed, which is a fault" in line for line in lines["6"])
    assert any("AT101" in line for line in lines["1"])


def test_what_an_exception_carries_is_closer_than_what_is_added() -> None:
    inner = fault_of(ValueError("no"), file="a.py")
    fault = fault_of(Crash(inner), rules=("AT101",), file="b.py")
    assert (fault.rules, fault.file, fault.error) == (("AT101",), "a.py", "ValueError: no")
    (sentence,) = sentences([fault], "nothing was written")
    assert sentence.startswith("AT101 failed on a.py, which")
