"""The workflow that others call checks their code, at the version that they name."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from helpers import ROOT, commit, git, run

if TYPE_CHECKING:
    from subprocess import CompletedProcess

WORKFLOW = ROOT / ".github" / "workflows" / "check.yml"
JOBS: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text())["jobs"]
README = (ROOT / "README.md").read_text()
TEMPORARY = "${{ runner.temp }}"
WRONG = (
    "[pytest]\nasyncio_default_fixture_loop_scope = function\ntimeout = 9\nasyncio_mode = legacy\n"
)


def example() -> str:
    """Return the README's example of a call."""
    blocks: list[str] = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    (call,) = (block for block in blocks if "workflows/check.yml@" in block)
    return call


def test_the_example_is_a_workflow(tmp_path: Path) -> None:
    caller = tmp_path / "caller.yml"
    caller.write_text(f"on: push\n{example()}")
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
    assert workflow == "org/async-test-template/.github/workflows/check.yml"
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
    name = kept["path"].removeprefix(f"{TEMPORARY}/")
    assert JOBS["upload"]["steps"][-1]["with"]["sarif_file"] == f"{got['path']}/{name}"


def test_nothing_is_written_into_the_checkout() -> None:
    """A link in it would lead what is written elsewhere, over the caller's own files for one."""
    text = WORKFLOW.read_text()
    assert re.findall(r"> *(\S+)\n? *\|\|", text) == ['"$RUNNER_TEMP/async-tests.sarif"']
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
    """Return a checkout of a repository that calls the workflow, with a project in a folder."""
    folder = tmp_path / "caller"
    (folder / "a service").mkdir(parents=True)
    (folder / "a service" / "pytest.ini").write_text(WRONG)
    return folder


def check(caller: Path, published: Path, folder: str) -> tuple[CompletedProcess[str], str]:
    """Run what the job runs, as GitHub does; return the outcome, and the SARIF file."""
    contexts = {
        "github.server_url": f"file://{published.parents[1]}",
        "job.workflow_repository": "org/async-test-template",
        "job.workflow_sha": git(published, "rev-parse", "1.0.0").strip(),
        "inputs.folder": folder,
    }
    (step,) = (step for step in JOBS["check"]["steps"] if "run" in step)
    assert "${{" not in step["run"]
    env = {
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
    env |= {"GITHUB_ACTIONS": "true", "RUNNER_TEMP": str(temporary)}
    done = run("bash", "-e", "-c", step["run"], cwd=caller, **env)
    assert own.read_text() == "nobody else's"
    return done, (temporary / "async-tests.sarif").read_text()


@pytest.mark.slow
def test_the_caller_is_checked_at_the_version_that_it_names(published: Path, caller: Path) -> None:
    command = published / "hooks" / "async_test_template" / "cli.py"
    command.write_text("raise SystemExit('a later version')\n")
    commit(published)
    done, sarif = check(caller, published, "a service")
    assert done.returncode == 1, done.stdout
    assert "::error file=a service/pytest.ini,line=4,col=1,title=AT101 " in done.stdout
    (result,) = json.loads(sarif)["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert result["ruleId"] == "AT101"
    assert place["artifactLocation"]["uri"] == "a%20service/pytest.ini"
    assert place["region"]["startLine"] == 4

    (caller / "a service" / "pytest.ini").write_text(WRONG.replace("legacy", "auto"))
    done, sarif = check(caller, published, "a service")
    assert done.returncode == 0, done.stdout
    assert json.loads(sarif)["runs"][0]["results"] == []

    done, sarif = check(caller, published, "$(touch broken)")
    assert done.returncode == 2
    assert "no such file or directory" in done.stdout
    assert not (caller / "broken").exists()
