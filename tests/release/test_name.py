"""The name of the repository stands in one place, and a script writes it everywhere else."""

from __future__ import annotations

import re
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
import repository
from helpers import ROOT, assert_done, git, run

if TYPE_CHECKING:
    from pathlib import Path

LINE = 'Source = "https://github.com/{}/async-test-template"\n'
#: The owner, as no domain and no option contains it.
OWNER = re.compile(
    # Also in the address of the site, and not as a key of somebody's settings.
    rf"(?<![\w.-]){re.escape(repository.owner())}(?:(?![\w.-]|\":)|(?=\.github\.io))"
)
#: What others get of this repository, and what tells them where it came from.
TOLD = {
    "README.md",
    "guard/README.md",
    "guard/pyproject.toml",
    "hooks/async_test_template/__init__.py",
    "hooks/run.py",
    "renovate/README.md",
}


@pytest.fixture
def fork(tmp_path: Path) -> Path:
    """Return a copy of what is shipped, in a repository of its own."""
    for file in repository.shipped():
        copy = tmp_path / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    git(tmp_path, "init", "--quiet")
    return tmp_path


def write_name(fork: Path) -> str:
    """Run the script, and return what it says."""
    done = run(sys.executable, fork / "release" / "repository.py", cwd=fork)
    assert_done(done)
    return done.stdout


def test_every_file_has_the_name_that_the_metadata_have() -> None:
    """If not: uv run release/repository.py."""
    name = repository.owner()
    for file in repository.shipped():
        text = file.read_text(encoding="utf-8")
        assert repository.named(text, name) == text, file


@pytest.mark.slow
def test_a_fork_changes_one_line(fork: Path) -> None:
    metadata = fork / "pyproject.toml"
    text = metadata.read_text()
    old = LINE.format(repository.owner())
    assert text.count(old) == 1
    metadata.write_text(text.replace(old, LINE.format("acme-4")))
    said = set(write_name(fork).removeprefix("wrote ").strip().split("\nwrote "))
    assert said >= TOLD
    for file in fork.rglob("*"):
        if file.is_file() and ".git" not in file.relative_to(fork).parts[:1]:
            assert not OWNER.search(file.read_text()), file
    assert (
        'HOME = "https://github.com/acme-4/async-test-template"'
        in (fork / "hooks" / "async_test_template" / "__init__.py").read_text().splitlines()
    )
    assert write_name(fork) == ""
    # It takes as little to go back.
    metadata.write_text(metadata.read_text().replace(LINE.format("acme-4"), old))
    write_name(fork)
    for file in repository.shipped():
        assert (fork / file.relative_to(ROOT)).read_bytes() == file.read_bytes()


@pytest.mark.parametrize(
    "url",
    ["https://github.com/acme/tests", "https://gitlab.com/acme/async-test-template", "acme"],
)
def test_a_name_that_cannot_be_written_is_refused(url: str, tmp_path: Path) -> None:
    script = tmp_path / "release" / "repository.py"
    script.parent.mkdir()
    shutil.copy(repository.__file__, script)
    (tmp_path / "pyproject.toml").write_text(f'[project.urls]\nSource = "{url}"\n')
    done = run(sys.executable, script, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.startswith(f"error: Source in pyproject.toml is {url}, not https://")


@pytest.mark.parametrize(
    "other",
    [
        "https://github.com/org/async-test-template-docs",
        "https://example.com/org/async-test-template",
        "my-org/async-test-template",
    ],
)
def test_other_names_stay(other: str) -> None:
    assert repository.named(other, "acme") == other
