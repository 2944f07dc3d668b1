"""What the user wants of the rules, from pyproject.toml and from the command line alike."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from async_test_template.cli import main
from async_test_template.globs import is_meant
from async_test_template.policy_reader import SHAPES

if TYPE_CHECKING:
    from pathlib import Path

TEST = "async def test_it(event_loop):\n    event_loop.time()\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """AT101 is in pytest.ini, AT501 in two test files."""
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = legacy\n")
    for folder in ("old", "new"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"test_{folder}.py").write_text(TEST)
    return tmp_path


def report(project: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:  # noqa: ANN401
    capsys.readouterr()
    main(["check", str(project), "--format", "json", *arguments])
    return json.loads(capsys.readouterr().out)


def found(project: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> set[str]:
    """Return what is reported of the two rules, each with the folder of its file."""
    places = {
        f"{finding['code']} {finding['file'].rpartition('/')[0]}".strip()
        for finding in report(project, capsys, *arguments)["findings"]
    }
    return {place for place in places if place[:5] in {"AT101", "AT501"}}


ALL = {"AT101", "AT501 old", "AT501 new"}


@pytest.mark.parametrize(
    ("settings", "options", "left"),
    [
        ('select = ["AT1"]', ["--select", "AT1"], {"AT101"}),
        ('select = ["AT2"]\nextend-select = ["AT501"]', [], {"AT501 old", "AT501 new"}),
        ('extend-select = ["AT216"]', ["--extend-select", "at216"], ALL),
        ('ignore = { AT5 = "so" }', ["--ignore", "AT5"], {"AT101"}),
        ('ignore = { AT5 = "so", AT501 = "more" }', ["--ignore", "at5, AT50"], {"AT101"}),
        (
            'per-file-ignores = { "old/**" = { AT5 = "so" } }',
            ["--per-file-ignores", "old:AT5"],
            {"AT101", "AT501 new"},
        ),
        ('exclude = ["old"]', ["--exclude", "old/test_*.py"], {"AT101", "AT501 new"}),
        ('exclude = ["pytest.ini", "new"]', ["--exclude", "new,*.ini"], {"AT501 old"}),
    ],
)
def test_settings_and_options_say_what_is_reported_and_changed(
    settings: str,
    options: list[str],
    left: set[str],
    project: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert found(project, capsys) == ALL
    if options:
        assert found(project, capsys, *options) == left
    (project / "pyproject.toml").write_text(f"[tool.async-test-template]\n{settings}\n")
    assert found(project, capsys) == left
    before = {path: path.read_bytes() for path in project.rglob("*.*")}
    main(["migrate", "--unsafe", str(project), *options])
    changed = {path.parent.name for path, data in before.items() if path.read_bytes() != data}
    wanted = {place[6:] or project.name for place in left}
    assert changed == wanted


def test_patterns_of_the_command_line_begin_at_the_current_folder(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        (project / name / "old").mkdir(parents=True)
        (project / name / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n")
        (project / name / "old" / "test_it.py").write_text(TEST)
    here = {"AT501 one/old", "AT501 two/old"}
    monkeypatch.chdir(project)
    assert found(project, capsys) == ALL | here
    for option, pattern in (("--exclude", "one/old"), ("--per-file-ignores", "one/**:AT5")):
        assert found(project, capsys, option, pattern) == ALL | {"AT501 two/old"}
    monkeypatch.chdir(project / "one")
    assert found(project / "one", capsys, "--exclude", "old/*.py") == set()
    # Those of the settings begin at the settings.
    (project / ".git").mkdir()
    (project / "pyproject.toml").write_text(
        '[tool.async-test-template]\nexclude = ["one/old/*.py"]\n'
    )
    assert found(project / "one", capsys) == set()
    assert found(project / "two", capsys) == {"AT501 old"}


def test_select_on_the_command_line_replaces_that_of_the_project(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "pyproject.toml").write_text('[tool.async-test-template]\nselect = ["AT1"]\n')
    assert found(project, capsys, "--select", "AT5") == {"AT501 old", "AT501 new"}
    assert found(project, capsys, "--extend-select", "AT5") == ALL


def test_an_optional_rule_runs_by_its_whole_code_in_the_settings(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n")
    for key, code, runs in (
        ("extend-select", "AT216", True),
        ("select", "AT216", True),
        ("select", "AT2", False),
        ("extend-select", "AT21", False),
    ):
        (project / "pyproject.toml").write_text(f'[tool.async-test-template]\n{key} = ["{code}"]\n')
        codes = {finding["code"] for finding in report(project, capsys)["findings"]}
        assert ("AT216" in codes) == runs, (key, code)


def test_the_reason_is_that_of_the_closest_name(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "pyproject.toml").write_text(
        '[tool.async-test-template]\nignore = { AT501 = "rule", AT = "all" }\n'
        'per-file-ignores = { "new" = { AT5 = "new code" } }\n'
    )
    ignored = report(project, capsys)["ignored"]
    reasons = {(entry["file"], entry["reason"]) for entry in ignored if entry["code"] != "AT103"}
    assert {
        ("pytest.ini", "all"),
        ("old/test_old.py", "rule"),
        ("new/test_new.py", "new code"),
    } <= reasons


@pytest.mark.parametrize("by_option", [True, False])
def test_a_severity_decides_about_the_exit_status(
    by_option: bool,  # noqa: FBT001 - a parameter
    project: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = ["--select", "AT101"]
    if by_option:
        options += ["--severity", "AT1=error", "--severity", "AT101=advice"]
    else:
        (project / "pyproject.toml").write_text(
            '[tool.async-test-template.severity]\nAT1 = "error"\nAT101 = "advice"\n'
        )
    assert main(["check", str(project), *options]) == 0
    assert "AT101 [advice, safe fix]" not in capsys.readouterr().out
    main(["check", str(project), *options, "--advice"])
    assert "AT101 [advice, safe fix]" in capsys.readouterr().out
    (finding,) = report(project, capsys, *options)["findings"]
    assert finding["severity"] == "advice"
    main(["check", str(project), *options, "--format", "sarif"])
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    assert [result["level"] for result in run["results"]] == ["note"]
    assert main(["migrate", str(project), *options]) == 0
    assert "auto" in (project / "pytest.ini").read_text()


def test_a_file_that_cannot_be_parsed_may_be_excluded(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "old" / "test_old.py").write_text(f"{TEST}print 'old'\n")
    assert main(["check", str(project), "--select", "AT5"]) == 2
    assert "cannot parse" in capsys.readouterr().err
    assert main(["check", str(project), "--select", "AT5", "--exclude", "old"]) == 1
    assert "cannot parse" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("settings", "line", "sentence"),
    [
        ("ignroe = {}", 2, "there is no setting ignroe; the nearest is ignore"),
        ("per_file_ignores = {}", 2, "the nearest is per-file-ignores"),
        ('select = ["AT1", "AT999"]', 2, "there is no rule AT999; the nearest is AT9"),
        ('select = [\n  "AT1",\n  "AT01",\n]', 4, "there is no rule AT01; the nearest is AT"),
        ('select = [""]', 2, "there is no rule ; the nearest is AT"),
        ('select = ["at101"]', 2, "there is no rule at101; the nearest is AT101"),
        ('extend-select = "AT216"', 2, 'extend-select is a list of rules, ["AT216"]'),
        ('ignore = { blocking-slep = "so" }', 2, "the nearest is AT514 (blocking-sleep)"),
        ('ignore = { AT5 = " " }', 2, "AT5 is ignored without a reason"),
        ("ignore = { AT5 = 5 }", 2, "AT5 is ignored without a reason"),
        ('ignore = ["AT501"]', 2, 'ignore is a table, { CODE = "reason" }'),
        ('per-file-ignores = ["a"]', 2, "per-file-ignores is a table, {"),
        ('per-file-ignores = { "a" = ["AT5"] }', 2, "per-file-ignores is a table, {"),
        ('per-file-ignores = { "a" = { AT999 = "so" } }', 2, "there is no rule AT999"),
        ('per-file-ignores = { "a" = { AT501 = "" } }', 2, "AT501 is ignored without a reason"),
        ('exclude = "old"', 2, 'exclude is a list of patterns, ["examples", '),
        ('exclude = ["old", "./"]', 2, "the pattern './' means no file"),
        ('severity = { AT101 = "warn" }', 2, "there is no severity warn; the nearest is warning"),
        ("severity = { AT101 = 1 }", 2, 'severity is a table, { CODE = "advice" }'),
        ('severity = { AT999 = "error" }', 2, "there is no rule AT999"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_place(
    settings: str, line: int, sentence: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "pyproject.toml").write_text(f"[tool.async-test-template]\n{settings}\n")
    for command in (["check"], ["migrate", "--unsafe"], ["patch"]):
        assert main([*command, str(project)]) == 2
        output, errors = capsys.readouterr()
        assert output == ""
        assert errors.startswith(f"error: {project / 'pyproject.toml'}:{line}:")
        assert sentence in errors


def test_a_value_in_place_of_the_table_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "pyproject.toml").write_text("[tool]\nasync-test-template = 5\n")
    assert main(["check", str(project)]) == 2
    assert "pyproject.toml:2:1: async-test-template is a table" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--select", "AT999", "--select: there is no rule AT999; the nearest is AT9"),
        ("--extend-select", "AT0x", "--extend-select: there is no rule AT0x; the nearest is AT0"),
        ("--ignore", "blocking-sleep", "the nearest is AT514 (blocking-sleep)"),
        ("--per-file-ignores", "AT501", "'AT501' is not PATTERN:CODE"),
        ("--per-file-ignores", "old:AT999", "there is no rule AT999"),
        ("--severity", "AT101", "'AT101' is not CODE=LEVEL"),
        ("--severity", "AT101=eror", "there is no severity eror; the nearest is error"),
        ("--severity", "AT999=error", "there is no rule AT999"),
    ],
)
def test_a_wrong_option_is_refused(
    option: str, value: str, sentence: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(project), option, value]) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("pattern", "meant", "other"),
    [
        ("old", ["old", "old/a.py", "tests/old/b/a.py"], ["older/a.py", "tests/old.py"]),
        ("old/", ["old/a.py", "tests/old/a.py"], ["older/a.py"]),
        ("test_*.py", ["test_a.py", "a/b/test_a.py"], ["a/b/my_test_a.py"]),
        ("/old", ["old/a.py"], ["tests/old/a.py"]),
        ("./old/b", ["old/b/a.py"], ["old/a.py", "x/old/b/a.py"]),
        ("old/*.py", ["old/a.py"], ["old/b/a.py", "a/old/b.py"]),
        ("old/**", ["old/a.py", "old/b/a.py"], ["a/old/b.py"]),
        ("**/old/*.py", ["old/a.py", "x/y/old/a.py"], ["old/b/a.py"]),
        ("old/**/a.py", ["old/a.py", "old/b/c/a.py"], ["old/b/c.py"]),
        ("Old", [], ["old/a.py"]),
    ],
)
def test_a_pattern_means_files_and_what_is_below_folders(
    pattern: str, meant: list[str], other: list[str]
) -> None:
    assert [is_meant(file, pattern) for file in meant] == [True] * len(meant)
    assert [is_meant(file, pattern) for file in other] == [False] * len(other)


def test_there_are_no_more_settings_than_those_tried_here() -> None:
    assert set(SHAPES) == {
        "select",
        "extend-select",
        "ignore",
        "per-file-ignores",
        "exclude",
        "severity",
    }
