"""A checkout of a repository: whether it is clean, a clone to work in, and the way back.

The work happens in a clone, in a temporary folder, so that nothing is started that the repository's
own configuration names: no hook, monitor, filter or driver. The checkout only receives the finished
result, staged and not committed. So conflicts, red tests, a crash or a kill leave nothing in it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from outcome import Ended, Outcome, listed
from quiet_git import git, quiet_git, run_git, without_filters

if TYPE_CHECKING:
    from collections.abc import Callable


class Step(NamedTuple):
    """What is done to a checkout: words for a sentence, and facts for the line of JSON."""

    words: str
    facts: dict[str, object]

    def __str__(self) -> str:
        """Return the words."""
        return self.words


class Checkout(NamedTuple):
    """A checkout whose changes, if it has any, are all staged.

    Attributes:
        repository: the top of its repository.
        inside: the path of the checkout from there.
        staged: the files with staged changes.

    """

    repository: Path
    inside: str
    staged: list[str]

    @property
    def folder(self) -> Path:
        """The checkout itself."""
        return self.repository / self.inside


def change(
    checkout: Checkout, work: Callable[[Path, Path], Step], test: str | None
) -> tuple[Step, list[str]]:
    """Change a clone of a checkout, and bring the result into it, staged.

    Args:
        checkout: it may hold this very change already, from a run before, and nothing else.
        work: changes the project at its first argument; the second is a folder for other things.
        test: a command that has to succeed in the changed clone.

    Returns:
        What was done, and the files that are different now.

    Raises:
        Ended: the checkout stays as it is, for a reason.

    """
    repository = checkout.repository
    with tempfile.TemporaryDirectory(prefix="fleet-", ignore_cleanup_errors=True) as name:
        copied = clone(repository, Path(name))
        project = copied / checkout.inside
        step = work(project, Path(name))
        tree = merged_tree(copied, step)
        if checkout.staged:
            if git(repository, "write-tree").strip() == tree:
                raise Ended(Outcome.UP_TO_DATE, f"{step} is staged: commit it", **step.facts)
            refuse(checkout.staged)
        if test:
            run_tests(test, project, step)
        bring_objects(tree, copied, repository)
        deliver(tree, repository)
    return step, git(repository, "diff", "--cached", "--name-only", "HEAD").splitlines()


def refuse(names: list[str]) -> NoReturn:
    """Refuse a checkout with work that is not committed.

    Raises:
        Ended: always.

    """
    sentence = f"{listed(names)} not committed: commit or stash it"
    raise Ended(Outcome.UNUSABLE, sentence)


def open_checkout(checkout: Path) -> Checkout:
    """Return a checkout with its repository.

    Raises:
        Ended: there is none, or it has changes that are not staged.

    """
    if not shutil.which("git"):
        raise Ended(Outcome.UNUSABLE, "git is not on the PATH")
    if not checkout.is_dir():
        raise Ended(Outcome.UNUSABLE, f"{checkout} is not a folder")
    try:
        top = git(checkout, "rev-parse", "--show-toplevel").rstrip("\n")
        inside = git(checkout, "rev-parse", "--show-prefix").rstrip("\n")
        git(checkout, "rev-parse", "--verify", "HEAD")
    except Ended as end:
        sentence = f"{checkout} is not a git checkout with a commit: {end.sentence}"
        raise Ended(Outcome.UNUSABLE, sentence) from end
    # Its configuration may say that its work tree is elsewhere.
    real = Path(top).resolve()
    if not (real / ".git").exists() or not checkout.resolve().is_relative_to(real):
        sentence = f"{checkout} is not in its own work tree, which git has at {top}"
        raise Ended(Outcome.UNUSABLE, sentence)
    # Changes in a submodule do not matter here, and neither do its filters.
    status = ("status", "--porcelain", "--untracked-files=normal", "--ignore-submodules=dirty")
    changes = git(Path(top), *status, settings=without_filters(Path(top))).splitlines()
    if any(change[1] != " " for change in changes):
        refuse([change[3:] for change in changes])
    return Checkout(Path(top), inside, [change[3:] for change in changes])


def clone(repository: Path, scratch: Path) -> Path:
    """Clone the last commit; the clone has only our configuration and that of the user."""
    # The name of the folder can be an answer, so it stays.
    folder = scratch / "checkout" / repository.name
    options = ("--quiet", "--shared", "--no-tags", "--single-branch", "--template=")
    git(scratch, "clone", *options, "--", str(repository), str(folder))
    return folder


def bring_objects(tree: str, copied: Path, repository: Path) -> None:
    """Store a tree of a clone in its repository, without using the repository's configuration."""
    head = git(repository, "rev-parse", "HEAD").strip()
    wanted = f"{tree}\n^{head}\n".encode()
    pack = run_git(copied, "pack-objects", "--quiet", "--revs", "--stdout", given=wanted)
    run_git(repository, "unpack-objects", "-q", given=pack)


def merged_tree(work_tree: Path, step: Step) -> str:
    """Return the git tree of an updated clone.

    Raises:
        Ended: the release and the edits of the project could not be merged.

    """
    unmerged = git(work_tree, "ls-files", "--unmerged", "-z").split("\0")
    conflicts = [entry.partition("\t")[2] for entry in unmerged]
    git(work_tree, "add", "--all")
    # Copier reports most conflicts that its merge leaves behind, but not all.
    conflicts += leftover_markers(work_tree)
    added = git(work_tree, "diff", "--cached", "--name-only", "--diff-filter=A", "-z", "HEAD")
    conflicts += [name for name in added.split("\0") if name.endswith(".rej")]
    names = sorted(set(filter(None, conflicts)))
    if names:
        sentence = f"{step} in {listed(names)}: run `copier update` there and resolve them"
        raise Ended(Outcome.CONFLICTS, sentence, **step.facts, conflicts=names)
    return git(work_tree, "write-tree").strip()


def leftover_markers(work_tree: Path) -> list[str]:
    """Return the files whose staged changes have conflict markers."""
    # It fails when it finds something, spaces at the end of a line for instance.
    done = subprocess.run(
        ["git", "diff", "--cached", "--check", "--no-ext-diff", "HEAD"],
        cwd=work_tree,
        env=quiet_git(),
        capture_output=True,
        check=False,
    )
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    return [line.rsplit(":", 2)[0] for line in lines if line.endswith(": leftover conflict marker")]


def run_tests(command: str, project: Path, step: Step) -> None:
    """Run the tests of an updated project.

    Raises:
        Ended: they fail; the sentence says whether they did before the update, too.

    """
    status = run_shell(command, project)
    if not status:
        return
    git(project, "read-tree", "--reset", "-u", "HEAD")
    before = "failed before, too" if run_shell(command, project) else "passed before"
    sentence = f"after {step} `{command}` ends with {status}; it {before}"
    raise Ended(Outcome.TESTS_RED, sentence, **step.facts)


def run_shell(command: str, project: Path) -> int:
    """Run a command line of the user, and return its exit status."""
    return subprocess.run(  # noqa: S602 - it is meant to be one
        command, shell=True, cwd=project, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False
    ).returncode


def deliver(tree: str, repository: Path) -> None:
    """Bring a tree into the index and the files of a clean checkout: all of it or nothing.

    Raises:
        Ended: a file that git ignores is where a new one belongs, or git failed.

    """
    names = git(repository, "diff", "--name-only", "--diff-filter=A", "-z", "HEAD", tree)
    new = [repository / name for name in names.split("\0") if name]
    for path in new:
        # Git would overwrite it, and there is no other copy of an ignored file.
        if os.path.lexists(path):
            name = path.relative_to(repository)
            raise Ended(Outcome.FAILED, f"{name} would be new, and is there and ignored")
    settings = without_filters(repository)
    try:
        git(repository, "read-tree", "-m", "-u", "HEAD", tree, settings=settings)
    except BaseException:
        for path in new:
            path.unlink(missing_ok=True)
        git(repository, "reset", "--quiet", "--hard", "HEAD", settings=settings)
        raise
