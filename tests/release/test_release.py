"""A release agrees with its migrations, notes and version, or is refused with a sentence."""

from __future__ import annotations

import shutil
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tomllib
from helpers import ROOT, assert_done, commit, git, run

if TYPE_CHECKING:
    import subprocess

SCRIPT = Path("release") / "release.py"
PACKAGE = Path("hooks") / "async_test_template" / "__init__.py"
GUARD = Path("guard") / "pyproject.toml"
RELEASES = Path("tests") / "update" / "releases.toml"
NO_TRUST = "The update needs no `--trust`."
NEEDS_TRUST = "The update needs `--trust`."
pytestmark = pytest.mark.slow

MIGRATIONS = "_migrations:\n"


def migration(version: str) -> str:
    """Return the entry of a migration, as in copier.yml."""
    return f"""  - version: {version}\n    command: ["true"]\n"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with nothing released, and a migration for 2.0.0 in wait."""
    for name in (SCRIPT, PACKAGE, GUARD, RELEASES):
        (tmp_path / name).parent.mkdir(parents=True)
    shutil.copy(ROOT / SCRIPT, tmp_path / SCRIPT)
    (tmp_path / PACKAGE).write_text('"""The engine."""\n\n__version__ = "0.1.0"\n')
    (tmp_path / RELEASES).write_text("# What was released.\n[releases]\n")
    for name in (GUARD, Path("pyproject.toml")):
        (tmp_path / name).write_text('[project]\nname = "a"\nversion = "0.1.0"\n')
    (tmp_path / "copier.yml").write_text(MIGRATIONS + migration("2.0.0"))
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n### Added\n\n- All.\n")
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    commit(tmp_path)
    return tmp_path


def run_script(repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the script."""
    return run(sys.executable, repository / SCRIPT, *arguments, cwd=repository)


def note(repository: Path, text: str = "### Fixed\n\n- More.") -> None:
    """Write notes under Unreleased."""
    file = repository / "CHANGELOG.md"
    before, heading, after = file.read_text().partition("## Unreleased\n")
    file.write_text(f"{before}{heading}\n{text}\n{after}")


def publish(repository: Path, version: str) -> str:
    """Make a release, and return its commit."""
    assert_done(run_script(repository, "prepare", version))
    commit(repository)
    hash_ = git(repository, "rev-parse", "HEAD").strip()
    assert_done(run_script(repository, "record", version))
    commit(repository)
    return hash_


def assert_refused(repository: Path, *arguments: str, sentence: str) -> None:
    """Require a refusal in one sentence, and that nothing was written."""
    before = git(repository, "status", "--porcelain")
    done = run_script(repository, *arguments)
    assert (done.returncode, sentence in done.stdout) == (2, True), done.stdout
    assert done.stdout.startswith("error: ")
    assert done.stdout.count("\n") == 1
    assert git(repository, "status", "--porcelain") == before


def test_a_release_is_prepared_and_recorded(repository: Path) -> None:
    first = publish(repository, "1.0.0")
    note(repository)
    commit(repository)
    second = publish(repository, "1.1.0")
    today = datetime.now(timezone.utc).date()
    assert (repository / "CHANGELOG.md").read_text() == (
        "# Changelog\n\n## Unreleased\n\n"
        f"## 1.1.0 - {today}\n\n{NO_TRUST}\n\n### Fixed\n\n- More.\n\n"
        f"## 1.0.0 - {today}\n\n{NO_TRUST}\n\n### Added\n\n- All.\n"
    )
    assert tomllib.loads((repository / RELEASES).read_text()) == {
        "releases": {"1.0.0": first, "1.1.0": second}
    }
    for name in (GUARD, "pyproject.toml"):
        metadata = tomllib.loads((repository / name).read_text())
        assert metadata["project"] == {"name": "a", "version": "1.1.0"}
    assert '__version__ = "1.1.0"\n' in (repository / PACKAGE).read_text()


def test_the_release_of_a_migration_needs_trust(repository: Path) -> None:
    publish(repository, "1.0.0")
    note(repository)
    commit(repository)
    publish(repository, "2.0.0")
    assert f"\n\n{NEEDS_TRUST}\n\n### Fixed" in (repository / "CHANGELOG.md").read_text()
    note(repository)
    commit(repository)
    publish(repository, "2.0.1")
    assert f"\n\n{NO_TRUST}\n\n### Fixed" in (repository / "CHANGELOG.md").read_text()


def test_a_commit_of_the_past_is_recorded(repository: Path) -> None:
    assert_done(run_script(repository, "prepare", "1.0.0"))
    commit(repository)
    prepared = git(repository, "rev-parse", "HEAD").strip()
    (repository / "later.txt").touch()
    commit(repository)
    assert_done(run_script(repository, "record", "1.0.0", prepared))
    assert f'"1.0.0" = "{prepared}"' in (repository / RELEASES).read_text()


def test_the_sentence_may_stand_there_before(repository: Path) -> None:
    note(repository, NO_TRUST)
    commit(repository)
    assert_done(run_script(repository, "prepare", "1.0.0"))
    assert (repository / "CHANGELOG.md").read_text().count(NO_TRUST) == 1


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    ("migrations", "version", "sentence"),
    [
        (["2.0.0", "1.1.0"], "1.1.0", "migration for 1.1.0: a release with a migration is a major"),
        (["2.0.0", "2.0.1"], "2.0.0", "migration for 2.0.1: a release with a migration is a major"),
        (["1.0.0", "2.0.0"], "1.1.0", "1.0.0, which was released without it"),
        (["3.0.0"], "2.0.0", "2.0.0 is a major without a migration"),
        ([], "2.0.0", "2.0.0 is a major without a migration"),
        (["2.0"], "1.1.0", "2.0 is not a version of three numbers"),
        (["null"], "1.1.0", "a migration without a version"),
        (["2.0.0", "3.0.0"], "3.0.0", "3.0.0 does not follow 1.0.0: 1.0.1, 1.1.0, 2.0.0 would"),
    ],
)
def test_migrations_and_version_agree(
    migrations: list[str], version: str, sentence: str, repository: Path
) -> None:
    publish(repository, "1.0.0")
    note(repository)
    text = MIGRATIONS + "".join(map(migration, migrations)) if migrations else "{}\n"
    (repository / "copier.yml").write_text(text)
    commit(repository)
    assert_refused(repository, "prepare", version, sentence=sentence)


def test_a_released_migration_stays(repository: Path) -> None:
    publish(repository, "1.0.0")
    note(repository)
    commit(repository)
    publish(repository, "2.0.0")
    note(repository)
    (repository / "copier.yml").write_text(MIGRATIONS + migration("3.0.0"))
    commit(repository)
    assert_refused(repository, "prepare", "2.1.0", sentence="lost the migration for 2.0.0")


def test_a_choice_is_removed_in_a_major(repository: Path) -> None:
    questions = repository / "copier.yml"
    waiting = questions.read_text()
    named = "mode:\n  choices:\n    All: auto\n    Some: {value: strict}\n"
    questions.write_text(f"{waiting}scope:\n  choices: [one, two]\n{named}")
    commit(repository)
    publish(repository, "1.0.0")
    note(repository)
    for left in (f"scope:\n  choices: [one]\n{named}", "mode:\n  choices: [auto]\n"):
        questions.write_text(waiting + left)
        commit(repository)
        assert_refused(repository, "prepare", "1.1.0", sentence="is gone: that is for a major")
    questions.write_text(f"{waiting}{named}")
    commit(repository)
    # A question goes when another reads its answers: see CONTRIBUTING.md.
    publish(repository, "1.1.0")


def test_a_major_that_removes_something_needs_no_migration(repository: Path) -> None:
    publish(repository, "1.0.0")
    note(repository, "### Removed\n\n- A choice.")
    (repository / "copier.yml").write_text("{}\n")
    commit(repository)
    publish(repository, "2.0.0")
    assert f"\n\n{NO_TRUST}\n\n### Removed" in (repository / "CHANGELOG.md").read_text()


@pytest.mark.one_in(4)
@pytest.mark.parametrize(
    ("version", "sentence"),
    [
        ("1.0.0", "1.0.0 does not follow 1.0.0"),
        ("0.9.0", "0.9.0 does not follow 1.0.0"),
        ("1.0.2", "1.0.2 does not follow 1.0.0"),
        ("1.1", "1.1 is not a version of three numbers"),
        ("v1.1.0", "v1.1.0 is not a version of three numbers"),
        ("1.1.0rc1", "1.1.0rc1 is not a version of three numbers"),
    ],
)
def test_a_version_follows_the_one_before(version: str, sentence: str, repository: Path) -> None:
    publish(repository, "1.0.0")
    note(repository)
    commit(repository)
    assert_refused(repository, "prepare", version, sentence=sentence)


def test_uncommitted_changes_are_no_part_of_a_release(repository: Path) -> None:
    (repository / "new.txt").touch()
    for step in ("prepare", "record"):
        assert_refused(repository, step, "1.0.0", sentence="uncommitted changes")


def test_a_release_has_notes(repository: Path) -> None:
    publish(repository, "1.0.0")
    assert_refused(repository, "prepare", "1.1.0", sentence="nothing under Unreleased")


def test_notes_do_not_say_the_opposite(repository: Path) -> None:
    note(repository, NEEDS_TRUST)
    commit(repository)
    assert_refused(repository, "prepare", "1.0.0", sentence="the opposite of what is true")


def test_a_package_is_not_newer_than_its_release(repository: Path) -> None:
    (repository / "pyproject.toml").write_text('[project]\nname = "a"\nversion = "1.2.0"\n')
    commit(repository)
    assert_refused(repository, "prepare", "1.0.0", sentence="pyproject.toml has the version 1.2.0")


def test_a_tag_is_not_used_twice(repository: Path) -> None:
    git(repository, "tag", "--annotate", "1.0.0", "--message", "Too early")
    assert_refused(repository, "prepare", "1.0.0", sentence="the tag 1.0.0 is on another commit")


def test_the_release_before_is_recorded_first(repository: Path) -> None:
    assert_done(run_script(repository, "prepare", "1.0.0"))
    note(repository)
    commit(repository)
    assert_refused(repository, "prepare", "1.1.0", sentence="end with 1.0.0 and 0.0.0: record it")


def test_what_was_not_prepared_is_not_recorded(repository: Path) -> None:
    assert_refused(repository, "record", "1.0.0", sentence="another version than 1.0.0 in HEAD")
    assert_refused(repository, "record", "1.0.0", "none", sentence="git knows no commit none")
    for name in (PACKAGE, GUARD, Path("pyproject.toml")):
        file = repository / name
        file.write_text(file.read_text().replace("0.1.0", "1.0.0"))
    commit(repository)
    assert_refused(repository, "record", "1.0.0", sentence="says nothing of 1.0.0 in HEAD")
    assert_done(run_script(repository, "prepare", "1.0.0"))
    changelog = repository / "CHANGELOG.md"
    changelog.write_text(changelog.read_text().replace(NO_TRUST, "Have fun."))
    commit(repository)
    assert_refused(repository, "record", "1.0.0", sentence=f"does not say of 1.0.0: {NO_TRUST}")


def test_a_commit_of_another_branch_is_not_recorded(repository: Path) -> None:
    git(repository, "switch", "--quiet", "--create", "other")
    assert_done(run_script(repository, "prepare", "1.0.0"))
    commit(repository)
    git(repository, "switch", "--quiet", "main")
    assert_refused(repository, "record", "1.0.0", "other", sentence="other is not part of this")


def test_a_shallow_clone_is_told_what_to_do(repository: Path, tmp_path: Path) -> None:
    publish(repository, "1.0.0")
    note(repository)
    commit(repository)
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{repository}", str(clone))
    assert_refused(clone, "prepare", "1.1.0", sentence="run `git fetch --unshallow`")


def test_a_tag_on_the_recorded_commit_gets_its_notes(repository: Path) -> None:
    released = publish(repository, "1.0.0")
    git(repository, "switch", "--quiet", "--detach", released)
    done = run_script(repository, "notes", "1.0.0", "main")
    assert_done(done)
    assert done.stdout == f"{NO_TRUST}\n\n### Added\n\n- All.\n"
    assert_refused(repository, "notes", "1.1.0", "main", sentence="main records no commit as 1.1.0")
    git(repository, "switch", "--quiet", "main")
    sentence = f"main records {released} as 1.0.0, and not "
    assert_refused(repository, "notes", "1.0.0", "main", sentence=sentence)
    (repository / RELEASES).write_text('[releases]\n"1.2.0" = "HEAD"\n')
    commit(repository)
    recorded = git(repository, "rev-parse", "HEAD").strip()
    (repository / RELEASES).write_text(f'[releases]\n"1.2.0" = "{recorded}"\n')
    commit(repository)
    git(repository, "switch", "--quiet", "--detach", recorded)
    sentence = "pyproject.toml has another version than 1.2.0 in HEAD: prepare it"
    assert_refused(repository, "notes", "1.2.0", "main", sentence=sentence)
