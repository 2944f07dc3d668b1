"""The command line: exit statuses, streams, and sentences for wrong input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from async_test_template import __version__
from async_test_template.cli import main
from async_test_template.report import FORMATS
from async_test_template.rules import head_of
from helpers import run, start_engine
from terminal import Terminal

HOOKS = Path(__file__).parents[2] / "hooks"
LEGACY = "[pytest]\nasyncio_mode = legacy\n"
FIXED = "[pytest]\nasyncio_mode = auto\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("GITHUB_ACTIONS", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "pytest.ini").write_text(LEGACY)
    (tmp_path / "pyproject.toml").write_text(
        '[tool.async-test-template]\nignore = { AT103 = "no fixtures", AT306 = "no hangs" }\n'
    )
    return tmp_path


def test_check_reports_and_changes_nothing(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(project)]) == 1
    output, errors = capsys.readouterr()
    assert output.startswith("pytest.ini:2:1 AT101 [error, safe fix] asyncio_mode is legacy")
    assert "pyproject.toml" not in output
    assert "AT306 ignored: no hangs" in output
    assert errors == "1 finding left, 1 with a safe fix (migrate).\n"
    assert (project / "pytest.ini").read_text() == LEGACY


def test_migrate_fixes_and_a_second_run_has_nothing_to_do(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["migrate", str(project)]) == 0
    assert (project / "pytest.ini").read_text() == FIXED
    output, errors = capsys.readouterr()
    assert "pytest.ini:2:1 AT101 fixed: " in output
    assert errors == "1 finding fixed in 1 file.\nNothing left to do.\n"
    assert main(["migrate", str(project)]) == 0
    assert capsys.readouterr().err == "Nothing to do.\n"


def test_migrate_removes_what_a_killed_run_left_though_it_has_nothing_to_write(
    project: Path,
) -> None:
    main(["migrate", str(project)])
    left = project / f".async-test-template-{'f' * 32}"
    left.mkdir()
    assert main(["migrate", str(project)]) == 0
    assert not left.exists()


def test_migrate_leaves_unsafe_fixes_until_asked(project: Path) -> None:
    requirements = project / "requirements.txt"
    requirements.write_text("pytest-asyncio<1  # old\n")
    # A cap is advice, for which no run fails.
    assert main(["migrate", str(project)]) == 0
    assert requirements.read_text() == "pytest-asyncio<1  # old\n"
    assert main(["migrate", str(project), "--unsafe"]) == 0
    assert requirements.read_text() == "pytest-asyncio>=1.5  # old\n"


def test_diff_is_a_patch_and_writes_nothing(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "pytest.ini").write_bytes(LEGACY.replace("\n", "\r\n").encode()[:-2])
    assert main(["migrate", str(project), "--diff"]) == 1
    patch = capsys.readouterr().out
    assert (project / "pytest.ini").read_bytes() == b"[pytest]\r\nasyncio_mode = legacy"
    subprocess.run(["git", "apply", "-"], cwd=project, input=patch.encode(), check=True)
    assert (project / "pytest.ini").read_bytes() == b"[pytest]\r\nasyncio_mode = auto"
    assert main(["migrate", str(project), "--diff"]) == 0


def test_flags_say_what_fixes_write(project: Path) -> None:
    assert main(["migrate", str(project), "--mode", "strict"]) == 0
    assert (project / "pytest.ini").read_text() == "[pytest]\nasyncio_mode = strict\n"


def test_answers_are_read_and_flags_come_first(project: Path) -> None:
    (project / "pytest.ini").write_text("[pytest]\n")
    (project / "test_it.py").write_text("async def test_it(): ...\n")
    (project / ".copier-answers.yml").write_text("# Copier\nloop_scope: class\nmode: auto\n")
    main(["migrate", str(project)])
    assert "asyncio_mode = auto\n" in (project / "pytest.ini").read_text()
    other = project / "other.yml"
    other.write_text("mode: strict\n")
    (project / "pytest.ini").write_text(LEGACY)
    main(["migrate", str(project), "--answers-file", str(other), "--mode", "auto"])
    assert (project / "pytest.ini").read_text() == FIXED


@pytest.mark.parametrize(
    "legacy", ["asyncio_mode = legacy", "addopts = --asyncio-mode=legacy"], ids=["mode", "option"]
)
def test_an_answer_never_makes_legacy_strict(legacy: str, project: Path) -> None:
    (project / "pytest.ini").write_text(f"[pytest]\n{legacy}\n")
    (project / ".copier-answers.yml").write_text("loop_scope: class\nmode: strict\n")
    main(["migrate", str(project)])
    assert (project / "pytest.ini").read_text() == f"[pytest]\n{legacy}\n".replace("legacy", "auto")


def test_an_answer_never_replaces_a_setting(project: Path) -> None:
    (project / "pytest.ini").write_text(FIXED)
    (project / ".copier-answers.yml").write_text("loop_scope: class\nmode: strict\n")
    assert main(["migrate", str(project)]) == 0
    assert (project / "pytest.ini").read_text() == FIXED


@pytest.mark.parametrize(
    "text",
    [
        "project = []",
        "project = 5",
        "project.dependencies = 5",
        "project.dependencies = [5]",
        "project.optional-dependencies = 5",
        "project.requires-python = 3.11",
        "dependency-groups = 5",
        "dependency-groups.test = 5",
        "tool = 3",
        "tool = []",
        "tool.poetry = 5",
        "tool.poetry.dependencies = 5",
        "tool.poetry.group = 5",
        "tool.poetry.group.dev = 5",
        "tool.poetry.dependencies.pytest-asyncio = 5",
        "tool.poetry.dependencies.pytest-asyncio = [5, [], {}]",
        "tool.hatch.envs = 5",
        "tool.hatch.envs.test = 5",
        "tool.flit.metadata = 5",
        "tool.uv = 5",
        "tool.pdm = 5",
        "tool.pytest = 5",
        "tool.pytest.ini_options = 5",
        "tool.pytest.ini_options = { asyncio_mode = 5, addopts = 5, timeout = [] }",
        "tool.async-test-template = 5",
    ],
)
def test_a_value_of_the_wrong_type_is_no_traceback(text: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    (tmp_path / "test_it.py").write_text("async def test_it(): ...\n")
    assert main(["check", str(tmp_path)]) in {0, 1, 2}
    assert main(["migrate", "--unsafe", "--diff", str(tmp_path)]) in {0, 1, 2}


def test_select_and_ignore_take_families(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(project), "--select", "AT3"]) == 0
    assert main(["check", str(project), "--select", "at1,AT2"]) == 1
    assert main(["check", str(project), "--ignore", "AT101"]) == 0
    capsys.readouterr()


def test_an_optional_rule_runs_only_by_its_whole_code(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "pytest.ini").write_text(FIXED)
    for chosen in ([], ["--select", "AT2"], ["--select", "AT216"]):
        assert main(["check", str(project), "--advice", *chosen]) == 0
        assert ("AT216" in capsys.readouterr().out) == (chosen == ["--select", "AT216"])


def test_advice_is_counted_and_fails_no_run(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "pytest.ini").write_text(FIXED)
    assert main(["check", str(project), "--select", "AT216"]) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "Nothing to do.\nAdvice: 1 suggestion (`check --advice` shows it).\n"


@pytest.mark.parametrize("style", FORMATS)
def test_every_format_names_the_place(
    style: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(project), "--format", style]) == 1
    output = capsys.readouterr().out
    assert "AT101" in output
    assert "pytest.ini" in output


def test_statistics_take_the_place_of_findings(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert main(["check", str(project), "--statistics"]) == 1
    assert capsys.readouterr().out == (
        "rule   severity found  safe unsafe  what is wrong\n"
        "AT101  error        1     1      -  The asyncio mode is `legacy`\n"
    )
    assert main(["check", str(project), "--statistics", "--format", "json"]) == 2
    assert "leave out --format json" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["check", "migrate"])
def test_the_report_goes_to_a_file(
    command: str,
    project: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(project.parent)
    file = project.parent / "report.json"
    file.write_text("old")
    arguments = [command, str(project), "--format", "json", "--output-file", file.name]
    assert main(arguments) == (command == "check")
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err
    document = json.loads(file.read_text())
    found = document["findings"] + document["fixed"]
    assert [finding["code"] for finding in found] == ["AT101"]
    assert not [*project.glob(".async-*"), *project.parent.glob(".async-*")]


def test_a_file_that_cannot_hold_the_report_is_refused_before_anything_is_done(
    project: Path, capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (project / "link.txt").symlink_to(elsewhere / "theirs.txt")
    (elsewhere / "theirs.txt").write_text("theirs")
    for name, sentence in (
        ("none/report.txt", "none: no such directory"),
        ("link.txt", "is outside"),
        (".", "is not a regular file"),
        (".git/report", "belongs to git"),
    ):
        (project / ".git").mkdir(exist_ok=True)
        for command, option in (
            ("check", "--output-file"),
            ("check", "--write-baseline"),
            ("migrate", "--output-file"),
        ):
            assert main([command, str(project), option, str(project / name)]) == 2
            assert sentence in capsys.readouterr().err, name
    assert (project / "pytest.ini").read_text() == LEGACY
    assert (elsewhere / "theirs.txt").read_text() == "theirs"


def test_exit_zero_is_for_findings_only(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(project), "--exit-zero"]) == 0
    assert "AT101" in capsys.readouterr().out
    (project / "test_it.py").write_text("async def test_it(:\n")
    assert main(["check", str(project), "--exit-zero"]) == 2


def test_quiet_prints_findings_and_errors_only(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(project), "--quiet"]) == 1
    output, errors = capsys.readouterr()
    assert output.startswith("pytest.ini:2:1 AT101 ")
    assert "ignored" not in output
    assert errors == ""
    (project / "test_it.py").write_text("async def test_it(:\n")
    assert main(["check", str(project), "-q"]) == 2
    assert capsys.readouterr().err.startswith("test_it.py:1: this Python cannot parse the file")
    with pytest.raises(SystemExit):
        main(["check", str(project), "-q", "-v"])


def test_what_is_long_is_a_table_unless_all_is_asked_for(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    body = "async def test_it_{}(event_loop):\n    event_loop.time()\n\n\n"
    (project / "test_it.py").write_text("".join(map(body.format, range(60))))
    monkeypatch.setenv("COLUMNS", "60")
    main(["check", str(project)])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("rule   severity found")
    assert lines[1].startswith("AT501  error       60    60      -  ")
    assert max(map(len, lines)) <= 60
    for verbose in ("-v", "--verbose"):
        main(["check", str(project), verbose])
        assert capsys.readouterr().out.count(" AT501 [") == 60


@pytest.mark.slow
def test_a_terminal_of_80_columns_shows_the_table_and_the_summary(project: Path) -> None:
    for number, name in enumerate(("event_loop", "loop, event_loop")):
        body = f"async def test_it_{{}}({name}):\n    event_loop.time()\n\n\n"
        (project / f"test_{number}.py").write_text("".join(map(body.format, range(60))))
    command = (sys.executable, HOOKS / "run.py", "check", project)
    terminal = Terminal(*command, cwd=project.parent, columns=80, rows=24)
    try:
        assert terminal.finish() == 1
    finally:
        terminal.close()
    first, *_, last = terminal.text.splitlines()
    assert first.startswith("rule   severity found  safe unsafe  what is wrong")
    assert last.startswith("Advice: ") or "findings left" in last


@pytest.mark.slow
def test_a_terminal_breaks_no_word(project: Path) -> None:
    terminal = Terminal(sys.executable, HOOKS / "run.py", "check", cwd=project, columns=40)
    try:
        assert terminal.finish() == 1
    finally:
        terminal.close()
    words = terminal.text.split()
    for sentence in (head_of("AT101").why, "1 finding left, 1 with a safe fix (migrate)."):
        assert set(sentence.split()) <= set(words)


def test_github_is_the_default_on_github(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    main(["check", str(project)])
    assert capsys.readouterr().out.startswith("::error file=pytest.ini,line=2,col=1,")


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        ("pyproject.toml", "[tool\n", "pyproject.toml:1"),
        ("tox.ini", "[a]\nx = 1\n[a]\n", "tox.ini:3"),
        (
            "pyproject.toml",
            "[tool.async-test-template]\nignore = { AT999 = 'x' }\n",
            "no rule AT999",
        ),
        ("pyproject.toml", "[tool.async-test-template]\nignore = { AT101 = '' }\n", "reason"),
        ("pyproject.toml", "[tool.async-test-template]\nignore = ['AT101']\n", "table"),
        ("pyproject.toml", "[tool.async-test-template]\nignores = {}\n", "no setting ignores"),
        (".copier-answers.yml", "loop_scope: class\nmode: fast\n", "none of auto, strict"),
        (".copier-answers.yml", "loop_scope: class\njust words\n", ".copier-answers.yml:2"),
        (".copier-answers.yml", "loop_scope: class\ntimeout: soon\n", "seconds"),
        ("setup.cfg", "\xff", "setup.cfg"),
    ],
)
def test_unusable_input_is_a_sentence_and_changes_nothing(
    file: str, content: str, sentence: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / file).write_bytes(content.encode("latin-1"))
    assert main(["migrate", str(project)]) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.startswith("error: ")
    assert sentence in errors
    assert errors.count("\n") == 1
    assert (project / "pytest.ini").read_text() == LEGACY


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["check", "nowhere"], "no such file or directory"),
        (["check", "no*"], "the pattern matches nothing"),
        (["adopt", "pytest.ini"], "not a directory"),
        (["check", "--select", "AT999"], "no rule AT999"),
        (["check", "--answers-file", "none.yml"], "cannot be read"),
        (["explain", "AT999"], "no rule AT999"),
        (["migrate", "--interactive"], "needs a terminal"),
    ],
)
def test_wrong_arguments_are_a_sentence(
    arguments: list[str],
    sentence: str,
    project: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(project)
    assert main(arguments) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [[], ["check", "--timeout", "soon"], ["check", "--mode", "x"]]
)
def test_argparse_ends_with_the_same_status(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "usage: async-test-template" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "nearest"),
    [("--severty=AT1=error", "--severity"), ("--exit-zer", "--exit-zero"), ("-x", "")],
)
def test_an_unknown_option_is_refused_with_the_nearest(
    option: str, nearest: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["check", str(project), option, "--unknown-at-all"])
    assert stopped.value.code == 2
    assert (f"(the nearest is {nearest})" in capsys.readouterr().err) == bool(nearest)


def test_an_option_of_another_command_is_refused_with_that(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["migrate", str(project), "--no-cache"])
    said = capsys.readouterr().err
    assert "(an option of check)" in said
    assert "nearest" not in said


def test_version_is_the_packages_own() -> None:
    pyproject = (HOOKS.parent / "pyproject.toml").read_text()
    assert f'version = "{__version__}"' in pyproject


def test_rules_and_explain(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    assert "AT105  loop-scope-mismatch" in capsys.readouterr().out
    assert main(["explain", "at101"]) == 0
    explained = capsys.readouterr().out
    assert "asyncio_mode = legacy\n```\n\nbecomes\n" in explained


def test_json_is_one_document(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", str(project), "--format", "json"])
    document = json.loads(capsys.readouterr().out)
    assert [finding["code"] for finding in document["findings"]] == ["AT101"]
    assert [entry["reason"] for entry in document["ignored"]] == ["no fixtures", "no hangs"]
    assert document["changed"] == []


@pytest.mark.slow
def test_a_reader_that_goes_away_gets_no_traceback(project: Path) -> None:
    process = start_engine("rules", cwd=project)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    with process.stderr:
        assert process.stderr.read() == ""
    process.wait(30)


@pytest.mark.slow
def test_an_encoding_that_lacks_a_character_is_no_crash(project: Path) -> None:
    (project / "test_süß.py").write_text("async def test_it(event_loop):\n    pass\n")
    process = start_engine("check", cwd=project, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    output, errors = process.communicate(timeout=30)
    assert process.returncode == 1, errors
    assert "s\\xfc\\xdf" in output


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals are sent as POSIX does")
@pytest.mark.parametrize("interrupted_run", [1, 2])
def test_ctrl_c_exits_130_and_leaves_the_old_files(interrupted_run: int, project: Path) -> None:
    command = (
        f'echo >> runs; [ "$(wc -l < runs)" -lt {interrupted_run} ] || kill -INT $PPID; sleep 1'
    )
    process = start_engine("migrate", "--verify", command, cwd=project)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130, errors
    assert "Interrupted" in errors
    assert (project / "runs").read_text() == "\n" * interrupted_run
    assert (project / "pytest.ini").read_text() == LEGACY


def test_paths_are_those_from_the_current_directory(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.parent)
    assert main(["check", project.name]) == 1
    assert capsys.readouterr().out.startswith(f"{project.name}/pytest.ini:2:1 AT101")
    main(["migrate", project.name, "--diff"])
    patch = capsys.readouterr().out
    assert patch.startswith(f"--- a/{project.name}/pytest.ini\n")
    subprocess.run(["git", "apply", "-"], input=patch.encode(), check=True)
    assert (project / "pytest.ini").read_text() == FIXED


def test_a_file_that_cannot_be_parsed_is_named(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "conftest.py").write_text("import pytest_asyncio\n\ndef (:\n")
    for command in (["check"], ["migrate", "--diff"], ["migrate"]):
        assert main([*command, str(project)]) == 2
        errors = capsys.readouterr().err
        assert "conftest.py:3: this Python cannot parse the file" in errors
        assert "Nothing to do.\n" not in errors
    main(["check", str(project), "--format", "json"])
    (entry,) = json.loads(capsys.readouterr().out)["unreadable"]
    assert (entry["file"], entry["line"]) == ("conftest.py", 3)
    assert entry["message"]
    main(["check", str(project), "--format", "github"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith("::error file=conftest.py,line=3,title=cannot be parsed::")
    main(["check", str(project), "--format", "sarif"])
    (invocation,) = json.loads(capsys.readouterr().out)["runs"][0]["invocations"]
    assert not invocation["executionSuccessful"]
    (notification,) = invocation["toolExecutionNotifications"]
    place = notification["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "conftest.py"
    assert place["region"] == {"startLine": 3}


def test_a_file_without_tests_need_not_parse(project: Path) -> None:
    (project / "old.py").write_text("print 'hello'\n")
    assert main(["migrate", str(project)]) == 0


@pytest.mark.slow
def test_a_configuration_above_the_project_is_reported_where_it_is(tmp_path: Path) -> None:
    above = tmp_path / "pytest.ini"
    above.write_text("[pytest]\nasyncio_mode = legacy\n")
    project = tmp_path / "service"
    project.mkdir()
    (project / "pyproject.toml").write_text('[project]\nname = "a"\ndependencies = ["pytest"]\n')
    done = run(sys.executable, HOOKS / "run.py", "check", "service", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.startswith(f"{above}:")
    assert "AT101 [error, no fix]" in done.stdout
    assert f"run this in {tmp_path}" in done.stdout


@pytest.mark.slow
def test_a_file_name_that_is_no_text_has_a_place_in_sarif(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n")
    test = os.fsencode(tmp_path) + b"/test_\xfe.py"
    Path(os.fsdecode(test)).write_text("async def test_it(event_loop):\n    pass\n")
    command = (sys.executable, HOOKS / "run.py", "check", "--format", "sarif")
    done = run(*command, cwd=tmp_path)
    assert done.returncode == 1, done.stdout
    assert "test_%FE.py" in done.stdout


def test_a_diff_cannot_be_verified(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrate", str(project), "--diff", "--verify", "true"]) == 2
    assert "--diff writes none" in capsys.readouterr().err


@pytest.mark.slow
def test_rules_on_code_are_imported_where_there_is_code(project: Path) -> None:
    script = (
        "import sys; from async_test_template.cli import main; main(['check'])\n"
        "print(any('.loops.at5' in name for name in sys.modules))"
    )

    def imported() -> str:
        done = run(sys.executable, "-c", script, cwd=project, PYTHONPATH=str(HOOKS))
        return done.stdout.splitlines()[-1]

    assert imported() == "False"
    (project / "test_it.py").write_text("def test_it(event_loop): pass\n")
    assert imported() == "True"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_a_full_disk_behind_the_output_is_told(project: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "async_test_template", "check"],
            cwd=project,
            env={**os.environ, "PYTHONPATH": str(HOOKS)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (2, "error: No space left on device\n")


@pytest.mark.parametrize("link", ["test_it.py", "more"])
def test_a_test_file_behind_a_link_is_told_and_never_taken_for_done(
    link: str,
    project: Path,
    tmp_path_factory: pytest.TempPathFactory,
    capfd: pytest.CaptureFixture[str],
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "test_it.py").write_text("async def test_it(): ...\n")
    (project / "pytest.ini").write_text(FIXED)
    (project / "link_to_nothing.py").symlink_to("nothing.py")
    (project / "again").symlink_to(project)
    assert main(["check", str(project), "--select", "AT5,AT7"]) == 0
    (project / link).symlink_to(elsewhere / "test_it.py" if link.endswith(".py") else elsewhere)
    capfd.readouterr()
    assert main(["check", str(project), "--select", "AT7"]) == 2
    assert "test_it.py:1: the file was left out: it is a symbolic link" in capfd.readouterr().err
    assert main(["patch", str(project)]) == 0
