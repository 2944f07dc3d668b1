"""The pipelines: those that a project can ask for, and our own."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from helpers import ROOT, choices, render, run

if TYPE_CHECKING:
    from subprocess import CompletedProcess

PYTHONS = choices("python_version")
KINDS = choices("project_kind")
OURS = ROOT / ".github" / "workflows" / "ci.yml"
GITHUB = Path(".github/workflows/test.yml")
GITLAB = Path(".gitlab-ci.yml")
PINNED = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def workflow(text: str) -> dict[str, Any]:
    """Read a workflow, whose `on:` is a truth value to YAML 1.1."""
    content: dict[Any, Any] = yaml.safe_load(text)
    return {"on" if key is True else key: value for key, value in content.items()}


def commands(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


@pytest.fixture(params=KINDS)
def project_kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
def github(tmp_path: Path, template: Path, project_kind: str) -> Path:
    return render(tmp_path, template, ci="github", project_kind=project_kind) / GITHUB


@pytest.fixture
def workflows(github: Path) -> list[Path]:
    return [github, OURS]


@pytest.mark.parametrize("python_version", PYTHONS)
def test_github_tests_every_python_from_the_oldest_supported(
    tmp_path: Path, template: Path, project_kind: str, python_version: str
) -> None:
    answers = {"ci": "github", "project_kind": project_kind, "python_version": python_version}
    content = workflow((render(tmp_path, template, **answers) / GITHUB).read_text())
    matrix = content["jobs"]["test"]["strategy"]["matrix"]
    assert matrix == {"python-version": PYTHONS[PYTHONS.index(python_version) :]}


@pytest.mark.parametrize("python_version", PYTHONS)
def test_gitlab_tests_every_python_from_the_oldest_supported(
    tmp_path: Path, template: Path, project_kind: str, python_version: str
) -> None:
    answers = {"ci": "gitlab", "project_kind": project_kind, "python_version": python_version}
    content = yaml.safe_load((render(tmp_path, template, **answers) / GITLAB).read_text())
    matrix = content["test"]["parallel"]["matrix"]
    assert matrix == [{"PYTHON_VERSION": PYTHONS[PYTHONS.index(python_version) :]}]


def test_every_action_is_pinned_to_a_commit_and_says_its_version(workflows: list[Path]) -> None:
    for path in workflows:
        uses = re.findall(r"uses: (.*)", path.read_text())
        assert len(uses) >= 2, path
        assert [action for action in uses if not PINNED.fullmatch(action)] == []


def test_all_workflows_pin_the_same_commits(workflows: list[Path]) -> None:
    pins = {pin for path in workflows for pin in re.findall(r"uses: (.*)", path.read_text())}
    assert len({pin.partition("@")[0] for pin in pins}) == len(pins)


def test_jobs_read_the_code_and_nothing_else(workflows: list[Path]) -> None:
    for path in workflows:
        content = workflow(path.read_text())
        assert content["permissions"] == {}
        assert set(content["on"]) == {"push", "pull_request"}
        assert content["concurrency"]["cancel-in-progress"] is True
        for job in content["jobs"].values():
            assert job["permissions"] == {"contents": "read"}
            assert job["timeout-minutes"] <= 30
            checkout = job["steps"][0]
            assert checkout["uses"].startswith("actions/checkout@")
            assert checkout["with"] == {"persist-credentials": False}


def test_zizmor_finds_nothing(workflows: list[Path]) -> None:
    done = zizmor(*workflows)
    assert done.returncode == 0, done.stdout


def test_zizmor_finds_what_is_wrong(tmp_path: Path) -> None:
    broken = tmp_path / ".github" / "workflows" / "ci.yml"
    broken.parent.mkdir(parents=True)
    broken.write_text(OURS.read_text().replace("persist-credentials: false", "fetch-depth: 1"))
    done = zizmor(broken)
    assert done.returncode != 0
    assert "artipacked" in done.stdout


def zizmor(*paths: Path) -> CompletedProcess[str]:
    program = Path(sys.executable).with_name("zizmor")
    return run(program, "--pedantic", "--offline", "--no-progress", *paths, cwd=ROOT)


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_a_new_project_is_tested_with_its_test_group_alone_and_linted(
    tmp_path: Path, template: Path, ci: str
) -> None:
    test, lint = scripts(render(tmp_path, template, ci=ci, project_kind="new"))
    assert test == ["uv run --no-dev --group test pytest"]
    assert lint == ["uv run ruff check", "uv run ruff format --check", "uv run mypy"]


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_an_existing_project_is_tested_but_not_linted(
    tmp_path: Path, template: Path, ci: str
) -> None:
    assert scripts(render(tmp_path, template, ci=ci, project_kind="existing")) == [
        ["uv run --group test pytest"]
    ]


def scripts(project: Path) -> list[list[str]]:
    """Return what each job runs."""
    if (project / GITHUB).exists():
        jobs = workflow((project / GITHUB).read_text())["jobs"]
        return [commands(job) for job in jobs.values()]
    jobs = yaml.safe_load((project / GITLAB).read_text())
    return [job["script"] for job in jobs.values() if "script" in job]


def test_gitlab_gets_the_keys_that_it_needs(
    tmp_path: Path, template: Path, project_kind: str
) -> None:
    project = render(tmp_path, template, ci="gitlab", project_kind=project_kind)
    content = yaml.safe_load((project / GITLAB).read_text())
    jobs = {key: job for key, job in content.items() if key not in {"default", "variables"}}
    rules = jobs.pop("workflow")["rules"]
    assert [sorted(rule) for rule in rules] == [["if"], ["if"]]
    assert jobs
    for job in jobs.values():
        assert job["stage"] == "test"
        assert job["script"]
        variables = job.get("variables") or job["parallel"]["matrix"][0]
        assert "PYTHON_VERSION" in variables
    image = content["default"]["image"]
    assert re.fullmatch(r"[\w./-]+/uv:\d+\.\d+\.\d+-python\$PYTHON_VERSION-[\w-]+", image)
    assert content["default"]["timeout"] == "15 minutes"


@pytest.mark.parametrize("ci", choices("ci"))
def test_only_the_pipeline_that_was_asked_for_is_there(
    tmp_path: Path, template: Path, project_kind: str, ci: str
) -> None:
    project = render(tmp_path, template, ci=ci, project_kind=project_kind)
    assert (project / ".github").exists() == (ci == "github")
    assert (project / GITLAB).exists() == (ci == "gitlab")


@pytest.mark.parametrize(("ci", "path"), [("github", GITHUB), ("gitlab", GITLAB)])
def test_a_pipeline_that_was_there_first_stays(
    tmp_path: Path, template: Path, ci: str, path: Path
) -> None:
    mine = tmp_path / path
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text("mine\n")
    render(tmp_path, template, ci=ci, project_kind="existing")
    assert mine.read_text() == "mine\n"
