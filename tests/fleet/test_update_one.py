"""`fleet/update_one.py` updates a checkout, or leaves it as it was and says why."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from fleets import (
    FIRST,
    MAJOR,
    MERGED,
    MINOR,
    NEW_LINE,
    OLD_LINE,
    TEST,
    UPDATES,
    Prototypes,
    copier_that,
    edit,
    end_script,
    generate,
    run_script,
    state,
    waiting,
)
from helpers import COPIER, ROOT, assert_done, commit, git, run
from in_clone import deliver
from outcome import Ended, Outcome, shown

if TYPE_CHECKING:
    from collections.abc import Callable

SENTENCES = {
    Outcome.UPDATED: f"updated: {MAJOR} -> {MINOR}, 2 files",
    Outcome.FAILED: "failed: `copier check-update` says: ",
    Outcome.UNUSABLE: "cannot be used: not-committed not committed: commit or stash it",
    Outcome.UP_TO_DATE: f"nothing to do: {MINOR} is the newest release",
    Outcome.NEEDS_TRUST: f"needs trust: {FIRST} -> {MINOR} runs code of the template: ",
    Outcome.CONFLICTS: f"conflicts: {MAJOR} -> {MINOR} in {MERGED}: run `copier update`",
    Outcome.TESTS_RED: f"tests red: after {MAJOR} -> {MINOR} `{TEST}` ends with 1; it passed",
}


#: What other tests here and those of autofix.py and adopt_one.py meet as well.
USUAL = {*UPDATES} - {Outcome.CONFLICTS, Outcome.NEEDS_TRUST}


def update(
    checkout: Path, variables: dict[str, str], *options: str | Path
) -> tuple[Outcome, str, str]:
    """Run the script, and return the outcome, what it says, and what Copier and the tests say."""
    done = run_script("update_one.py", *options, cwd=checkout, env=variables)
    outcomes = {outcome.status: outcome for outcome in UPDATES}
    assert done.returncode in outcomes, done.stderr
    assert "Traceback" not in done.stdout
    told = json.loads(done.stdout)
    assert told["status"] == done.returncode
    assert told["outcome"] == outcomes[done.returncode].word
    return outcomes[done.returncode], f"{told['outcome']}: {told['sentence']}", done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "expected",
    [
        pytest.param(outcome, id=outcome.name, marks=pytest.mark.full if outcome in USUAL else ())
        for outcome in UPDATES
    ],
)
def test_each_outcome_has_its_status_and_leaves_the_checkout_whole(
    expected: Outcome, prototypes: Prototypes, variables: dict[str, str], tmp_path: Path
) -> None:
    checkout = prototypes.copy(expected.name, tmp_path / "checkout")
    (tmp_path / "temporary").mkdir()
    variables |= {"TMPDIR": str(tmp_path / "temporary"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    before = state(checkout)
    outcome, said, _ = update(checkout, variables, "--test", TEST)
    assert outcome is expected
    assert said.startswith(SENTENCES[expected])
    if expected is not Outcome.UPDATED:
        assert state(checkout) == before
    assert not list((tmp_path / "temporary").iterdir())
    # Copier's own cache would be shared with the update of another checkout at the same time.
    assert not (tmp_path / "cache").exists()


@pytest.mark.slow
def test_an_update_is_what_copier_makes_and_is_staged(
    prototypes: Prototypes, variables: dict[str, str], tmp_path: Path
) -> None:
    """Names with spaces and accents work.

    No program of the repository is started: hooks, and filters, drivers and monitors of its own
    configuration, for all of its files.
    """
    checkout = prototypes.copy("UPDATED", tmp_path / "Zahlungs dienst für alle")
    hook = checkout / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir()
    hook.write_text(f"#!/bin/sh\ntouch {shlex.quote(str(tmp_path / 'started'))}\nexit 1\n")
    hook.chmod(0o755)
    by_hand = prototypes.copy("UPDATED", tmp_path / "by hand")
    assert_done(run(*COPIER, "update", "--defaults", "--skip-answered", cwd=by_hand))
    before = state(checkout)
    settings = (checkout / ".git" / "config").read_text()
    attributes = checkout / ".git" / "info" / "attributes"
    attributes.parent.mkdir(exist_ok=True)
    attributes.write_text("* filter=own diff=own merge=own\n")
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {shlex.quote(str(tmp_path / 'started'))}\nexec cat\n")
    program.chmod(0o755)
    named = "filter.own.clean filter.own.smudge filter.own.process diff.own.command diff.external"
    more = "diff.own.textconv merge.own.driver core.pager core.editor core.sshCommand gpg.program"
    for name in (*named.split(), *more.split(), "core.fsmonitor"):
        run("git", "config", name, program, cwd=checkout)
    run("git", "config", "protocol.ext.allow", "always", cwd=checkout)
    # Otherwise git does not have to look into it.
    for path in checkout.glob("*"):
        os.utime(path, (1, 1))
    (tmp_path / "started").unlink(missing_ok=True)

    assert update(checkout, variables)[0] is Outcome.UPDATED
    assert not (tmp_path / "started").exists()
    attributes.unlink()
    (checkout / ".git" / "config").write_text(settings)
    after = state(checkout)
    assert after.pop("git status") == f"M  .copier-answers.yml\nM  {MERGED}\n!! .venv/\n"
    expected = state(by_hand)
    del expected["git status"]
    assert after == expected
    assert after["HEAD"] == before["HEAD"]
    assert NEW_LINE in (checkout / MERGED).read_text()
    assert "# an own test" in (checkout / MERGED).read_text()

    again = state(checkout)
    outcome, said, _ = update(checkout, variables)
    assert (outcome, said) == (
        Outcome.UP_TO_DATE,
        f"nothing to do: {MAJOR} -> {MINOR} is staged: commit it",
    )
    assert state(checkout) == again
    (checkout / "check").write_text("own work\n")
    git(checkout, "add", "check")
    assert update(checkout, variables)[0] is Outcome.UNUSABLE
    assert (checkout / "check").read_text() == "own work\n"


# In the gate, test_existing_project.py has such an update.
@pytest.mark.full
def test_a_file_that_was_moved_is_told(
    prototypes: Prototypes, variables: dict[str, str], tmp_path: Path
) -> None:
    checkout = prototypes.copy("UPDATED", tmp_path / "checkout")
    git(checkout, "mv", MERGED, "tests/test_moved.py")
    commit(checkout)
    done = run_script("update_one.py", cwd=checkout, env=variables)
    told = json.loads(done.stdout)
    assert told["gone"] == [MERGED]
    assert told["sentence"] == (
        f"{MAJOR} -> {MINOR}, 1 file, and nothing for {MERGED}, moved or deleted here"
    )


@pytest.mark.slow
def test_a_work_tree_elsewhere_is_left_alone(
    prototypes: Prototypes, variables: dict[str, str], tmp_path: Path
) -> None:
    checkout = prototypes.copy("UPDATED", tmp_path / "checkout")
    elsewhere = prototypes.copy("UPDATED", tmp_path / "elsewhere")
    run("git", "config", "core.worktree", elsewhere, cwd=checkout)
    before = state(elsewhere)
    outcome, said, _ = update(checkout, variables)
    assert outcome is Outcome.UNUSABLE
    assert "work tree" in said
    assert state(elsewhere) == before


@pytest.mark.full
def test_a_hook_of_another_repository_may_update_a_checkout(
    prototypes: Prototypes, variables: dict[str, str], tmp_path: Path
) -> None:
    """Git tells its hooks by variables which repository it works on."""
    checkout = prototypes.copy("UPDATED", tmp_path / "checkout")
    other = prototypes.copy("UPDATED", tmp_path / "other")
    before = state(other)
    variables |= {"GIT_DIR": str(other / ".git"), "GIT_INDEX_FILE": str(other / ".git" / "index")}
    assert update(checkout, variables)[0] is Outcome.UPDATED
    assert NEW_LINE in (checkout / MERGED).read_text()
    assert state(other) == before


@pytest.mark.slow
def test_no_credentials_are_printed(
    prototypes: Prototypes, variables: dict[str, str], tmp_path: Path
) -> None:
    checkout = prototypes.copy("UPDATED", tmp_path / "checkout")
    answers = checkout / ".copier-answers.yml"
    url = "https://user:for_nobody@127.0.0.1:9/template.git"
    answers.write_text(re.sub(r"_src_path: .*", f"_src_path: {url}", answers.read_text()))
    commit(checkout)
    outcome, said, told = update(checkout, variables)
    assert outcome is Outcome.FAILED
    assert "127.0.0.1" in said + told
    assert "for_nobody" not in said + told


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("https://user:token@host/a", "https://host/a"),
        ("git+ssh://token@host/a and http://a@b@host", "git+ssh://host/a and http://host"),
        ("git@github.com:org/a.git", "git@github.com:org/a.git"),
        ("https://host/a@b", "https://host/a@b"),
        ("\x1b[2J\u202e", "\\x1b[2J\\u202e"),
        ("a\n::error ::b\n  ::c\nd::e", "a\n|::error ::b\n|  ::c\nd::e"),
    ],
)
def test_what_is_printed_has_nothing_secret_and_nothing_that_is_obeyed(
    text: str, public: str
) -> None:
    assert shown(text) == public


# The migration below has trust, too, and test_migration.py shows what it does.
@pytest.mark.full
def test_trust_lets_the_migration_run(
    prototypes: Prototypes, variables: dict[str, str], tmp_path: Path
) -> None:
    checkout = prototypes.copy("NEEDS_TRUST", tmp_path / "checkout")
    edit(checkout / "pyproject.toml", "timeout = 30\n", "")
    commit(checkout)
    assert update(checkout, variables, "--trust")[0] is Outcome.UPDATED
    assert "timeout = 30\n" in (checkout / "pyproject.toml").read_text()
    assert git(checkout, "diff", "--name-only") == ""


# The outcomes that the gate has leave nothing, either.
@pytest.mark.full
@pytest.mark.parametrize("stage", ["before", "after"])
def test_a_migration_that_fails_leaves_nothing(
    stage: str, prototypes: Prototypes, variables: dict[str, str], tmp_path: Path
) -> None:
    """In a manual update, a failure after the merge leaves the new version in the answers file."""
    template = tmp_path / "template"
    git(tmp_path, "clone", "--quiet", prototypes.url.removeprefix("git+"), "template")
    checkout = generate(tmp_path / "checkout", f"git+file://{template}", FIRST)
    if stage == "before":
        (checkout / "pyproject.toml").write_text("[tool.pytest\n")
        commit(checkout)
        reason = "pyproject.toml:1"
    else:
        run_py = template / "hooks" / "run.py"
        broken = "import sys\nsys.exit('broken' if sys.argv[1] == 'patch' else 0)\n"
        run_py.write_text(broken)
        commit(template, f"{MAJOR.partition('.')[0]}.2.0")
        reason = "broken"
    before = state(checkout)
    outcome, said, printed = update(checkout, variables, "--trust")
    assert (outcome, said[:31]) == (Outcome.FAILED, "failed: `copier update` says: " + said[30])
    assert reason in printed
    assert state(checkout) == before


@pytest.mark.full
def test_tests_that_were_red_before_are_told_apart(
    prototypes: Prototypes, variables: dict[str, str], tmp_path: Path
) -> None:
    checkout = prototypes.copy("UPDATED", tmp_path / "checkout")
    before = state(checkout)
    outcome, said, printed = update(checkout, variables, "--test", "echo why; exit 3")
    assert outcome is Outcome.TESTS_RED
    assert said.endswith("`echo why; exit 3` ends with 3; it failed before, too")
    assert printed.count("why\n") == 2
    assert state(checkout) == before


@pytest.mark.full
def test_the_tests_of_a_project_can_be_its_real_ones(
    prototypes: Prototypes, variables: dict[str, str], tmp_path: Path
) -> None:
    test = "uv run --quiet pytest -q tests/test_event_loop.py tests/test_own.py"
    red = prototypes.copy("UPDATED", tmp_path / "red")
    own = red / "tests" / "test_own.py"
    own.write_text(
        "from pathlib import Path\n\n\ndef test_own() -> None:\n"
        f"    assert '''{OLD_LINE}''' in Path('{MERGED}').read_text()\n"
    )
    commit(red)
    before = state(red)
    outcome, said, printed = update(red, variables, "--test", test)
    assert (outcome, said.endswith("it passed before")) == (Outcome.TESTS_RED, True), printed
    assert "1 failed" in printed
    assert state(red) == before


def not_git(checkout: Path) -> None:
    shutil.rmtree(checkout / ".git")


def no_commit(checkout: Path) -> None:
    not_git(checkout)
    git(checkout, "init", "--quiet")


def not_generated(checkout: Path) -> None:
    (checkout / ".copier-answers.yml").unlink()
    commit(checkout)


def of_another_template(checkout: Path) -> None:
    answers = "_commit: 1.0.0\n_src_path: https://example.com/other.git\n"
    (checkout / ".copier-answers.yml").write_text(answers)
    commit(checkout)


def linked_answers(checkout: Path) -> None:
    answers = checkout / ".copier-answers.yml"
    answers.rename(checkout / "answers.yml")
    answers.symlink_to("answers.yml")
    commit(checkout)


def ignored_answers(checkout: Path) -> None:
    (checkout / ".gitignore").write_text(".copier-answers.yml\n.venv\n")
    git(checkout, "rm", "--quiet", "--cached", ".copier-answers.yml")
    commit(checkout)


def changed(checkout: Path) -> None:
    (checkout / "README.md").write_text("not committed\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (not_git, "is not a git checkout with a commit: `git rev-parse` says: fatal: not a git"),
        (no_commit, "is not a git checkout with a commit: `git rev-parse` says: "),
        (
            not_generated,
            "there is no .copier-answers.async-test.yml or .copier-answers.yml: was it generated?",
        ),
        (
            of_another_template,
            ".copier-answers.yml is of https://example.com/other.git, not of async-test-template",
        ),
        (linked_answers, ".copier-answers.yml is a link"),
        (ignored_answers, ".copier-answers.yml is not in git: it may be ignored"),
        (changed, "README.md not committed: commit or stash it"),
    ],
)
def test_what_cannot_be_used_is_told(
    spoil: Callable[[Path], None],
    sentence: str,
    prototypes: Prototypes,
    variables: dict[str, str],
    tmp_path: Path,
) -> None:
    checkout = prototypes.copy("UPDATED", tmp_path / "checkout")
    spoil(checkout)
    variables["GIT_CEILING_DIRECTORIES"] = str(tmp_path)
    outcome, said, printed = update(checkout, variables)
    assert outcome is Outcome.UNUSABLE
    assert said.startswith("cannot be used: ")
    assert sentence in said
    assert printed == ""


def test_a_checkout_that_is_not_there_is_told(variables: dict[str, str], tmp_path: Path) -> None:
    outcome, said, _ = update(tmp_path, variables, "nowhere")
    assert (outcome, said) == (Outcome.UNUSABLE, "cannot be used: nowhere is not a folder")


@pytest.mark.slow
def test_missing_programs_are_told(
    prototypes: Prototypes, variables: dict[str, str], tmp_path: Path
) -> None:
    checkout = prototypes.copy("UPDATED", tmp_path / "checkout")
    variables["PATH"] = str(tmp_path / "bin")
    assert update(checkout, variables)[1] == "cannot be used: git is not on the PATH"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").symlink_to(shutil.which("git") or "")
    said = update(checkout, variables)[1]
    assert said == "cannot be used: neither copier nor uvx is on the PATH: `pip install copier`"


@pytest.mark.full
def test_uv_brings_copier_where_there_is_none(
    prototypes: Prototypes, variables: dict[str, str], tmp_path: Path
) -> None:
    checkout = prototypes.copy("UPDATED", tmp_path / "checkout")
    (tmp_path / "bin").mkdir()
    for name in ("uv", "uvx"):
        (tmp_path / "bin" / name).symlink_to(shutil.which(name, path=variables["PATH"]) or "")
    folders = [Path(folder) for folder in os.environ["PATH"].split(os.pathsep)]
    others = [str(folder) for folder in folders if not (folder / "copier").exists()]
    variables |= {"PATH": os.pathsep.join([str(tmp_path / "bin"), *others])}
    assert not shutil.which("copier", path=variables["PATH"])
    outcome, said, printed = update(checkout, variables)
    assert outcome is Outcome.UPDATED, said + printed


@pytest.mark.full
def test_a_layered_project_is_updated_by_its_second_answers_file(
    prototypes: Prototypes, variables: dict[str, str], tmp_path: Path
) -> None:
    name = ".copier-answers.async-test.yml"
    checkout = generate(tmp_path / "checkout", prototypes.url, MAJOR, answers_file=name)
    parent = "_commit: 1.0.0\n_src_path: https://example.com/parent.git\n"
    (checkout / ".copier-answers.yml").write_text(parent)
    commit(checkout)
    assert update(checkout, variables)[0] is Outcome.UPDATED
    assert yaml.safe_load((checkout / name).read_text())["_commit"] == MINOR
    assert (checkout / ".copier-answers.yml").read_text() == parent
    assert NEW_LINE in (checkout / MERGED).read_text()


# In the gate, test_releases.py updates such a project.
@pytest.mark.full
def test_a_project_in_a_folder_of_a_repository_is_updated_with_the_named_answers(
    prototypes: Prototypes, variables: dict[str, str], tmp_path: Path
) -> None:
    repository = tmp_path / "repository"
    checkout = repository / "services" / "one"
    generate(checkout, prototypes.url, MAJOR, answers_file="answers.yml")
    shutil.rmtree(checkout / ".git")
    (repository / "own").write_text("own\n")
    git(repository, "init", "--quiet")
    commit(repository)
    outcome, said, _ = update(
        tmp_path, variables, "--answers-file", "answers.yml", "repository/services/one"
    )
    assert (outcome, said) == (Outcome.UPDATED, f"updated: {MAJOR} -> {MINOR}, 2 files")
    changed = git(repository, "diff", "--cached", "--name-only").splitlines()
    assert changed == ["services/one/answers.yml", f"services/one/{MERGED}"]
    assert git(repository, "diff", "--name-only") == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("end", "during"),
    [
        (signal.SIGTERM, "the tests"),
        pytest.param(signal.SIGTERM, "copier", marks=pytest.mark.full),
        pytest.param(signal.SIGHUP, "copier", marks=pytest.mark.full),
        pytest.param(signal.SIGINT, "copier", marks=pytest.mark.full),
        (signal.SIGKILL, "copier"),
    ],
)
def test_an_end_from_outside_leaves_the_checkout_whole(
    end: signal.Signals,
    during: str,
    prototypes: Prototypes,
    variables: dict[str, str],
    tmp_path: Path,
) -> None:
    checkout = prototypes.copy("UPDATED", tmp_path / "checkout")
    before = state(checkout)
    wait = waiting(tmp_path)
    if during == "copier":
        copier_that(wait, tmp_path / "bin", variables)
    end_script("update_one.py", end, "--test", wait, cwd=checkout, env=variables)
    assert state(checkout) == before


@pytest.fixture
def delivery(tmp_path: Path) -> tuple[str, Path]:
    """Return a tree with a new file and a changed one, and a checkout that has neither yet."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    git(checkout, "init", "--quiet")
    (checkout / "changed").write_text("before\n")
    commit(checkout)
    (checkout / "changed").write_text("after\n")
    (checkout / "new").write_text("after\n")
    git(checkout, "add", "--all")
    tree = git(checkout, "write-tree").strip()
    git(checkout, "reset", "--quiet", "--hard")
    return tree, checkout


def test_a_failure_at_the_very_end_is_taken_back(
    delivery: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that gets full, for instance: git has written files, and not yet its index."""
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin" / "git"
    real = shutil.which("git")
    fake.write_text(
        "#!/bin/sh\n"
        f'case "$*" in *"read-tree -m"*) ;; *) exec {real} "$@";; esac\n'
        f'cp .git/index ../index; {real} "$@"; cp ../index .git/index\n'
        "[ -e new ] && echo 'fatal: no space' >&2; exit 128\n"
    )
    fake.chmod(0o755)
    before = state(delivery[1])
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    with pytest.raises(Ended, match="`git read-tree` says: fatal: no space"):
        deliver(*delivery)
    assert state(delivery[1]) == before


def test_an_ignored_file_in_the_way_of_a_new_one_stays(delivery: tuple[str, Path]) -> None:
    tree, checkout = delivery
    (checkout / ".git" / "info" / "exclude").write_text("new\n")
    (checkout / "new").write_text("own\n")
    before = state(checkout)
    with pytest.raises(Ended, match="new would be new, and is there and ignored"):
        deliver(tree, checkout)
    assert state(checkout) == before


def test_the_page_lists_every_status() -> None:
    page = (ROOT / "fleet" / "README.md").read_text()
    rows = re.findall(r"^\| (\d) \| ([\w ]+) \|", page, re.MULTILINE)
    assert rows == [(str(outcome.status), outcome.word) for outcome in Outcome]
