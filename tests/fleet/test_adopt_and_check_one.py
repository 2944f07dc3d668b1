"""`adopt_one.py` and `check_one.py` say what happened to a checkout, `report.py` to many."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest
from fleets import MINOR, Prototypes, end_script, run_script, state, waiting
from helpers import ROOT, commit, git

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = (
    '[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.11"\n'
    '[dependency-groups]\ndev = ["pytest>=8.4", "pytest-asyncio>=1"]\n'
)
TEST = "import asyncio\n\n\nasync def test_it():\n    await asyncio.sleep(0)\n"


@pytest.fixture
def with_engine(variables: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Return the environment of the scripts, with the engine of this checkout on the PATH."""
    command = tmp_path / "bin" / "async-test-template"
    command.parent.mkdir()
    engine = shlex.join([sys.executable, str(ROOT / "hooks" / "run.py")])
    log = shlex.quote(str(tmp_path / "started"))
    command.write_text(f'#!/bin/sh\nbasename "$PWD" >>{log}\nexec {engine} "$@"\n')
    command.chmod(0o755)
    return variables | {"PATH": f"{command.parent}{os.pathsep}{variables['PATH']}"}


def project(folder: Path, files: dict[str, str]) -> Path:
    """Make a repository."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    git(folder, "init", "--quiet", "--template=")
    commit(folder)
    return folder


def told(name: str, checkout: Path, variables: dict[str, str], *options: str) -> dict[str, Any]:
    """Run a script, and return its line; its exit status is that of the line."""
    done = run_script(name, *options, str(checkout), cwd=checkout.parent, env=variables)
    line: dict[str, Any] = json.loads(done.stdout)
    assert line["status"] == done.returncode, done.stderr
    return line


@pytest.mark.slow
def test_a_checkout_is_adopted_once(
    prototypes: Prototypes, with_engine: dict[str, str], tmp_path: Path
) -> None:
    shop = project(tmp_path / "shop", {"pyproject.toml": PROJECT, "tests/test_it.py": TEST})
    before = state(shop)
    template = f"--template={prototypes.url}"
    line = told("adopt_one.py", shop, with_engine, template, "--test=exit 3")
    assert (line["outcome"], line["status"]) == ("tests red", 6)
    assert state(shop) == before

    line = told("adopt_one.py", shop, with_engine, template, "--data=timeout=7")
    assert (line["outcome"], line["status"]) == ("adopted", 0)
    assert line["files"] == git(shop, "diff", "--cached", "--name-only").splitlines()
    assert {".copier-answers.yml", "pyproject.toml", "tests/async_guard.py"} <= {*line["files"]}
    assert any("pytest-timeout" in said for said in line["said"])
    answers = (shop / ".copier-answers.yml").read_text()
    assert f"_commit: {MINOR}\n" in answers
    assert "timeout: 7\n" in answers

    adopted = state(shop)
    line = told("adopt_one.py", shop, with_engine, template, "--data=timeout=7")
    assert (line["outcome"], line["sentence"]) == (
        "nothing to do",
        "the adoption is staged: commit it",
    )
    assert state(shop) == adopted
    commit(shop)
    assert told("adopt_one.py", shop, with_engine)["outcome"] == "nothing to do"


@pytest.mark.one_in(2)
@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("during", ["the engine", "the tests"])
def test_an_end_from_outside_leaves_the_checkout_whole(
    during: str, end: signal.Signals, variables: dict[str, str], tmp_path: Path
) -> None:
    """In the middle of the engine's work, when some of its files are written."""
    shop = project(tmp_path / "shop", {"pyproject.toml": PROJECT, "tests/test_it.py": TEST})
    before = state(shop)
    engine = tmp_path / "bin" / "async-test-template"
    engine.parent.mkdir()
    then = waiting(tmp_path) if during == "the engine" else "exit 0"
    engine.write_text(f"#!/bin/sh\necho half >pyproject.toml; echo half >new; {then}\n")
    engine.chmod(0o755)
    env = variables | {"PATH": f"{engine.parent}{os.pathsep}{variables['PATH']}"}
    end_script("adopt_one.py", end, "--test", waiting(tmp_path), cwd=shop, env=env)
    assert state(shop) == before


@pytest.mark.slow
def test_a_checkout_that_cannot_be_adopted_stays(
    with_engine: dict[str, str], tmp_path: Path
) -> None:
    old = PROJECT.replace(">=3.11", ">=3.8")
    shop = project(tmp_path / "shop", {"pyproject.toml": old, "tests/test_it.py": TEST})
    before = state(shop)
    line = told("adopt_one.py", shop, with_engine)
    assert (line["outcome"], line["status"]) == ("cannot be used", 2)
    assert "they need Python 3.11" in line["sentence"]
    assert state(shop) == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "outcome", "rules"),
    [
        ("def test_it(): ...\n", "clean", set()),
        (f"import pytest_asyncio\n{TEST}", "findings", {"AT112"}),
        ("def test_it(:\n    async def it(): ...\n", "cannot be used", set()),
    ],
)
def test_a_check_counts_the_findings_of_each_rule(
    text: str, outcome: str, rules: set[str], with_engine: dict[str, str], tmp_path: Path
) -> None:
    declared = PROJECT.replace(', "pytest-asyncio>=1"', "") if outcome == "clean" else PROJECT
    shop = project(tmp_path / "shop", {"pyproject.toml": declared, "tests/test_it.py": text})
    before = state(shop)
    line = told("check_one.py", shop, with_engine, f"--sarif={tmp_path / 'it.sarif'}")
    assert line["outcome"] == outcome, line
    assert rules <= {finding["rule"] for finding in line["findings"]}
    assert state(shop) == before
    results = json.loads((tmp_path / "it.sarif").read_text())["runs"][0]["results"]
    assert len(results) == sum(finding["count"] for finding in line["findings"])


def test_a_folder_that_is_not_there_is_told(with_engine: dict[str, str], tmp_path: Path) -> None:
    line = told("check_one.py", tmp_path / "nowhere", with_engine)
    assert line["sentence"] == f"{tmp_path / 'nowhere'} is not a folder"


# The gate counts the findings of one checkout.
@pytest.mark.full
def test_a_report_counts_by_rule_and_is_gone_on_with(
    with_engine: dict[str, str], tmp_path: Path
) -> None:
    """A second run looks at what could not be checked, has changed, or was not finished."""
    bare = PROJECT.replace(', "pytest-asyncio>=1"', "")
    sync = "def test_it(): ...\n"
    project(tmp_path / "a" / "same", {"pyproject.toml": bare, "tests/test_it.py": sync})
    project(tmp_path / "b" / "same", {"pyproject.toml": PROJECT, "tests/test_it.py": TEST})
    project(tmp_path / "broken", {"pyproject.toml": PROJECT, "tests/test_it.py": f"({TEST}"})
    started = tmp_path / "started"

    def report() -> tuple[int, str]:
        started.write_text("")
        options = ("--results", "results", "--jobs=1", "a/same", "b/same", "broken")
        done = run_script("report.py", *options, cwd=tmp_path, env=with_engine)
        return done.returncode, done.stdout

    def looked_at() -> list[str]:
        # The first start is for the version.
        return sorted(started.read_text().split()[1:])

    status, first = report()
    assert status == 1
    assert first.startswith(
        "3 checkouts: 1 with errors, 0 with warnings, 0 with advice, 1 with nothing, 1 that could "
        "not be checked whole.\n"
    )
    assert "| AT112 async-tests-unmarked | error | 1 | 1 | same |\n| AT103 " in first
    assert f"\n- {tmp_path / 'broken'}: not all could be read: " in first
    assert looked_at() == ["broken", "same", "same"]
    results = tmp_path / "results"
    assert len(list(results.glob("same-*.sarif"))) == 2
    lines = (results / "report.jsonl").read_text().splitlines()
    assert [json.loads(line)["outcome"] for line in lines] == [
        "clean",
        "findings",
        "cannot be used",
    ]

    assert report() == (status, first)
    assert looked_at() == ["broken"]
    # By another release of the engine.
    file = results / "report.jsonl"
    file.write_text(file.read_text().replace('"engine": "', '"engine": "0.', 1))
    assert report() == (status, first)
    assert looked_at() == ["broken", "same"]
    # A kill in the middle of the second line.
    (results / "report.jsonl").write_text(f"{lines[0]}\n{lines[1][:40]}")
    (tmp_path / "a" / "same" / "tests" / "test_more.py").write_text(sync)
    assert report() == (status, first)
    assert looked_at() == ["broken", "same", "same"]


def test_a_report_of_something_else_is_told(with_engine: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "report.jsonl").write_text("other\n")
    done = run_script("report.py", "--results", ".", ".", cwd=tmp_path, env=with_engine)
    assert (done.returncode, done.stdout) == (2, "")
    assert "report.jsonl is no report of this script" in done.stderr
