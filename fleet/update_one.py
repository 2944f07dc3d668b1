#!/usr/bin/env python3
"""Update one checkout to the newest release of its template, or leave it exactly as it was.

    python3 update_one.py [--trust] [--test COMMAND] [--answers-file FILE] [CHECKOUT]

The update happens in a clone of the repository, in a temporary folder, so that nothing is started
that the repository's own configuration names: no hook, monitor, filter or driver. The checkout only
receives the finished result, staged and not committed, so that conflicts, red tests, a crash
or a kill leave nothing in it. One line on standard output has the outcome, and so
does the exit status; what Copier and the tests print goes to standard error.

Needs Python 3.10, git, and Copier or uv.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Sequence

# A project with another template keeps our answers in the first file.
ANSWERS_FILES = (".copier-answers.async-test.yml", ".copier-answers.yml")
INTERRUPTED = 130
# Variables that tell git where a repository is (`git rev-parse --local-env-vars`), also in hooks.
OF_GIT = {
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
    # Variables that change the meaning of a path, or the place of attributes.
    "GIT_ATTR_SOURCE",
    "GIT_GLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
}


class Outcome(Enum):
    """The outcomes of a checkout; only `updated` changes it.

    That is 0 because runners of scripts such as multi-gitter make a pull request of changes then.
    4 is Copier's own status for a lack of trust.
    """

    UPDATED = 0, "updated"
    FAILED = 1, "failed"
    UNUSABLE = 2, "cannot be used"
    UP_TO_DATE = 3, "nothing to do"
    NEEDS_TRUST = 4, "needs trust"
    CONFLICTS = 5, "conflicts"
    TESTS_RED = 6, "tests red"

    def __init__(self, status: int, word: str) -> None:
        """Take the exit status and the word that people read."""
        self.status = status
        self.word = word


class Ended(Exception):  # noqa: N818 - most ends are no errors
    """The end of the work, with an outcome and a sentence about it."""

    def __init__(self, outcome: Outcome, sentence: str) -> None:
        """Take both."""
        super().__init__(sentence)
        self.outcome = outcome
        self.sentence = sentence


def main(arguments: Sequence[str] | None = None) -> int:
    """Update the checkout that the arguments name, and return the exit status."""
    parser = argparse.ArgumentParser(
        description="Update a checkout to the newest release of its template, or leave it alone.",
        epilog="exit status: " + ", ".join(f"{one.status} {one.word}" for one in Outcome),
    )
    parser.add_argument("checkout", metavar="CHECKOUT", type=Path, nargs="?", default=Path())
    add_options(parser)
    options = parser.parse_args(arguments)
    # These become exceptions, so that the temporary folder is removed; Windows has no SIGHUP.
    for name in {"SIGTERM", "SIGHUP"} & set(signal.Signals.__members__):
        signal.signal(signal.Signals[name], lambda number, _: sys.exit(128 + number))
    try:
        update(options.checkout, options.answers_file, options.test, trust=options.trust)
    except Ended as end:
        outcome, sentence = end.outcome, end.sentence
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - whatever it is, it has a status of its own
        sys.stderr.write(shown(traceback.format_exc()))
        outcome, sentence = Outcome.FAILED, f"{type(error).__name__}: {error}"
    print(f"{outcome.word}: {shown(sentence).replace(chr(10), ' ')}")
    return outcome.status


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that one update and many share."""
    parser.add_argument(
        "--trust",
        action="store_true",
        help="let the template run its migrations, which the update to a new major can have",
    )
    parser.add_argument(
        "--test",
        metavar="COMMAND",
        help="run this in the updated project (in a clone, so without ignored files), "
        "and keep the update only if it succeeds",
    )
    parser.add_argument(
        "--answers-file",
        metavar="FILE",
        help=f"where the answers are (default: {ANSWERS_FILES[0]} if there is one, "
        f"else {ANSWERS_FILES[1]})",
    )


def update(checkout: Path, answers_file: str | None, test: str | None, *, trust: bool) -> NoReturn:
    """Bring the newest release into a checkout.

    Raises:
        Ended: always; it carries the outcome.

    """
    repository, inside = clean_repository(checkout)
    command = find_copier()
    answers = find_answers(repository / inside, answers_file)
    with tempfile.TemporaryDirectory(prefix="fleet-", ignore_cleanup_errors=True) as name:
        copier = Copier(command, answers, scratch=Path(name))
        copied = clone(repository, Path(name))
        step = copier.find_release(copied / inside)
        copier.update(copied / inside, step, trust=trust)
        tree = merged_tree(copied, step)
        if test:
            run_tests(test, copied / inside, step)
        bring_objects(tree, copied, repository)
        deliver(tree, repository)
    changed = git(repository, "diff", "--cached", "--name-only", "HEAD").splitlines()
    files = "1 file" if len(changed) == 1 else f"{len(changed)} files"
    raise Ended(Outcome.UPDATED, f"{step}, {files}")


class Copier:
    """The two commands of Copier that an update needs."""

    def __init__(self, command: list[str], answers: str, scratch: Path) -> None:
        """Take the command that starts it, the name of the answers file, and a place to work in."""
        self.command = command
        self.answers = answers
        # Several Copiers at once break the cache of templates that they share.
        cache = os.environ.get("COPIER_CACHE_DIR", str(scratch / "cache"))
        self.environment = {
            **quiet_git(),
            "COPIER_CACHE_DIR": cache,
            "GIT_TERMINAL_PROMPT": "0",
            "TMPDIR": str(scratch),
        }

    def find_release(self, project: Path) -> str:
        """Return the step to the newest release, such as `1.0.0 -> 1.1.0`.

        Raises:
            Ended: there is none, or Copier does not know.

        """
        done = self._run("check-update", "--output-format", "json", cwd=project)
        if done.returncode:
            raise Ended(Outcome.FAILED, f"`copier check-update` says: {last_line(done.stderr)}")
        news = json.loads(done.stdout)
        if not news["update_available"]:
            raise Ended(Outcome.UP_TO_DATE, f"{news['current_version']} is the newest release")
        return f"{news['current_version']} -> {news['latest_version']}"

    def update(self, project: Path, step: str, *, trust: bool) -> None:
        """Update a project in place; conflicts may be left in it.

        Raises:
            Ended: Copier refuses, or fails.

        """
        trusting = ("--trust",) if trust else ()
        done = self._run("update", "--defaults", "--skip-answered", *trusting, cwd=project)
        if done.returncode == Outcome.NEEDS_TRUST.status:
            sentence = f"{step} runs code of the template: read its changelog, then use --trust"
            raise Ended(Outcome.NEEDS_TRUST, sentence)
        if done.returncode:
            raise Ended(Outcome.FAILED, f"`copier update` says: {last_line(done.stderr)}")

    def _run(self, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*self.command, *arguments, "--answers-file", self.answers],
            cwd=cwd,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        sys.stderr.write(shown(done.stdout + done.stderr))
        return done


def clean_repository(checkout: Path) -> tuple[Path, str]:
    """Return the repository of a checkout and the path of the checkout inside of it.

    Raises:
        Ended: there is none, or its files are not those of its last commit.

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
    if changes:
        sentence = f"{listed([line[3:] for line in changes])} not committed: commit or stash it"
        raise Ended(Outcome.UNUSABLE, sentence)
    return Path(top), inside


def find_copier() -> list[str]:
    """Return the command that starts Copier.

    Raises:
        Ended: there is neither Copier nor uv.

    """
    if shutil.which("copier"):
        return ["copier"]
    if shutil.which("uvx"):
        return ["uvx", "--quiet", "copier"]
    raise Ended(Outcome.UNUSABLE, "neither copier nor uvx is on the PATH: `pip install copier`")


def find_answers(project: Path, wanted: str | None) -> str:
    """Return the name of the answers file.

    Raises:
        Ended: it is missing, is not committed, or has the answers to another template.

    """
    names = [wanted] if wanted else ANSWERS_FILES
    found = [name for name in names if (project / name).is_file()]
    if not found:
        raise Ended(Outcome.UNUSABLE, f"there is no {' or '.join(names)}: was it generated?")
    if (project / found[0]).is_symlink():
        # It may lead out of the checkout, and what is there is not ours to print.
        raise Ended(Outcome.UNUSABLE, f"{found[0]} is a link")
    text = (project / found[0]).read_text(encoding="utf-8", errors="replace")
    # Every project of this template has that answer, wherever the template is hosted.
    if not re.search(r"^loop_scope:", text, re.MULTILINE):
        source = re.search(r"^_src_path: *(.+)$", text, re.MULTILINE)
        name = source[1] if source else "something else"
        raise Ended(Outcome.UNUSABLE, f"{found[0]} is of {name}, not of async-test-template")
    if not git(project, "ls-files", "--", found[0]):
        raise Ended(Outcome.UNUSABLE, f"{found[0]} is not in git: it may be ignored")
    return found[0]


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


def merged_tree(work_tree: Path, step: str) -> str:
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
        raise Ended(Outcome.CONFLICTS, sentence)
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


def run_tests(command: str, project: Path, step: str) -> None:
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
    raise Ended(Outcome.TESTS_RED, sentence)


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
            raise Ended(Outcome.FAILED, f"the release adds {name}, which is there and ignored")
    settings = without_filters(repository)
    try:
        git(repository, "read-tree", "-m", "-u", "HEAD", tree, settings=settings)
    except BaseException:
        for path in new:
            path.unlink(missing_ok=True)
        git(repository, "reset", "--quiet", "--hard", "HEAD", settings=settings)
        raise


def quiet_git(more: dict[str, str] | None = None) -> dict[str, str]:
    """Return an environment in which git starts no hook and no monitor of a repository (2.31).

    It is about the repository of the current folder, and none that a git above us works on.
    """
    settings = {
        "core.hooksPath": os.devnull,
        "core.fsmonitor": "false",
        # A URL that the repository rewrites could name a program.
        "protocol.ext.allow": "never",
        **(more or {}),
    }
    environment = {name: value for name, value in os.environ.items() if name not in OF_GIT}
    given = environment.get("GIT_CONFIG_COUNT", "")
    first = int(given) if given.isdecimal() else 0
    environment["GIT_CONFIG_COUNT"] = str(first + len(settings))
    for number, (key, value) in enumerate(settings.items(), first):
        environment |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return environment


def without_filters(repository: Path) -> dict[str, str]:
    """Return the settings by which no filter starts that only the repository's configuration names.

    Those of the user stay, because large files may need them.
    """
    names: set[str] = set()
    for scope in ("--local", "--worktree"):
        command = ("config", scope, "--includes", "--name-only", "-z", "--get-regexp", r"^filter\.")
        # It fails if there are none.
        with contextlib.suppress(Ended):
            names.update(filter(None, git(repository, *command).split("\0")))
    return {name: of_user(repository, name) for name in names}


def of_user(repository: Path, name: str) -> str:
    """Return the value of a filter's setting without the repository's configuration."""
    value = "false" if name.endswith(".required") else ""
    for scope in ("--system", "--global"):
        with contextlib.suppress(Ended):
            value = git(repository, "config", scope, "--includes", "--get", name).rstrip("\n")
    return value


def git(folder: Path, *arguments: str, settings: dict[str, str] | None = None) -> str:
    """Run git without the hooks and the monitor of the repository, and return what it prints.

    Raises:
        Ended: it failed.

    """
    return run_git(folder, *arguments, settings=settings).decode("utf-8", "surrogateescape")


def run_git(
    folder: Path, *arguments: str, given: bytes = b"", settings: dict[str, str] | None = None
) -> bytes:
    """Run git as `git` does, with something to read, and return the bytes that it prints.

    Raises:
        Ended: it failed.

    """
    done = subprocess.run(
        ["git", "--no-pager", *arguments],
        cwd=folder,
        env=quiet_git(settings),
        input=given,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        said = last_line(done.stderr.decode("utf-8", "replace"))
        raise Ended(Outcome.FAILED, f"`git {arguments[0]}` says: {said}")
    return done.stdout


def last_line(text: str) -> str:
    """Return the last line that is not empty."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "nothing"


def shown(text: str) -> str:
    """Return text for a terminal or a log, without credentials and control characters."""
    public = re.sub(r"(?<=://)[^\s/@'\"]+(?:@[^\s/@'\"]+)*@", "", text)
    # The runner of GitHub obeys lines that begin with two colons.
    public = re.sub(r"^(?=[^\S\n]*::)", "|", public, flags=re.MULTILINE)
    # As the engine does (shown.py): control characters, and marks that turn text around.
    return re.sub(
        r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]",
        lambda match: match[0].encode("unicode_escape").decode(),
        public,
    )


def listed(names: list[str], most: int = 3) -> str:
    """Name some files in a sentence."""
    more = [f"{len(names) - most} more"] if len(names) > most else []
    return ", ".join(names[:most] + more).encode("utf-8", "replace").decode()


if __name__ == "__main__":
    sys.exit(main())
