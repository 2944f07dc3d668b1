"""From every release, with every pair of answers, an update leads to the work tree's template.

Files of the template become those of a fresh project with the owner's edits; the owner's stay as
they are, and the settings in them that the template manages are those of a fresh project.
"""

from __future__ import annotations

import io
import itertools
import shutil
import subprocess
import tarfile
from functools import cache
from typing import TYPE_CHECKING, Any

import copier
import pytest
import tomllib
import yaml
from async_test_template.cli import main
from covering import apart, covering, gated
from edits import BEFORE, edit
from filelock import FileLock
from helpers import (
    FRAMEWORKS,
    OF_THE_DATABASE,
    PARTS,
    QUESTIONS,
    ROOT,
    VENDORED,
    Answers,
    choices,
    commit,
    contents,
    copy_template,
    git,
    pack,
    products,
)
from packaging.version import Version
from parents import PARENTS, lay_out

import release

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from _pytest.mark import ParameterSet
    from environments import Environment

pytestmark = pytest.mark.slow

RELEASES = release.releases()
MIGRATIONS = release.migrations((ROOT / "copier.yml").read_text())
NEWEST = release.newest(RELEASES)
#: The work tree as the next release without a migration.
NEXT = Version(f"{NEWEST.major}.{NEWEST.minor + 1}.0")

ANSWERS_FILE, BESIDE = ".copier-answers.yml", ".copier-answers.async-test.yml"
IN_EVERY_PROJECT = {"tests/async_guard.py", *VENDORED, "tests/test_event_loop.py"}
OF_CI = {"github": ".github/workflows/test.yml", "gitlab": ".gitlab-ci.yml"}
OF_THE_TEMPLATE = {*IN_EVERY_PROJECT, *OF_THE_DATABASE, *OF_CI.values()}
#: The last release that did not record what an existing project had before.
UNRECORDED = Version("1.3.0")


def pairwise(*others: str) -> list[Answers]:
    """Choose a few of the valid answers that have every possible pair of two answers.

    Args:
        others: questions beside those that decide the code and the configuration.

    """
    values = (choices(key) if "choices" in QUESTIONS[key] else (0, 30) for key in others)
    rows = [
        answers | dict(zip(others, more, strict=True))
        for more in itertools.product(*values)
        for answers in products()
    ]
    return covering(rows)


def crosses_a_migration(version: Version) -> bool:
    """Tell whether the update from a release needs trust."""
    return any(version < migration <= NEXT for migration in MIGRATIONS)


@cache
def questions_of(version: Version) -> dict[str, dict[str, Any]]:
    """Return what a release asks; nothing where this clone does not reach back to it."""
    command = ["git", "show", f"{RELEASES[version]}:copier.yml"]
    shown = subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
    # Written in C: every worker reads every release.
    return yaml.load(shown.stdout, yaml.CSafeLoader) or {}


def offers(version: Version, answers: Answers) -> bool:
    """Tell whether a release takes the answers: some came later, with Python 3.15 or a database."""
    asked = questions_of(version)
    if "database" not in asked and answers.get("database", "none") != "none":
        return False
    if "ci_shards" not in asked and answers.get("ci_shards", 1) != 1:
        return False
    given = ((key, answers[key]) for key in ("framework", "python_version") if key in answers)
    return all(value in choices(key, asked) for key, value in given if key in asked)


def rows(
    answers: Iterable[Answers],
    wanted: Collection[Answers] = (),
    versions: Collection[Version] = tuple(RELEASES),
) -> list[ParameterSet]:
    """Return each of the answers for each of the releases.

    Args:
        answers: of projects.
        wanted: those that the gate takes for the newest release.
        versions: from which the gate updates one project each, with another framework and backend
            each time.

    """
    chosen = [
        {"version": version, **row}
        for version, row in itertools.product(RELEASES, answers)
        if offers(version, row)
        # A migration gives an existing project the settings that it has not: see test_migration.py.
        and (row["project_kind"] == "new" or not crosses_a_migration(version))
    ]
    few: list[Answers] = [{"version": max(RELEASES), **row} for row in wanted]
    for version in versions:
        mine = [row for row in chosen if row["version"] == version]
        few.append(max(mine, key=lambda row: len(set(row.items()) - held(few))))
    return gated(chosen, few.__contains__)


def held(few: Iterable[Answers]) -> set[tuple[str, Any]]:
    """Return the values that some rows hold."""
    return {pair for row in few for pair in row.items()}


FILES = ("timeout", "ci", "project_kind")
EDITED = pairwise(*FILES)
#: One project of each framework, backend and set of event loops: their suites are run as well.
WITH_SUITE = {
    tuple(answers[key] for key in ("framework", "backend", "with_trio")): answers
    for answers in EDITED
    if answers["project_kind"] == "new"
}
#: What the gate runs of those, which are otherwise equal to new projects: test_suites.py runs them.
FEW_WITH_SUITE = [WITH_SUITE["fastapi", "asyncio", False]]


@pytest.fixture(scope="module")
def template_repository(shared_folder: Path) -> Path:
    """Return a repository with every release, from the history of this one, and the work tree."""
    folder = shared_folder / "template-with-releases"
    with FileLock(f"{folder}.lock"):
        if not (folder / DONE).exists():
            release_all(folder)
            (folder / DONE).touch()
    return folder


#: In a repository that is whole.
DONE = ".git/done"


def release_all(folder: Path) -> None:
    """Make a repository with every release and the work tree, each with its tag."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    git(folder, "init", "--quiet")
    for version, hash_ in sorted(RELEASES.items()):
        if not release.commit_of(hash_):
            pytest.fail(f"{version} is not in this shallow clone: run `git fetch --unshallow`")
        git(folder, "rm", "-r", "--quiet", "--ignore-unmatch", ".")
        # Up to 1.1 only the template owns the guard's file.
        parts = git(ROOT, "ls-tree", "--name-only", hash_, *PARTS).split()
        command = ["git", "archive", hash_, *parts]
        archive = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(folder, filter="data")
        tag(folder, version)
    git(folder, "rm", "-r", "--quiet", ".")
    copy_template(folder)
    if any(map(crosses_a_migration, RELEASES)):
        shutil.copytree(ROOT / "hooks", folder / "hooks")
    tag(folder, NEXT)
    pack(folder)


def tag(folder: Path, version: Version) -> None:
    """Commit a release, which may have the same template as the one before."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", str(version))
    git(folder, "tag", str(version))


def generate(
    template: Path,
    version: Version,
    folder: Path,
    answers: Answers,
    answers_file: str = ANSWERS_FILE,
) -> Path:
    """Generate a project from a release, untrusted."""
    copier.run_copy(
        str(template),
        folder,
        data=answers | {"package_name": BEFORE},
        answers_file=answers_file,
        defaults=True,
        quiet=True,
        unsafe=False,
        vcs_ref=str(version),
    )
    return folder


def update(
    project: Path, *, trust: bool, top: Path | None = None, answers_file: str = ANSWERS_FILE
) -> None:
    """Commit a project and update it as a bot does, to the newest release.

    Args:
        project: where the answers are.
        trust: let the template run its migrations.
        top: of the repository, if that is not the project.
        answers_file: the name of the answers.

    """
    git(top or project, "init", "--quiet")
    commit(top or project)
    copier.run_update(
        project,
        answers_file=answers_file,
        defaults=True,
        skip_answered=True,
        overwrite=True,
        quiet=True,
        unsafe=trust,
    )
    assert git(project, "ls-files", "--unmerged") == ""


def assert_updated_to(fresh: Path, project: Path, version: Version, answers: Answers) -> None:
    """Update a project, and require the files of the template from another, and its own files."""
    before = contents(project)
    update(project, trust=crosses_a_migration(version))
    assert_is(fresh, project, before, version, answers)


def assert_is(
    fresh: Path, project: Path, before: dict[str, bytes], version: Version, answers: Answers
) -> None:
    """Require the files of the template from a fresh project, and others as they were before."""
    answers_file = BESIDE if (fresh / BESIDE).exists() else ANSWERS_FILE
    owned = {answers_file, *OF_THE_TEMPLATE}
    if answers["project_kind"] == "existing" and version <= UNRECORDED and answers["ci"] in OF_CI:
        # Nobody knows whose it is.
        owned.remove(OF_CI[answers["ci"]])
        file = fresh / answers_file
        listed = f"own_files:\n- {OF_CI[answers['ci']]}\n"
        file.write_text(file.read_text().replace("own_files: []\n", listed))
    expected = {name: text for name, text in before.items() if name not in owned}
    expected |= {name: text for name, text in contents(fresh).items() if name in owned}
    assert contents(project) == expected


ASPECTS = ("project_kind", "parent", "place", "ci", "ci_shards", "version")
#: Where a project can be, and what it can have, beside the answers that decide its code.
SHAPES = covering(
    row
    for row in (
        dict(
            zip(
                ("project_kind", "parent", "place", "ci", "ci_shards", "version"), row, strict=True
            ),
            timeout=30,  # the default of older releases, which an update keeps
        )
        for row in itertools.product(
            choices("project_kind"),
            ("", *PARENTS),
            ("", "services/shop"),
            ("github", "gitlab"),
            (1, 3),
            RELEASES,
        )
    )
    if offers(row["version"], row)
    # A migration gives an existing project the settings that it has not: see test_migration.py.
    and (row["project_kind"] == "new" or not crosses_a_migration(row["version"]))
    and (row["project_kind"] == "existing" or not row["parent"])
)


#: A new project in a folder of its repository, and one there that has another template as well.
FEW_SHAPES = [
    next(row for row in SHAPES if row["project_kind"] == "new" and row["place"]),
    next(row for row in SHAPES if row["parent"] and row["place"]),
]


@pytest.mark.parametrize("row", gated(SHAPES, FEW_SHAPES.__contains__))
def test_a_project_below_and_beside_others_is_updated(
    row: Answers, template_repository: Path, tmp_path: Path
) -> None:
    """In a folder of its repository, or beside the answers of another template, with an edit."""
    version, answers = apart(row, "version")
    parent, answers = apart(answers, "parent")
    place, answers = apart(answers, "place")
    answers |= {"framework": "library", "project_name": "shop"}
    answers_file = BESIDE if parent else ANSWERS_FILE
    made = []
    for which in (version, NEXT):
        project = tmp_path / str(which) / place
        if parent:
            lay_out(project, parent)
        generate(template_repository, which, project, answers, answers_file)
        with (project / "tests" / "test_event_loop.py").open("a") as tests:
            tests.write("\n\ndef test_own() -> None: ...\n")
        made.append(project)
    before = contents(made[0])
    trust = crosses_a_migration(version)
    update(made[0], trust=trust, top=tmp_path / str(version), answers_file=answers_file)
    assert_is(made[1], made[0], before, version, answers)


@pytest.mark.parametrize(
    "version", [pytest.param(v, marks=() if v == NEWEST else pytest.mark.full) for v in RELEASES]
)
def test_what_an_adopted_project_had_and_what_it_moved_stays(
    version: Version, template_repository: Path, tmp_path: Path
) -> None:
    project = tmp_path / "sample"
    mine = {"tests/conftest.py": "mine = 1\n", OF_CI["github"]: "on: push\n", "setup.py": ""}
    for name, text in mine.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    generate(template_repository, version, project, {"ci": "github"})
    for name in IN_EVERY_PROJECT:
        if (project / name).exists():
            (project / "own" / name).parent.mkdir(parents=True, exist_ok=True)
            (project / name).rename(project / "own" / name)
    before = contents(project)
    update(project, trust=crosses_a_migration(version))
    after = contents(project)
    answers = after.pop(ANSWERS_FILE)
    del before[ANSWERS_FILE]
    assert after == before
    guard = ["tests/async_guard.py", "tests/pytest_async_guard"]
    # Up to 1.2 a project without the guard's file counts as one that wants none.
    own = [OF_CI["github"], "tests/test_event_loop.py", *(guard if version >= UNRECORDED else ())]
    assert yaml.safe_load(answers)["own_files"] == own


def managed_settings(file: Path) -> dict[str, object]:
    """Return the settings that the template manages in a file of the owner."""
    settings = tomllib.loads(file.read_text())["tool"]["pytest"]["ini_options"]
    prefixes = ("asyncio_", "anyio_", "timeout")
    return {key: value for key, value in settings.items() if key.startswith(prefixes)}


# The test below makes the same update of edited projects, from each release.
@pytest.mark.parametrize("row", rows(pairwise(*FILES, "python_version"), versions=(min(RELEASES),)))
def test_an_update_equals_a_fresh_project(
    row: Answers, template_repository: Path, tmp_path: Path
) -> None:
    version, answers = apart(row, "version")
    project = generate(template_repository, version, tmp_path / "old" / "sample", answers)
    fresh = generate(template_repository, NEXT, tmp_path / "new" / "sample", answers)
    assert_updated_to(fresh, project, version, answers)
    if answers["project_kind"] == "new":
        settings = [managed_settings(folder / "pyproject.toml") for folder in (project, fresh)]
        assert settings[0] == settings[1], "a setting differs: a migration has to change it"


@pytest.mark.parametrize("row", rows(EDITED, FEW_WITH_SUITE))
def test_the_edits_of_the_owner_survive(
    row: Answers, template_repository: Path, environment: Environment, tmp_path: Path
) -> None:
    version, answers = apart(row, "version")
    project = generate(template_repository, version, tmp_path / "old" / "sample", answers)
    fresh = generate(template_repository, NEXT, tmp_path / "new" / "sample", answers)
    edit(project)
    edit(fresh)
    assert_updated_to(fresh, project, version, answers)
    if answers in WITH_SUITE.values():
        done = environment.pytest(project, "-W", "error")
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "row",
    gated(
        [
            {"version": version, **answers, "before": before, "after": after}
            for version in RELEASES
            for answers in FRAMEWORKS
            for before, after in (
                ("function", "session"),
                ("module", "class"),
                ("class", "function"),
            )
        ],
        lambda row: (
            {"version": min(RELEASES), "framework": "fastapi", "backend": "anyio"}.items()
            <= row.items()
            and row["after"] == "session"
        ),
    ),
)
def test_the_loop_scope_of_an_old_project_changes(
    row: Answers, template_repository: Path, environment: Environment, tmp_path: Path
) -> None:
    version, answers = apart(row, "version")
    before, answers = apart(answers, "before")
    after, answers = apart(answers, "after")
    answers |= {"loop_scope": before}
    project = generate(template_repository, version, tmp_path / "sample", answers)
    git(project, "init", "--quiet")
    commit(project)
    trust = crosses_a_migration(version)
    data = {"loop_scope": after}
    copier.run_update(project, data, defaults=True, overwrite=True, quiet=True, unsafe=trust)
    assert main(["migrate", "--loop-scope", after, str(project)]) == 0
    done = environment.pytest(project, "-p", "no:randomly")
    assert done.returncode == 0, done.stdout
