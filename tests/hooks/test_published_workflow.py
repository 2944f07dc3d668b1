"""The workflow and the action that others use check their code, at the version that they name."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from async_test_template import HOME
from helpers import ROOT, commit, git, interpreter, run

if TYPE_CHECKING:
    from subprocess import CompletedProcess

WORKFLOW = ROOT / ".github" / "workflows" / "check.yml"
JOBS: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text())["jobs"]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
ON_CI = (ROOT / "docs" / "ci.md").read_text()
#: The owner and the name of this repository.
NAME = HOME.removeprefix("https://github.com/")
TEMPORARY = "${{ runner.temp }}"
WRONG = (
    "[pytest]\nasyncio_default_fixture_loop_scope = function\ntimeout = 9\nasyncio_mode = legacy\n"
)


def example(used: str = "/.github/workflows/check.yml") -> str:
    """Return the example of a call on the page about CI."""
    blocks: list[str] = re.findall(r"```yaml\n(.*?)```", ON_CI, re.DOTALL)
    (call,) = (block for block in blocks if f"{NAME}{used}@" in block)
    return call


@pytest.mark.slow
@pytest.mark.parametrize("used", ["/.github/workflows/check.yml", ""])
def test_the_examples_are_workflows(used: str, tmp_path: Path) -> None:
    caller = tmp_path / "caller.yml"
    caller.write_text(f"on: push\n{example(used)}")
    validate = Path(sys.executable).with_name("check-jsonschema")
    schema = ("--builtin-schema", "vendor.github-workflows")
    done = run(validate, *schema, caller, cwd=tmp_path)
    assert done.returncode == 0, done.stdout


def test_the_example_grants_what_the_jobs_ask_for() -> None:
    """GitHub refuses a call that grants less; more would be too much."""
    asked = {right for job in JOBS.values() for right in job["permissions"].items()}
    (call,) = yaml.safe_load(example())["jobs"].values()
    assert call["permissions"] == dict(asked)
    workflow, _, version = call["uses"].partition("@")
    assert workflow == f"{NAME}/.github/workflows/check.yml"
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)


def test_only_the_job_that_uploads_may_write() -> None:
    assert JOBS["check"]["permissions"] == {"contents": "read"}
    assert JOBS["upload"]["permissions"]["security-events"] == "write"
    # It runs nothing: neither the caller's code nor ours.
    assert not any("run" in step for step in JOBS["upload"]["steps"])
    kept, got = (
        step["with"]
        for job in JOBS.values()
        for step in job["steps"]
        if "artifact@" in step.get("uses", "")
    )
    assert got["artifact-ids"] == "${{ needs.check.outputs.sarif }}"
    # Without a file, nothing is kept, and then nothing is uploaded.
    (keep,) = (step for step in JOBS["check"]["steps"] if step.get("with") == kept)
    assert keep["if"] == "${{ !cancelled() && steps.check.outputs.sarif }}"
    assert JOBS["check"]["outputs"]["sarif"] == f"${{{{ steps.{keep['id']}.outputs.artifact-id }}}}"
    assert JOBS["upload"]["if"] == "${{ !cancelled() && needs.check.outputs.sarif }}"
    name = kept["path"].removeprefix(f"{TEMPORARY}/")
    assert JOBS["upload"]["steps"][-1]["with"]["sarif_file"] == f"{got['path']}/{name}"


def test_nothing_is_written_into_the_checkout() -> None:
    """A link in it would lead what is written elsewhere, over the caller's own files for one."""
    written = r'[^>]>>? *("[^"]*")'
    (step,) = (step for step in JOBS["check"]["steps"] if "run" in step)
    files = ['"$GITHUB_OUTPUT"', '"$RUNNER_TEMP/async-tests.sarif"']
    assert re.findall(written, step["run"]) == [*files, files[0]]
    (step,) = (step for step in ACTION["runs"]["steps"] if "run" in step)
    assert re.findall(written, step["run"]) == [files[0], '"$sarif"', files[0]]
    paths = [
        value
        for job in JOBS.values()
        for step in job["steps"]
        for key, value in step.get("with", {}).items()
        if key in {"path", "sarif_file"}
    ]
    assert len(paths) == 3
    assert all(path.startswith(f"{TEMPORARY}/") for path in paths)


@pytest.fixture
def caller(tmp_path: Path) -> Path:
    """Return a checkout of a repository that calls us, with a project in each of two folders."""
    folder = tmp_path / "caller"
    for name in ("a service", "*"):
        (folder / name).mkdir(parents=True)
        (folder / name / "pytest.ini").write_text(WRONG)
    return folder


def check(
    step: dict[str, Any], caller: Path, published: Path, folder: str, **env: str
) -> tuple[CompletedProcess[str], list[dict[str, Any]], dict[str, str]]:
    """Run a step as GitHub does; return the outcome, the results in the SARIF file, the outputs."""
    contexts = {
        "github.action_path": str(published),
        "github.server_url": f"file://{published.parents[1]}",
        "job.workflow_repository": "org/async-test-template",
        "job.workflow_sha": git(published, "rev-parse", "1.0.0").strip(),
        "inputs.folder": folder,
    }
    assert "${{" not in step["run"]
    env |= {
        name: re.sub(r"\$\{\{ ([\w.]+) \}\}", lambda match: contexts[match[1]], value)
        for name, value in step["env"].items()
    }
    temporary = caller.with_name("temporary")
    temporary.mkdir(exist_ok=True)
    own = caller / "own.txt"
    own.write_text("nobody else's")
    link = caller / "async-tests.sarif"
    link.unlink(missing_ok=True)
    link.symlink_to(own)
    outputs = temporary / "outputs"
    outputs.write_text("")
    env |= {"GITHUB_ACTIONS": "true", "RUNNER_TEMP": str(temporary)}
    done = run("bash", "-e", "-c", step["run"], cwd=caller, GITHUB_OUTPUT=str(outputs), **env)
    assert own.read_text() == "nobody else's"
    said = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
    # What cannot be used at all leaves an empty file.
    sarif = (temporary / "async-tests.sarif").read_text() or '{"runs": [{"results": []}]}'
    (found,) = json.loads(sarif)["runs"]
    return done, found["results"], said


def places(results: list[dict[str, Any]]) -> list[str]:
    """Return where results are: the file, and the line."""
    found = []
    for result in results:
        place = result["locations"][0]["physicalLocation"]
        line = place["region"]["startLine"]
        found.append(f"{result['ruleId']} {place['artifactLocation']['uri']}:{line}")
    return sorted(found)


@pytest.mark.full
def test_the_caller_is_checked_at_the_version_that_it_names(published: Path, caller: Path) -> None:
    command = published / "hooks" / "async_test_template" / "cli.py"
    command.write_text("raise SystemExit('a later version')\n")
    commit(published)
    (step,) = (step for step in JOBS["check"]["steps"] if "run" in step)
    done, results, said = check(step, caller, published, "a service")
    assert done.returncode == 1, done.stdout
    assert "::error file=a service/pytest.ini,line=4,col=1,title=AT101 " in done.stdout
    assert places(results) == ["AT101 a%20service/pytest.ini:4"]
    # GitHub knows findings again by the category too.
    assert said == {"category": "async-test-template/a service", "sarif": "true"}
    assert JOBS["check"]["outputs"]["category"] == "${{ steps.check.outputs.category }}"

    (caller / "a service" / "pytest.ini").write_text(WRONG.replace("legacy", "auto"))
    done, results, _ = check(step, caller, published, "a service")
    assert done.returncode == 0, done.stdout
    assert results == []

    done, results, said = check(step, caller, published, "a service\n\n*\n")
    assert done.returncode == 1, done.stdout
    assert places(results) == ["AT101 %2A/pytest.ini:4"]
    assert said == {"category": "async-test-template/a service,*", "sarif": "true"}

    done, _, said = check(step, caller, published, "$(touch broken)")
    assert done.returncode == 2
    assert "sarif" not in said
    assert "no such file or directory" in done.stdout
    assert not (caller / "broken").exists()


@pytest.mark.slow
def test_the_action_checks_with_the_engine_beside_it(published: Path, caller: Path) -> None:
    step = ACTION["runs"]["steps"][1]
    python = interpreter("3.15").parent
    search = f"{python}{os.pathsep}{os.environ['PATH']}"
    done, results, said = check(step, caller, published, "a service\n*\n", PATH=search)
    assert done.returncode == 1, done.stdout
    assert "::error file=*/pytest.ini,line=4,col=1,title=AT101 " in done.stdout
    assert places(results) == ["AT101 %2A/pytest.ini:4", "AT101 a%20service/pytest.ini:4"]
    assert said == {
        "sarif": f"{caller.parent}/temporary/async-tests.sarif",
        "category": "async-test-template/a service,*",
    }
    done, _, said = check(step, caller, published, "none", PATH=search)
    assert done.returncode == 2
    assert said == {"category": "async-test-template/none"}


def test_the_action_uploads_what_it_found_unless_told_not_to() -> None:
    upload = ACTION["runs"]["steps"][2]
    # After findings, the step before has failed.
    condition = "!cancelled() && inputs.upload == 'true' && steps.check.outputs.sarif"
    assert upload["if"] == f"${{{{ {condition} }}}}"
    for name in ("sarif", "category"):
        assert f"${{{{ steps.check.outputs.{name} }}}}" in upload["with"].values()
    (job,) = yaml.safe_load(example(""))["jobs"].values()
    assert job["permissions"] == {"contents": "read", "security-events": "write"}
    assert job["steps"][-1]["uses"] == f"{NAME}@v1"
    assert job["steps"][-1]["with"].keys() <= ACTION["inputs"].keys()
