"""What the workflow of a release would do on GitHub, as far as it can be done here.

Not done here: what the actions of others do (uploads, attestations, PyPI), and what GitHub answers.
"""

from __future__ import annotations

import email
import os
import re
import shutil
import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
import repository
import tomllib
import yaml
from helpers import ROOT, assert_done, commit, git, run

import release

if TYPE_CHECKING:
    from email.message import Message
    from pathlib import Path

WORKFLOW: dict[Any, Any] = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())
JOBS: dict[str, Any] = WORKFLOW["jobs"]
OWNER = "acme-4"
#: By which others find a package.
ENTRY_POINTS = {
    "async_test_template": "[validate_pyproject.tool_schema]\nasync-test-template = ",
    "pytest_async_guard": "[pytest11]\nasync_guard = ",
}


def scripts(job: str) -> dict[str, str]:
    """Return the commands of a job by the name of their step."""
    return {step["name"]: step["run"] for step in JOBS[job]["steps"] if "run" in step}


def test_a_job_may_write_only_what_it_is_for() -> None:
    assert WORKFLOW["permissions"] == {}
    rights = {name: job["permissions"] for name, job in JOBS.items()}
    assert rights == {
        "test": {"contents": "read"},
        "build": {"contents": "read"},
        "publish": {"attestations": "write", "id-token": "write"},
        "release": {"contents": "write"},
    }
    # What may write has no code of this repository, and installs nothing.
    for job in ("publish", "release"):
        uses = " ".join(step.get("uses", "") for step in JOBS[job]["steps"])
        assert "checkout@" not in uses
        assert "setup-" not in uses
    assert [job.get("needs") for job in JOBS.values()] == [None, "test", "build", "publish"]
    assert JOBS["publish"]["environment"] == "pypi"


def test_only_a_tag_with_three_numbers_is_a_release() -> None:
    (pattern,) = WORKFLOW[True]["push"]["tags"]
    assert WORKFLOW[True].keys() == {"push"}
    # In GitHub's patterns a dot is a dot, and a plus repeats what stands before it.
    read = re.compile(pattern.replace(".", r"\."))
    assert all(map(read.fullmatch, ("1.4.0", "12.0.30")))
    assert not any(map(read.fullmatch, ("v1", "v1.4.0", "1.4", "1.4.0rc1", "1x4x0")))


@pytest.fixture
def fork(tmp_path: Path) -> tuple[Path, str]:
    """Return a clone with a new release of another owner, at its tag, and its version."""
    folder = tmp_path / "fork"
    for file in (*repository.shipped(), ROOT / "CHANGELOG.md"):
        copy = folder / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    metadata = folder / "pyproject.toml"
    text = metadata.read_text().replace(f"github.com/{repository.owner()}/", f"github.com/{OWNER}/")
    metadata.write_text(text)
    git(folder, "init", "--quiet", "--initial-branch=main")
    assert_done(run(sys.executable, "release/repository.py", cwd=folder))
    changelog = folder / "CHANGELOG.md"
    changelog.write_text(
        changelog.read_text().replace("## Unreleased\n", "## Unreleased\n\n- A.\n")
    )
    commit(folder)
    now = tomllib.loads(text)["project"]["version"]
    recorded = folder / release.RELEASES
    recorded.parent.mkdir(parents=True)
    head = git(folder, "rev-parse", "HEAD").strip()
    recorded.write_text(f'[releases]\n"{now}" = "{head}"\n')
    commit(folder)
    major, minor, _ = now.split(".")
    version = f"{major}.{int(minor) + 1}.0"
    for step in ("prepare", "record"):
        assert_done(
            run(
                sys.executable,
                release.__file__.replace(str(ROOT), str(folder)),
                step,
                version,
                cwd=folder,
            )
        )
        commit(folder, version if step == "prepare" else "")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--branch", version, str(folder), str(clone))
    return clone, version


# The gate builds both packages by their own names.
@pytest.mark.full
def test_the_tag_of_a_fork_builds_both_packages_with_its_name(
    fork: tuple[Path, str], tmp_path: Path
) -> None:
    clone, version = fork
    env = {"GITHUB_REF_NAME": version, "RUNNER_TEMP": str(tmp_path)}
    for script in scripts("build").values():
        assert_done(run("bash", "-e", "-c", script, cwd=clone, **env))
    notes = (tmp_path / "notes.md").read_text()
    assert notes.startswith("The update needs ")
    assert "- A.\n" in notes
    names = {"async_test_template", "pytest_async_guard"}
    kinds = {f"-{version}.tar.gz", f"-{version}-py3-none-any.whl"}
    built = {file.name: file for file in (tmp_path / "packages").iterdir()}
    assert built.keys() == {f"{name}{kind}" for name in names for kind in kinds}
    for name in names:
        wheel = read_wheel(built[f"{name}-{version}-py3-none-any.whl"])
        with tarfile.open(built[f"{name}-{version}.tar.gz"]) as archive:
            packed = {member.name.partition("/")[2] for member in archive}
        assert {"PKG-INFO", "README.md", "LICENSE", "pyproject.toml"} <= packed
        old = re.compile(rf"(?<![\w.-]){re.escape(repository.owner())}(?![\w.-])")
        assert not [path for path, text in wheel.items() if old.search(text)]
        (metadata,) = (text for path, text in wheel.items() if path.endswith("/METADATA"))
        judge(email.message_from_string(metadata), version)
        (points,) = (text for path, text in wheel.items() if path.endswith("/entry_points.txt"))
        assert ENTRY_POINTS[name] in points
    publish = ("uv", "publish", "--dry-run", "--trusted-publishing", "never")
    done = run(*publish, "--publish-url", "http://127.0.0.1:9/", *built.values(), cwd=tmp_path)
    assert_done(done)
    assert done.stdout.count("\nChecking ") == len(built)


def read_wheel(path: Path) -> dict[str, str]:
    """Return the texts in a wheel by their path."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def judge(metadata: Message, version: str) -> None:
    """Require what an index shows of a package."""
    home = f"https://github.com/{OWNER}/{repository.NAME}"
    assert metadata["Version"] == version
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Keywords"]
    assert "Typing :: Typed" in metadata.get_all("Classifier", ())
    urls = dict(url.split(", ") for url in metadata.get_all("Project-URL", ()))
    assert urls.keys() >= {"Source", "Documentation", "Issues", "Changelog"}
    site = f"https://{OWNER}.github.io/{repository.NAME}/"
    assert all(url.startswith((home, site)) for url in urls.values())
    readme = metadata.get_payload()
    assert isinstance(readme, str)
    targets = re.findall(r"\]\(([^)]*)\)", readme)
    assert targets
    assert all(target.startswith("https://") for target in targets)


@pytest.mark.parametrize("is_new", [True, False])
def test_the_release_gets_its_notes_and_the_tag_of_its_major_moves(
    tmp_path: Path, *, is_new: bool
) -> None:
    """A second attempt finds the release; the first release of a major finds no tag of it."""
    known = "exit 1" if is_new else "exit 0"
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "gh").write_text(
        f'#!/bin/sh\necho "$@" >> "{tmp_path}/asked"\n'
        f'case "$*" in "release view"*|*PATCH*) {known};; esac\n'
    )
    (programs / "gh").chmod(0o755)
    packages = tmp_path / "release" / "packages"
    packages.mkdir(parents=True)
    (packages / "a.whl").touch()
    env = {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "GH_REPO": "acme/tests",
        "GITHUB_REF_NAME": "12.4.0",
        "GITHUB_SHA": "abc",
    }
    for script in scripts("release").values():
        assert_done(run("bash", "-e", "-c", script, cwd=tmp_path, **env))
    create = (
        "release create 12.4.0 --verify-tag --title 12.4.0 "
        "--notes-file release/notes.md release/packages/a.whl"
    )
    move = "api --method PATCH repos/acme/tests/git/refs/tags/v12 -f sha=abc -F force=true"
    make = "api --method POST repos/acme/tests/git/refs -f ref=refs/tags/v12 -f sha=abc"
    asked = (tmp_path / "asked").read_text().splitlines()
    first = ["release view 12.4.0", create, move, make]
    assert asked == (first if is_new else [first[0], move])
