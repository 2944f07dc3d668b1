# /// script
# requires-python = ">=3.11"
# dependencies = ["packaging>=24", "pyyaml>=6"]
# ///
"""Prepare a release, record the commit that holds it, and print its notes.

    uv run release/release.py prepare 1.1.0
    git commit --all --message "Release 1.1.0"
    uv run release/release.py record 1.1.0
    git commit --all --message "Record 1.1.0"

The recorded commit is the release: tests update from it, and the tag goes on it. It takes two
steps because a commit cannot contain its own hash. The workflow that the tag starts asks for
the notes, and goes on only if the tag is on that commit. If something is wrong, a sentence says so,
the exit status is 2, and nothing is written.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import tomllib
import yaml
from packaging.version import Version

ROOT = Path(__file__).parents[1]
CHANGELOG = "CHANGELOG.md"
RELEASES = "tests/update/releases.toml"
#: The files that hold the version of a package, each with the line that does.
VERSION_LINES = {
    "pyproject.toml": 'version = "{}"',
    "hooks/async_test_template/__init__.py": '__version__ = "{}"',
    "guard/pyproject.toml": 'version = "{}"',
}
UNRELEASED = "## Unreleased\n"
TRUST = {True: "The update needs `--trust`.", False: "The update needs no `--trust`."}
NOTHING = Version("0.0.0")


class RefusalError(Exception):
    """A sentence that says why there can be no such release."""


def main(arguments: list[str]) -> int:
    """Run one of the steps, and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    steps = parser.add_subparsers(dest="step", required=True)
    steps.add_parser("prepare", help="write the version and its notes").add_argument("version")
    record_step = steps.add_parser("record", help="write down the commit of a release")
    record_step.add_argument("version")
    record_step.add_argument("commit", nargs="?", default="HEAD")
    notes_step = steps.add_parser("notes", help="print the notes of the release that is here")
    notes_step.add_argument("version")
    notes_step.add_argument("branch", help="where the release is recorded")
    given = parser.parse_args(arguments)
    try:
        version = read_version(given.version)
        require_clean_tree()
        if given.step == "prepare":
            prepare(version)
        elif given.step == "record":
            record(version, given.commit)
        else:
            print(recorded_notes(version, given.branch))
    except RefusalError as refusal:
        print(f"error: {refusal}", file=sys.stderr)
        return 2
    return 0


def prepare(version: Version) -> None:
    """Write the version and the notes of the next release."""
    previous = newest(releases())
    text = read(CHANGELOG)
    if (noted := newest(sections(text))) != previous:
        raise RefusalError(f"{CHANGELOG} and {RELEASES} end with {noted} and {previous}: record it")
    require_next(version, previous)
    require_no_tag(version)
    notes = text.partition(UNRELEASED)[2].partition("\n## ")[0].strip()
    if not notes:
        raise RefusalError(f"{CHANGELOG} has nothing under Unreleased: there is nothing to release")
    needs_trust = require_migrations(version, previous, read("copier.yml"), notes)
    sentence = TRUST[needs_trust]
    if TRUST[not needs_trust] in notes:
        raise RefusalError(f"{CHANGELOG} says the opposite of what is true: {sentence}")
    notes = notes.replace(sentence, "").strip()
    today = datetime.now(timezone.utc).date()
    section = f"{UNRELEASED}\n## {version} - {today}\n\n{sentence}\n\n{notes}\n"
    before, _, rest = text.partition(UNRELEASED)
    older = rest[found:] if (found := rest.find("\n## ")) >= 0 else ""
    written = {CHANGELOG: before + section + older}
    for name, line in VERSION_LINES.items():
        written[name] = with_version(name, line, version)
    for name, content in written.items():
        (ROOT / name).write_text(content, encoding="utf-8")
    print(f"{version} is prepared: {sentence} Commit it, and record the commit.")


def record(version: Version, name: str) -> None:
    """Write down which commit a release is."""
    known = releases()
    previous = newest(known)
    require_next(version, previous)
    commit = commit_of(name)
    if not commit:
        raise RefusalError(f"git knows no commit {name}")
    if git("rev-list", "--max-count=1", commit, "^HEAD"):
        raise RefusalError(f"{name} is not part of this branch: a fresh clone would not have it")
    notes = notes_of(version, name)
    sentence = TRUST[require_migrations(version, previous, read("copier.yml", commit), notes)]
    if sentence not in notes.splitlines():
        raise RefusalError(f"{CHANGELOG} does not say of {version}: {sentence}")
    require_no_tag(version, commit)
    with (ROOT / RELEASES).open("a", encoding="utf-8") as recorded:
        recorded.write(f'"{version}" = "{commit}"\n')
    print(
        f"{version} is recorded. Commit it, push it, and publish: "
        f"git tag {version} {commit} && git push origin {version}"
    )


def notes_of(version: Version, name: str) -> str:
    """Return the notes of a release, if it was prepared in this commit."""
    for file, line in VERSION_LINES.items():
        if line.format(version) not in read(file, name).splitlines():
            raise RefusalError(f"{file} has another version than {version} in {name}: prepare it")
    notes = sections(read(CHANGELOG, name)).get(version)
    if notes is None:
        raise RefusalError(f"{CHANGELOG} says nothing of {version} in {name}: prepare it")
    return notes


def recorded_notes(version: Version, branch: str) -> str:
    """Return the notes of a release, if it is the commit that is checked out."""
    here, there = commit_of("HEAD"), recorded_in(read(RELEASES, branch)).get(version)
    if here != there:
        raise RefusalError(f"{branch} records {there or 'no commit'} as {version}, and not {here}")
    return notes_of(version, "HEAD").strip()


def read_version(text: str) -> Version:
    """Read a version such as 1.2.0; bots compare only those of three numbers."""
    if not re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}", text):
        raise RefusalError(f"{text} is not a version of three numbers, such as 1.2.0")
    return Version(text)


def require_clean_tree() -> None:
    """Refuse to mix a release with other changes."""
    if git("status", "--porcelain"):
        raise RefusalError("there are uncommitted changes: commit them first")


def require_no_tag(version: Version, commit: str = "") -> None:
    """Refuse a version that is a tag already, unless it is on this commit."""
    if commit_of(f"refs/tags/{version}") not in {"", commit}:
        raise RefusalError(f"the tag {version} is on another commit, and a tag never moves")


def require_next(version: Version, previous: Version) -> None:
    """Refuse a version that does not follow the previous release."""
    major, minor, patch = previous.release
    allowed = [f"{major}.{minor}.{patch + 1}", f"{major}.{minor + 1}.0", f"{major + 1}.0.0"]
    if str(version) not in allowed:
        raise RefusalError(f"{version} does not follow {previous}: {', '.join(allowed)} would")


def require_migrations(version: Version, previous: Version, text: str, notes: str) -> bool:
    """Refuse migrations that disagree with the version, and tell whether the update needs trust.

    A project crosses a migration when it updates from a version before that of the migration to
    that or a later one (https://copier.readthedocs.io/en/stable/configuring/#migrations).
    """
    before = read("copier.yml", releases()[previous]) if previous > NOTHING else "{}"
    then, now = migrations(before), migrations(text)
    for late in sorted(m for m in now - then if m <= previous):
        raise RefusalError(
            f"copier.yml has a migration for {late}, which was released without it: "
            f"no project from {previous} on would run it; give it {previous.major + 1}.0.0"
        )
    for lost in sorted(m for m in then - now if m <= previous):
        raise RefusalError(
            f"copier.yml has lost the migration for {lost}: projects from before would miss it"
        )
    is_major = version.major > previous.major
    for question, value in sorted(choices(before) - choices(text)):
        if not is_major and question in yaml.safe_load(text):
            raise RefusalError(f"the answer {question}: {value} is gone: that is for a major")
    removes = "### Removed" in notes.splitlines()
    if previous > NOTHING and is_major and version not in now and not removes:
        raise RefusalError(
            f"{version} is a major without a migration for it in copier.yml: that is for releases "
            f"that remove something, which {CHANGELOG} tells under Removed"
        )
    return version in now


def migrations(text: str) -> set[Version]:
    """Read the versions of the migrations in copier.yml; each has one, and it is a major."""
    found = set()
    for migration in yaml.safe_load(text).get("_migrations", []):
        given = migration.get("version") if isinstance(migration, dict) else None
        if given is None:
            raise RefusalError(
                "copier.yml has a migration without a version: every update would need --trust"
            )
        version = read_version(str(given))
        if version.release[1:] != (0, 0):
            raise RefusalError(
                f"copier.yml has a migration for {version}: a release with a migration is a major"
            )
        found.add(version)
    return found


def choices(text: str) -> set[tuple[str, str]]:
    """Read what the questions in copier.yml offer: each with each of its values."""
    found = set()
    for question, settings in yaml.safe_load(text).items():
        offered = settings.get("choices", []) if isinstance(settings, dict) else []
        values = offered.values() if isinstance(offered, dict) else offered
        for value in values:
            found.add((question, str(value["value"] if isinstance(value, dict) else value)))
    return found


def releases() -> dict[Version, str]:
    """Read what was released: the commit of each version."""
    return recorded_in(read(RELEASES))


def recorded_in(text: str) -> dict[Version, str]:
    """Read the commits of releases."""
    recorded: dict[str, Any] = tomllib.loads(text)["releases"]
    return {read_version(version): commit for version, commit in recorded.items()}


def sections(text: str) -> dict[Version, str]:
    """Split the changelog into the notes of each release."""
    parts = re.split(r"^## (\d\S*) - .*\n", text, flags=re.MULTILINE)
    return {
        read_version(version): notes
        for version, notes in zip(parts[1::2], parts[2::2], strict=True)
    }


def newest(versions: dict[Version, str]) -> Version:
    """Return the newest release, or the version before the first."""
    return max(versions, default=NOTHING)


def with_version(name: str, line: str, version: Version) -> str:
    """Return a file with the version of the package in its line."""
    pattern = re.escape(line).replace(re.escape("{}"), r"([^\"]*)")
    found = re.findall(f"^{pattern}$", text := read(name), re.MULTILINE)
    if len(found) != 1:
        raise RefusalError(f"{name} has no single line {line.format('…')}")
    if Version(found[0]) > version:
        raise RefusalError(f"{name} has the version {found[0]}, which is newer than {version}")
    return text.replace(line.format(found[0]), line.format(version))


def read(name: str, commit: str = "") -> str:
    """Read a file of the work tree, or of a commit."""
    if not commit:
        return (ROOT / name).read_text(encoding="utf-8")
    if not commit_of(commit):
        raise RefusalError(f"git has no commit {commit}: run `git fetch --unshallow`")
    return git("show", f"{commit}:{name}")


def commit_of(name: str) -> str:
    """Return the hash of a commit, or nothing where there is none of that name."""
    return _run("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").stdout.strip()


def git(*arguments: str) -> str:
    """Run git, and return its output."""
    done = _run(*arguments)
    if done.returncode != 0:
        raise RefusalError(f"git {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["git", *arguments]
    return subprocess.run(command, cwd=ROOT, check=False, capture_output=True, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
