"""Releases of the template, and checkouts with every outcome that an update can have."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import copier
import yaml
from helpers import ROOT, assert_done, clean_environment, commit, copy_template, git, run
from outcome import Outcome

FIRST = "1.0.0"
# The update to it runs the template's migration, and so needs trust.
MAJOR = str(yaml.safe_load((ROOT / "copier.yml").read_text())["_migrations"][0]["version"])
# The update to it changes one line of a file that it may have to merge.
MINOR = f"{MAJOR.partition('.')[0]}.1.0"
MERGED = "tests/test_event_loop.py"
OLD_LINE = "Some tests fail on purpose: `fails_with` turns them around."
NEW_LINE = "Some tests have to fail: `fails_with` turns them around."
OWN_LINE = "Our tests fail on purpose."
#: What an update can come to.
UPDATES = (
    *(Outcome.UPDATED, Outcome.FAILED, Outcome.UNUSABLE, Outcome.UP_TO_DATE),
    *(Outcome.NEEDS_TRUST, Outcome.CONFLICTS, Outcome.TESTS_RED),
)
# A test command that each checkout answers in its own way.
TEST = "exec sh ./check"
CRASH = "crash"
#: What the autofixer of updates pushes.
BRANCH = "all-repos_autofix_async-test-template-update"


def release(folder: Path) -> str:
    """Release the template three times, and return the URL of its bare repository."""
    template = copy_template(folder / "template")
    no_bytecode = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "hooks", template / "hooks", ignore=no_bytecode)
    git(template, "init", "--quiet", "--initial-branch=main")
    commit(template, FIRST)
    (template / "CHANGELOG.md").write_text(f"{MAJOR} needs --trust\n")
    commit(template, MAJOR)
    edit(template / "template" / f"{MERGED}.jinja", OLD_LINE, NEW_LINE)
    commit(template, MINOR)
    git(folder, "clone", "--quiet", "--bare", str(template), "template.git")
    return url(folder)


def url(folder: Path) -> str:
    """Return the URL of the repository that is released in a folder."""
    return f"git+file://{folder}/template.git"


def generate(folder: Path, url: str, version: str, **options: Any) -> Path:  # noqa: ANN401
    """Generate a project from a release, and commit it with a check and an ignored file."""
    copier.run_copy(
        url,
        folder,
        data={"framework": "library"},
        defaults=True,
        quiet=True,
        unsafe=False,
        vcs_ref=version,
        **options,
    )
    (folder / "check").write_text("exit 0\n")
    (folder / ".venv").mkdir()
    (folder / ".venv" / "own").write_text("ignored, and still of worth\n")
    git(folder, "init", "--quiet", "--initial-branch=main", "--template=")
    commit(folder)
    return folder


def edit(file: Path, old: str, new: str) -> None:
    """Replace text that occurs once."""
    text = file.read_text()
    assert text.count(old) == 1, file
    file.write_text(text.replace(old, new))


@dataclass(frozen=True)
class Prototypes:
    """A checkout for each outcome, to be copied: rendering every one of many takes too long."""

    folder: Path

    @property
    def url(self) -> str:
        """The template's repository."""
        return url(self.folder)

    @classmethod
    def make(cls, folder: Path) -> Prototypes:
        """Release the template, and generate a project for each outcome."""
        folder.mkdir(parents=True)
        template = release(folder)
        base = {version: folder / f"at-{version}" for version in (FIRST, MAJOR, MINOR)}
        for version, path in base.items():
            generate(path, template, version)
        versions = {Outcome.NEEDS_TRUST: FIRST, Outcome.UP_TO_DATE: MINOR}
        for outcome in UPDATES:
            shutil.copytree(base[versions.get(outcome, MAJOR)], folder / outcome.name)
        shutil.copytree(base[MAJOR], folder / CRASH)

        updated = folder / Outcome.UPDATED.name
        (updated / MERGED).write_text((updated / MERGED).read_text() + "\n# an own test\n")
        (updated / "check").write_text(f"grep -q '{NEW_LINE}' {MERGED}\n")
        edit(folder / Outcome.CONFLICTS.name / MERGED, OLD_LINE, OWN_LINE)
        (folder / Outcome.TESTS_RED.name / "check").write_text(
            f"touch junk; grep -q '{OLD_LINE}' {MERGED}\n"
        )
        edit(folder / Outcome.FAILED.name / ".copier-answers.yml", "template.git", "gone.git")
        # The shell has become the check, so its parent is the script.
        (folder / CRASH / "check").write_text("kill -9 $PPID\n")
        for name in (*(outcome.name for outcome in UPDATES), CRASH):
            git(folder / name, "add", "--all")
            git(folder / name, "commit", "--quiet", "--allow-empty", "--message", "Own work")
        (folder / Outcome.UNUSABLE.name / "not-committed").touch()
        return cls(folder)

    def copy(self, name: str, to: Path) -> Path:
        """Copy the checkout that was made for an outcome."""
        return shutil.copytree(self.folder / name, to, symlinks=True)


def state(checkout: Path) -> dict[str, object]:
    """Return all that an update could change: files, ignored ones too, and what git knows."""
    found: dict[str, object] = {
        path.relative_to(checkout).as_posix(): (path.stat().st_mode, path.read_bytes())
        for path in sorted(checkout.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(checkout).parts
    }
    found["git status"] = git(checkout, "status", "--porcelain", "--ignored")
    found["HEAD"] = git(checkout, "rev-parse", "HEAD")
    found["git worktree list"] = len(git(checkout, "worktree", "list").splitlines())
    return found


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return variables for a script of the fleet, whose Copier keeps its bytecode in a folder."""
    folders = (ROOT / "tests" / "programs", Path(sys.executable).parent, os.environ["PATH"])
    path = os.pathsep.join(map(str, folders))
    variables = clean_environment() | {"PATH": path, "PYTHONPYCACHEPREFIX": str(folder)}
    # A fleet's machine has it compiled. Without, Copier takes three times as long to start.
    del variables["PYTHONDONTWRITEBYTECODE"]
    # The scripts look after Copier's cache themselves.
    variables.pop("COPIER_CACHE_DIR", None)
    return variables | more


def copier_that(command: str, folder: Path, variables: dict[str, str]) -> None:
    """Let a script of the fleet find another Copier, which runs a command of the shell."""
    folder.mkdir()
    (folder / "copier").write_text(f"#!/bin/sh\n{command}\n")
    (folder / "copier").chmod(0o755)
    variables["PATH"] = f"{folder}{os.pathsep}{variables['PATH']}"


def run_script(
    name: str, *arguments: str | Path, cwd: Path, env: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a script of the fleet, its two outputs apart."""
    return subprocess.run(
        [sys.executable, ROOT / "fleet" / name, *arguments],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def waiting(folder: Path) -> str:
    """Return a command of the shell for `end_script` to end: it says that it runs, and waits."""
    return f"touch {folder}/running; exec sleep 600"


def end_script(
    name: str, end: signal.Signals, *arguments: str, cwd: Path, env: dict[str, str]
) -> None:
    """Run a script of the fleet on a checkout, and send it a signal once `waiting` runs beside it.

    Whatever the signal is, it leaves nothing behind, except after SIGKILL a clone in a temporary
    folder, which nothing can remove then.
    """
    temporary = cwd.parent / "temporary"
    temporary.mkdir()
    with subprocess.Popen(
        [sys.executable, ROOT / "fleet" / name, *arguments],
        cwd=cwd,
        env=env | {"TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            while not (cwd.parent / "running").exists():
                assert process.poll() is None
                time.sleep(0.05)
            process.send_signal(end)
            status = process.wait(timeout=60)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    if end != signal.SIGKILL:
        assert status == 128 + end
        assert not list(temporary.iterdir())


class Fleet:
    """Bare repositories, the configuration of all-repos for them, and its clones."""

    def __init__(self, folder: Path, kinds: dict[str, str], prototypes: Prototypes) -> None:
        """Make a bare repository of each kind."""
        self.folder = folder
        self.remotes = {name: folder / f"{name}.git" for name in kinds}
        for name, kind in kinds.items():
            source = prototypes.folder / kind
            git(folder, "clone", "--quiet", "--bare", str(source), f"{name}.git")
        repositories = {name: str(path) for name, path in self.remotes.items()}
        (folder / "repositories.json").write_text(json.dumps(repositories))

    def configure(self, push: str, settings: dict[str, Any]) -> None:
        """Write the configuration, and clone."""
        config = self.folder / "all-repos.json"
        source = {"filename": str(self.folder / "repositories.json")}
        names = {"output_dir": "clones", "source": "all_repos.source.json_file", "push": push}
        config.touch(mode=0o600)
        config.write_text(
            json.dumps({**names, "source_settings": source, "push_settings": settings})
        )
        assert_done(run("all-repos-clone", "--jobs=2", cwd=self.folder))

    def fix(
        self, variables: dict[str, str], *options: str
    ) -> tuple[int, dict[str, tuple[str, str]], str]:
        """Run the autofixer; return its status, the outcomes and sentences, and the last line."""
        report = ("--report", "report.jsonl")
        identity = {
            f"GIT_{who}_{what}": value
            for who in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", "Test"), ("EMAIL", "test@example.com"))
        }
        done = run_script(
            "autofix.py", *options, *report, cwd=self.folder, env=variables | identity
        )
        assert done.stdout, done.stderr
        lines = map(json.loads, (self.folder / "report.jsonl").read_text().splitlines())
        told = {Path(one["checkout"]).stem: (one["outcome"], one["sentence"]) for one in lines}
        return done.returncode, told, done.stdout.splitlines()[-1]

    def branches(self) -> dict[str, str]:
        """Return the commits of the branches that were pushed."""
        return {
            name: found
            for name, path in self.remotes.items()
            if (found := git(path, "for-each-ref", f"refs/heads/{BRANCH}"))
        }
