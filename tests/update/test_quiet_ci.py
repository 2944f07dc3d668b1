"""An update does not conflict with the bots that bump the pins of CI."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from helpers import assert_done, choices, commit, first_release, git, run_copier

PINS = Path("includes/pins.jinja")
ALL_PINS = "{% set editions = {\n"
NEXT = "2999-01"
NEXT_PINS = f"""\
  '{NEXT}': {{
    'checkout': 'actions/checkout@{"a" * 40} # v99.0.0',
    'setup_uv': 'astral-sh/setup-uv@{"b" * 40} # v99.0.0',
    'image': 'ghcr.io/astral-sh/uv:99.0.0-python$PYTHON_VERSION-trixie-slim',
  }},
"""


class Service(NamedTuple):
    """A CI service: its answer, its file, its source, and a pin with the next one."""

    ci: str
    path: str
    source: str
    old: str
    new: str


GITHUB = Service(
    "github",
    ".github/workflows/test.yml",
    "template/{% if ci == 'github' %}.github{% endif %}/workflows/test.yml.jinja",
    "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1",
    f"actions/checkout@{'1' * 40} # v8.0.0",
)
GITLAB = Service(
    "gitlab",
    ".gitlab-ci.yml",
    "template/{% if ci == 'gitlab' %}.gitlab-ci.yml{% endif %}.jinja",
    "ghcr.io/astral-sh/uv:0.13.0-",
    "ghcr.io/astral-sh/uv:0.14.0-",
)
SERVICES = pytest.mark.parametrize(
    "service",
    [
        pytest.param(GITHUB, id="github"),
        pytest.param(GITLAB, id="gitlab", marks=pytest.mark.full),
    ],
)


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """Return the template of the work tree as a repository with a first release."""
    return first_release(tmp_path / "template")


def generate(template: Path, name: str, service: Service) -> Path:
    """Generate a project from the last release, and commit it."""
    project = template.parent / name
    data = ("--data", f"ci={service.ci}", "--data", "framework=library")
    source = f"git+file://{template}"
    assert_done(run_copier("copy", "--defaults", *data, source, project, cwd=template.parent))
    git(project, "init", "--quiet")
    commit(project)
    return project


def bump(project: Path, service: Service) -> str:
    """Bump a pin as Renovate and Dependabot do, and return the file."""
    file = project / service.path
    text = file.read_text()
    assert service.old in text
    text = text.replace(service.old, service.new)
    file.write_text(text)
    commit(project)
    return text


def edit(file: Path, old: str, new: str) -> None:
    """Replace what must be in a file."""
    text = file.read_text()
    assert old in text, file
    file.write_text(text.replace(old, new))


def release_next_pins(template: Path) -> None:
    """Release new pins for new projects, as CONTRIBUTING says."""
    edit(template / PINS, ALL_PINS, ALL_PINS + NEXT_PINS)
    first = f'"{choices("ci_pins")[0]}"'
    edit(template / "copier.yml", f"choices: [{first}", f'choices: ["{NEXT}", {first}')
    commit(template, "1.1.0")


def update(project: Path, *options: str) -> list[str]:
    """Update a project as a bot does, without a conflict; return the files that changed."""
    done = run_copier("update", "--defaults", "--skip-answered", *options, cwd=project)
    assert_done(done)
    assert git(project, "ls-files", "--unmerged") == ""
    return [line[3:] for line in git(project, "status", "--porcelain").splitlines()]


@pytest.mark.slow
@SERVICES
def test_a_release_that_leaves_ci_alone_leaves_the_bumped_pin(
    service: Service, template: Path
) -> None:
    project = generate(template, "project", service)
    text = bump(project, service)
    edit(template / "template/tests/async_guard.py.jinja", '"""', '"""\n\n"""')
    commit(template, "1.1.0")
    assert update(project) == [".copier-answers.yml", "tests/async_guard.py"]
    assert (project / service.path).read_text() == text


CHANGES = {
    "github": {
        "timeout-minutes: 15": "timeout-minutes: 20",
        "  pull_request:\n": "  merge_group:\n  pull_request:\n",
        # Two lines above a pin, and two below.
        "    steps:\n": "    env:\n      UV_NO_PROGRESS: 1\n    steps:\n",
        "a token in": "any token in",
    },
    "gitlab": {"timeout: 15": "timeout: 20", "# A newer push": "# A later push"},
}


@pytest.mark.slow
@SERVICES
def test_a_release_that_changes_other_lines_brings_them(service: Service, template: Path) -> None:
    project = generate(template, "project", service)
    text = bump(project, service)
    for old, new in CHANGES[service.ci].items():
        edit(template / service.source, old, new)
        assert old in text
        text = text.replace(old, new)
    commit(template, "1.1.0")
    assert update(project) == [".copier-answers.yml", service.path]
    assert (project / service.path).read_text() == text


# In the gate the test below has new pins, and test_ci.py the newest of them by default.
@pytest.mark.full
@SERVICES
def test_new_pins_are_for_new_projects(service: Service, template: Path) -> None:
    bumped = generate(template, "bumped", service)
    text = bump(bumped, service)
    plain = generate(template, "plain", service)
    release_next_pins(template)
    assert update(bumped) == [".copier-answers.yml"]
    assert (bumped / service.path).read_text() == text
    # GitHub's own token may not push a change of a workflow, so an update makes none here either.
    assert update(plain) == [".copier-answers.yml"]
    fresh = (generate(template, "fresh", service) / service.path).read_text()
    assert service.old not in fresh
    assert "99.0.0" in fresh
    # On demand they come.
    commit(plain)
    assert update(plain, "--data", f"ci_pins={NEXT}") == [".copier-answers.yml", service.path]
    assert (plain / service.path).read_text() == fresh


@pytest.mark.slow
def test_a_project_from_before_pins_were_recorded_keeps_its_own(template: Path) -> None:
    project = generate(template, "project", GITHUB)
    answers = project / ".copier-answers.yml"
    recorded = answers.read_text()
    answers.write_text(re.sub("(?m)^ci_pins: .*\n", "", recorded))
    assert answers.read_text() != recorded
    text = bump(project, GITHUB)
    release_next_pins(template)
    assert update(project) == [".copier-answers.yml"]
    assert answers.read_text() == recorded.replace("_commit: 1.0.0", "_commit: 1.1.0")
    assert (project / GITHUB.path).read_text() == text
