"""The answers file names the template as Copier and bots can read it, however it was given."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import yaml
from helpers import assert_done, commit, copy_template, git, run, run_copier

if TYPE_CHECKING:
    from pathlib import Path

NAME = "org/async-test-template"
ANSWERS_FILE = ".copier-answers.yml"
BESIDE = ".copier-answers.async-test.yml"
#: Hosts that git finds on this machine: nothing here uses the network.
HOSTS = (
    "https://github.com/",
    "https://gitlab.com/",
    "https://git.example.com/",
    "git@git.example.com:",
    "ssh://git@git.example.com/",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of bare repositories: the template, with two releases.

    The tag `v1`, by which GitHub finds the action, is none of them, and moves.
    """
    folder = tmp_path_factory.mktemp("server")
    work = copy_template(folder / "work")
    git(work, "init", "--quiet")
    commit(work, "1.0.0")
    git(work, "tag", "v1")
    guard = work / "template" / "tests" / "async_guard.py.jinja"
    guard.write_text(f"{guard.read_text()}\n# improved\n")
    commit(work, "1.1.0")
    git(work, "tag", "--force", "v1")
    git(folder, "clone", "--quiet", "--bare", str(work), f"{NAME}.git")
    return folder


@pytest.fixture
def redirected(server: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let git find every host in the folder of repositories."""
    rules = "".join(f"\tinsteadOf = {host}\n" for host in HOSTS)
    settings = tmp_path / "gitconfig"
    settings.write_text(f'[url "file://{server}/"]\n{rules}')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))


def copy(source: str, folder: Path, *options: str) -> str:
    """Generate a project from the first release, commit it, and return what Copier said."""
    given = ("--defaults", "--vcs-ref", "1.0.0", *options)
    done = run_copier("copy", *given, source, folder, cwd=folder.parent)
    assert_done(done)
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet")
    commit(folder)
    return done.stdout


def update(folder: Path, *options: str) -> None:
    """Update a project as a bot does, to the newest release."""
    assert_done(run_copier("update", "--defaults", "--skip-answered", *options, cwd=folder))


def stored(folder: Path, name: str = ANSWERS_FILE) -> tuple[str, str]:
    """Return the source and the release that an answers file names."""
    answers = yaml.safe_load((folder / name).read_text())
    return answers["_src_path"], answers["_commit"]


@pytest.mark.slow
@pytest.mark.usefixtures("redirected")
@pytest.mark.parametrize(
    ("given", "url"),
    [
        (f"gh:{NAME}", f"https://github.com/{NAME}"),
        *(
            pytest.param(given, url or given, marks=pytest.mark.full)
            for given, url in {
                f"gl:{NAME}": f"https://gitlab.com/{NAME}",
                f"gh:/{NAME}": f"https://github.com/{NAME}",
                f"gh:{NAME}.git": f"https://github.com/{NAME}.git",
                f"https://git.example.com/{NAME}.git": "",
                f"git@git.example.com:{NAME}.git": "",
                f"git+https://git.example.com/{NAME}": "",
                "git+file://{server}/" + NAME: "",
                "{server}/" + f"{NAME}.git": "",
            }.items()
        ),
    ],
)
def test_every_way_to_name_the_template_can_be_read(
    given: str, url: str, server: Path, tmp_path: Path
) -> None:
    url = url.format(server=server)
    project = tmp_path / "sample"
    said = copy(given.format(server=server), project, "--data", "project_kind=existing")
    assert stored(project) == (url, "1.0.0")
    [engine] = re.findall(r"uvx --from (\S+) async-test-template migrate", said)
    # What a bot does, and uv; git+ is no part of the URL, and both take it off.
    for source in (url, engine):
        tags = run("git", "ls-remote", "--tags", source.removeprefix("git+"), cwd=tmp_path)
        assert_done(tags)
        assert "\trefs/tags/1.1.0\n" in tags.stdout
    assert engine.startswith(("git+", str(server)))
    update(project)
    assert stored(project) == (url, "1.1.0")
    assert "# improved" in (project / "tests" / "async_guard.py").read_text()


@pytest.mark.one_in(3)
@pytest.mark.usefixtures("redirected")
@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("https://oauth2:S3CRET@git.example.com/", "https://git.example.com/"),
        ("git+https://S3CRET@git.example.com/", "git+https://git.example.com/"),
        ("ssh://git:S3CRET@git.example.com/", "ssh://git@git.example.com/"),
        ("ssh://git@git.example.com/", "ssh://git@git.example.com/"),
    ],
)
def test_no_token_of_the_source_is_written(
    given: str, written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Copier's cache takes the URLs with different tokens for one.
    monkeypatch.setenv("COPIER_CACHE_DIR", str(tmp_path / "cache"))
    # With the token, git sees another host.
    with (tmp_path / "gitconfig").open("a") as settings:
        settings.write(f"\tinsteadOf = {given.removeprefix('git+')}\n")
    project = tmp_path / "sample"
    copy(f"{given}{NAME}.git", project)
    assert stored(project) == (f"{written}{NAME}.git", "1.0.0")
    files = (path for path in project.glob("**/*") if path.is_file())
    assert not [path for path in files if b"S3CRET" in path.read_bytes()]


@pytest.mark.usefixtures("redirected")
@pytest.mark.slow
def test_an_update_mends_a_source_that_only_copier_can_read(tmp_path: Path) -> None:
    project = tmp_path / "sample"
    copy(f"gh:{NAME}", project)
    file = project / ANSWERS_FILE
    file.write_text(file.read_text().replace("https://github.com/", "gh:"))
    commit(project)
    assert stored(project) == (f"gh:{NAME}", "1.0.0")
    update(project)
    assert stored(project) == (f"https://github.com/{NAME}", "1.1.0")


@pytest.mark.usefixtures("redirected")
@pytest.mark.slow
def test_an_existing_project_names_it_too(tmp_path: Path) -> None:
    project = tmp_path / "sample"
    project.mkdir()
    (project / "setup.py").touch()
    copy(f"gl:{NAME}", project)
    assert stored(project) == (f"https://gitlab.com/{NAME}", "1.0.0")


# In the gate, test_layering.py has two.
@pytest.mark.full
@pytest.mark.usefixtures("redirected")
def test_a_second_answers_file_names_it_beside_another_template(tmp_path: Path) -> None:
    project = tmp_path / "sample"
    project.mkdir()
    theirs = "_commit: v1\n_src_path: gh:other/template\nmode: theirs\n"
    (project / ANSWERS_FILE).write_text(theirs)
    copy(f"gh:{NAME}", project, "--answers-file", BESIDE)
    assert stored(project, BESIDE) == (f"https://github.com/{NAME}", "1.0.0")
    update(project, "--answers-file", BESIDE)
    assert stored(project, BESIDE) == (f"https://github.com/{NAME}", "1.1.0")
    assert (project / ANSWERS_FILE).read_text() == theirs
