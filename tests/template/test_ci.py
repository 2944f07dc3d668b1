"""The pipelines: those that a project can ask for, and our own."""

from __future__ import annotations

import itertools
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from covering import Row, gated
from helpers import ROOT, assert_done, choices, render, run

if TYPE_CHECKING:
    from subprocess import CompletedProcess

PYTHONS = choices("python_version")
KINDS = choices("project_kind")
SHARDS = (1, 3)
OURS = ROOT / ".github" / "workflows" / "ci.yml"
ACTION = ROOT / "action.yml"
ANSWERS = Path(".copier-answers.yml")
GITHUB = Path(".github/workflows/test.yml")
GITLAB = Path(".gitlab-ci.yml")
PINNED = re.compile(r"[\w-]+(/[\w-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


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


@pytest.fixture(scope="module")
def variants(template: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return the workflow of every kind of project, whole and in shards, with every pins."""
    folder = tmp_path_factory.mktemp("variants")
    return [
        render(
            folder / f"{kind}-{shards}-{pins}",
            template,
            ci="github",
            project_kind=kind,
            ci_shards=shards,
            ci_pins=pins,
        )
        / GITHUB
        for kind, shards, pins in itertools.product(KINDS, SHARDS, choices("ci_pins"))
    ]


@pytest.fixture(scope="module")
def workflows(variants: list[Path]) -> list[Path]:
    """Return every workflow: ours, those that are generated, and the action."""
    ours = list(OURS.parent.glob("*"))
    assert OURS in ours
    return [ACTION, *ours, *variants]


@pytest.mark.one_in(3)
@pytest.mark.slow
@pytest.mark.parametrize("python_version", PYTHONS)
def test_github_tests_every_python_from_the_oldest_supported(
    tmp_path: Path, template: Path, project_kind: str, python_version: str
) -> None:
    answers = {"ci": "github", "project_kind": project_kind, "python_version": python_version}
    content = workflow((render(tmp_path, template, **answers) / GITHUB).read_text())
    matrix = content["jobs"]["test"]["strategy"]["matrix"]
    assert matrix == {"python-version": PYTHONS[PYTHONS.index(python_version) :]}


@pytest.mark.one_in(3)
@pytest.mark.slow
@pytest.mark.parametrize("python_version", PYTHONS)
def test_gitlab_tests_every_python_from_the_oldest_supported(
    tmp_path: Path, template: Path, project_kind: str, python_version: str
) -> None:
    answers = {"ci": "gitlab", "project_kind": project_kind, "python_version": python_version}
    content = yaml.safe_load((render(tmp_path, template, **answers) / GITLAB).read_text())
    matrix = content["test"]["parallel"]["matrix"]
    assert matrix == [{"PYTHON_VERSION": PYTHONS[PYTHONS.index(python_version) :]}]


@pytest.mark.slow
def test_every_action_is_pinned_to_a_commit_and_says_its_version(workflows: list[Path]) -> None:
    for path in workflows:
        uses = re.findall(r"uses: (.*)", path.read_text())
        assert len(uses) >= 2, path
        # A workflow of this repository is that of the same commit.
        others = [action for action in uses if not action.startswith("$/")]
        assert [action for action in others if not PINNED.fullmatch(action)] == []


@pytest.mark.slow
def test_all_workflows_pin_the_same_commits(workflows: list[Path]) -> None:
    """Older pins are for projects that began with them."""
    newest = choices("ci_pins")[0]
    now = [path for path in workflows if path.is_relative_to(ROOT) or newest in str(path)]
    pins = {pin for path in now for pin in re.findall(r"uses: (.*)", path.read_text())}
    assert len({pin.partition("@")[0] for pin in pins}) == len(pins)


@pytest.mark.slow
def test_every_edition_of_pins_can_be_chosen_and_the_newest_is_the_default(
    tmp_path: Path, template: Path
) -> None:
    editions = re.findall(
        r"^  '(.*)': {$", (ROOT / "includes/pins.jinja").read_text(), re.MULTILINE
    )
    assert editions == choices("ci_pins")
    answers = yaml.safe_load((render(tmp_path, template, ci="github") / ANSWERS).read_text())
    assert answers["ci_pins"] == editions[0]


@pytest.mark.slow
def test_jobs_read_the_code_and_nothing_else(variants: list[Path]) -> None:
    for path in [OURS, *variants]:
        content = workflow(path.read_text())
        assert content["permissions"] == {}
        assert set(content["on"]) == {"push", "pull_request"}
        assert content["concurrency"]["cancel-in-progress"] is True
        for job in content["jobs"].values():
            assert job["permissions"] == {"contents": "read"}
            assert job["timeout-minutes"] <= 30
            checkout = job["steps"][0]
            assert checkout["uses"].startswith("actions/checkout@")
            assert checkout["with"]["persist-credentials"] is False


def test_what_the_gate_leaves_out_runs_by_schedule_on_every_python_and_system() -> None:
    content = workflow((OURS.parent / "full.yml").read_text())
    assert content["permissions"] == {}
    assert "schedule" in content["on"]
    product, engine = content["jobs"]["product"], content["jobs"]["engine"]
    assert product["steps"][-1]["run"] == 'uv run pytest -m "full or not full"'
    assert engine["strategy"]["matrix"] == {
        "system": ["ubuntu-latest", "windows-latest", "macos-latest"],
        "python-version": ["3.10", *PYTHONS],
    }
    for job in (product, engine):
        assert job["permissions"] == {"contents": "read"}
    release = workflow((OURS.parent / "release.yml").read_text())
    assert "workflow_call" in content["on"]
    assert release["jobs"]["test"]["uses"].endswith("/full.yml")


@pytest.mark.slow
def test_zizmor_finds_nothing(workflows: list[Path]) -> None:
    done = zizmor(*workflows)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_the_services_can_read_them(tmp_path: Path, template: Path, workflows: list[Path]) -> None:
    assert_done(validate("vendor.github-workflows", *(set(workflows) - {ACTION})))
    assert_done(validate("vendor.github-actions", ACTION))
    pipelines = [
        render(tmp_path / f"{kind}{n}", template, ci="gitlab", project_kind=kind, ci_shards=n)
        / GITLAB
        for kind, n in itertools.product(KINDS, SHARDS)
    ]
    assert_done(validate("vendor.gitlab-ci", *pipelines))
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(OURS.read_text().replace("timeout-minutes", "timeout"))
    assert "'timeout'" in validate("vendor.github-workflows", wrong).stdout


def validate(schema: str, *paths: Path) -> CompletedProcess[str]:
    program = Path(sys.executable).with_name("check-jsonschema")
    return run(program, "--builtin-schema", schema, *paths, cwd=ROOT)


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_a_new_project_is_tested_with_its_test_group_alone_and_linted(
    tmp_path: Path, template: Path, ci: str
) -> None:
    test, lint = scripts(render(tmp_path, template, ci=ci, project_kind="new"))
    assert test == ["uv run --no-dev --group test pytest"]
    assert lint == ["uv run ruff check", "uv run ruff format --check", "uv run mypy"]


@pytest.mark.slow
@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_shards_are_jobs_of_every_python(
    tmp_path: Path, template: Path, project_kind: str, ci: str
) -> None:
    project = render(tmp_path, template, ci=ci, project_kind=project_kind, ci_shards=3)
    if ci == "github":
        job = workflow((project / GITHUB).read_text())["jobs"]["test"]
        matrix = job["strategy"]["matrix"]
        assert "${{ matrix.shard }}" in job["name"]
        assert job["steps"][-1]["env"] == {"SHARD": "${{ matrix.shard }}"}
    else:
        (matrix,) = yaml.safe_load((project / GITLAB).read_text())["test"]["parallel"]["matrix"]
    assert list(matrix.values()) == [PYTHONS, [1, 2, 3]]
    test = scripts(project)[0]
    assert [command.partition(" -p ")[2] for command in test] == [
        'no:randomly --splits 3 --group "$SHARD"'
    ]


@pytest.mark.slow
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


@pytest.mark.slow
def test_gitlab_gets_the_keys_that_it_needs(
    tmp_path: Path, template: Path, project_kind: str
) -> None:
    project = render(tmp_path, template, ci="gitlab", project_kind=project_kind)
    content = yaml.safe_load((project / GITLAB).read_text())
    jobs = {key: job for key, job in content.items() if key not in {"default", "variables"}}
    rules = jobs.pop("workflow")["rules"]
    assert rules == [
        {"if": '$CI_PIPELINE_SOURCE == "merge_request_event"'},
        {"if": "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"},
    ]
    assert jobs
    for job in jobs.values():
        assert job["stage"] == "test"
        assert job["script"]
        variables = job.get("variables") or job["parallel"]["matrix"][0]
        assert "PYTHON_VERSION" in variables
    image = content["default"]["image"]
    assert re.fullmatch(r"[\w./-]+/uv:\d+\.\d+\.\d+-python\$PYTHON_VERSION-[\w-]+", image)
    assert content["default"]["timeout"] == "15 minutes"


@pytest.mark.slow
@pytest.mark.parametrize("ci", choices("ci"))
def test_only_the_pipeline_that_was_asked_for_is_there(
    tmp_path: Path, template: Path, project_kind: str, ci: str
) -> None:
    project = render(tmp_path, template, ci=ci, project_kind=project_kind)
    assert (project / ".github").exists() == (ci == "github")
    assert (project / GITLAB).exists() == (ci == "gitlab")


@pytest.mark.slow
@pytest.mark.parametrize(("ci", "path"), [("github", GITHUB), ("gitlab", GITLAB)])
def test_a_pipeline_that_was_there_first_stays(
    tmp_path: Path, template: Path, ci: str, path: Path
) -> None:
    mine = tmp_path / path
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text("mine\n")
    render(tmp_path, template, ci=ci, project_kind="existing")
    assert mine.read_text() == "mine\n"


@pytest.fixture
def project(row: Row, tmp_path: Path) -> Path:
    """Return a folder for a new project, or an existing one with what the template asks for."""
    folder = tmp_path / "project"
    if row["project_kind"] == "existing":
        folder.mkdir()
        (folder / "pyproject.toml").write_text(EXISTING)
        for number in range(9):
            (folder / f"test_{number}.py").write_text("async def test_it(): ...\n")
    return folder


EXISTING = """\
[project]
name = "theirs"
version = "1"
requires-python = ">=3.11"

[dependency-groups]
test = ["pytest", "pytest-asyncio", "pytest-timeout"]

[tool.pytest.ini_options]
strict = true
asyncio_mode = "auto"
asyncio_default_fixture_loop_scope = "function"
asyncio_default_test_loop_scope = "function"
timeout = 30
"""


def jobs(*in_gate: tuple[str, str]) -> pytest.MarkDecorator:
    """Return each kind of project with each service; the gate takes those that are named.

    Both services have the same commands, as the tests above know.
    """
    rows = [{"project_kind": kind, "ci": ci} for kind in KINDS for ci in ("github", "gitlab")]
    return pytest.mark.parametrize("row", gated(rows, lambda row: (*row.values(),) in in_gate))


@pytest.mark.slow
@jobs(("new", "github"), ("existing", "gitlab"))
def test_what_the_jobs_run_goes_well(project: Path, template: Path, row: Row) -> None:
    render(project, template, ci=row["ci"], framework="library")
    for commands in scripts(project):
        for command in commands:
            assert_done(step(command, project))
    assert (project / "uv.lock").exists()


# The gate looks at the commands of the shards, and runs those without.
@pytest.mark.full
@jobs(("existing", "gitlab"))
def test_every_test_runs_in_one_shard(project: Path, template: Path, row: Row) -> None:
    """Also where a plugin orders the tests at random, in each job another way."""
    render(project, template, ci=row["ci"], framework="library", ci_shards=3)
    settings = project / "pyproject.toml"
    text = settings.read_text()
    settings.write_text(text.replace("\ntest = [", '\ntest = ["pytest-randomly", ', 1))
    (command,) = scripts(project)[0]
    shards = [names_run_by(command, project, SHARD=str(number)) for number in (1, 2, 3)]
    assert all(shards)
    whole = names_run_by(command.partition(" -p ")[0], project)
    assert sorted(itertools.chain(*shards)) == sorted(whole)


def names_run_by(command: str, project: Path, **env: str) -> list[str]:
    """Run a command that runs pytest, and return the names of the tests that it ran."""
    assert_done(step(command, project, PYTEST_ADDOPTS="--junit-xml=report.xml", **env))
    # Written by the pytest above.
    cases = ET.parse(project / "report.xml").iter("testcase")  # noqa: S314
    return [f"{case.get('classname')}.{case.get('name')}" for case in cases]


def step(command: str, project: Path, **env: str) -> CompletedProcess[str]:
    """Run a command as both services do, with the Python of this run."""
    return run("bash", "-e", "-c", command, cwd=project, UV_PYTHON=sys.executable, **env)
