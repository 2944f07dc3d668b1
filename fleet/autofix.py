#!/usr/bin/env python3
"""Update or adopt the repositories of all-repos: a branch and a request for each that changes.

    python3 autofix.py update [all-repos' options] [--test COMMAND] [-- OPTIONS OF update_one.py]
    python3 autofix.py adopt [all-repos' options] [--test COMMAND] [-- OPTIONS OF adopt_one.py]

https://github.com/asottile/all-repos clones the repositories, commits, pushes and makes the
requests, as its configuration says. A second run does what is left: a repository whose branch
waits for its merge gets no second one. For each repository a line of JSON says what happened
(`--report`), and the summary says which are done, behind, conflicting and failing. The exit status
is 1 if any conflicts or fails.

Needs Python 3.10, all-repos, git, and what `update_one.py` or `adopt_one.py` need.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from all_repos import autofix_lib
from all_repos.git import remote
from outcome import Ended, Outcome, as_data, shown
from programs import run_script

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from all_repos.config import Config

MESSAGES = {"update": "Update async-test-template", "adopt": "Adopt async-test-template"}
#: The groups of the summary, and the outcomes in each; all others are failing.
DONE, BEHIND, CONFLICTING, FAILING = GROUPS = ("done", "behind", "conflicting", "failing")
_GROUP_OF = {
    "nothing to do": DONE,
    "merged": DONE,
    "proposed": BEHIND,
    "outdated": BEHIND,
    "updated": BEHIND,
    "adopted": BEHIND,
    "needs trust": BEHIND,
    "conflicts": CONFLICTING,
}
# Where a repository's line waits, in its clone, until its branch is pushed.
_PENDING = Path(".git", "async-test-template.json")


def main(arguments: Sequence[str] | None = None) -> int:
    """Work on all repositories, print the summary, and return the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    passed_on = words[words.index("--") + 1 :] if "--" in words else []
    parser = argparse.ArgumentParser(
        description="Update or adopt the repositories of all-repos.",
        epilog="What stands after -- is for update_one.py or adopt_one.py.",
    )
    parser.add_argument("work", choices=MESSAGES)
    parser.add_argument(
        "--test", metavar="COMMAND", help="keep a change only if this succeeds in its repository"
    )
    parser.add_argument(
        "--report", metavar="FILE", type=Path, help="write a line of JSON for each repository here"
    )
    autofix_lib.add_fixer_args(parser)
    options = parser.parse_args(words[: words.index("--")] if "--" in words else words)
    repositories, config, commit, settings = autofix_lib.from_cli(
        options,
        find_repos=all_of_them,
        msg=MESSAGES[options.work],
        branch_name=f"async-test-template-{options.work}",
    )
    repositories = sorted(repositories)[: settings.limit]
    with tempfile.TemporaryDirectory(prefix="fleet-") as folder:
        report = (options.report or Path(folder, "report")).absolute()
        report.write_text("")
        work = Work(options.work, options.test, passed_on, report, Path(folder))
        push = functools.partial(push_and_record, config.push, report)
        autofix_lib.fix(
            repositories,
            apply_fix=functools.partial(work.apply, commit.branch_name, dry=settings.dry_run),
            config=config._replace(push=push),
            commit=commit,
            autofix_settings=settings,
        )
        lines = [json.loads(text) for text in report.read_text().splitlines()]
        known = {each["checkout"] for each in lines}
        for url in (shown(remote(repository)) for repository in repositories):
            if url not in known:
                reason = "all-repos could not finish it: what it printed says why"
                lines.append(as_data(url, Ended(Outcome.FAILED, reason)))
                record(report, lines[-1])
    print(summary(lines))
    groups = {group_of(each) for each in lines}
    return int(not groups.isdisjoint({CONFLICTING, FAILING}))


def all_of_them(config: Config) -> list[str]:
    """Return the clones of all repositories."""
    return [os.path.join(config.output_dir, name) for name in config.get_cloned_repos()]  # noqa: PTH118 - all-repos takes texts


class Work:
    """What is done in a clone; all-repos hands it to its processes."""

    def __init__(
        self, name: str, test: str | None, options: list[str], report: Path, scratch: Path
    ) -> None:
        """Take the kind of work, its options, and where its lines and its caches belong."""
        self.name = name
        self.test = test
        self.options = options
        self.report = report
        self.scratch = scratch

    def apply(self, branch: str, *, dry: bool) -> None:
        """Change the clone in the current folder, and record what happened.

        Args:
            branch: the name that all-repos makes the name of the branch of.
            dry: nothing will be pushed.

        """
        proposal = waiting_branch(f"origin/all-repos_autofix_{branch}")
        # What waits for its merge was tested when it was made.
        test = [f"--test={self.test}"] if self.test and not proposal else []
        result = self._run(*test)
        if result["status"] != 0:
            record(self.report, result)
        elif proposal:
            is_same = not git("diff", "--cached", "--quiet", proposal)
            git("reset", "--quiet", "--hard")
            record(self.report, result | propose(proposal, is_same=is_same))
        elif dry:
            record(self.report, result)
        else:
            _PENDING.write_text(json.dumps(result))

    def _run(self, *more: str) -> dict[str, Any]:
        """Run the script for the clone in the current folder, and name its remote."""
        script = Path(__file__).with_name(f"{self.name}_one.py")
        # Copier's cache of templates breaks when several update it at once: one per process.
        cache = {"COPIER_CACHE_DIR": str(self.scratch / f"cache-{os.getpid()}")}
        url = shown(remote("."))
        result = run_script(script, *more, *self.options, checkout=url, more=cache)
        return {**result, "checkout": url}


def waiting_branch(name: str) -> str:
    """Return a branch of origin that is not merged yet, empty if there is none."""
    if git("rev-parse", "--quiet", "--verify", f"refs/remotes/{name}"):
        return ""
    return name if git("merge-base", "--is-ancestor", name, "origin/HEAD") else ""


def propose(proposal: str, *, is_same: bool) -> dict[str, str]:
    """Return the outcome of a repository whose branch was pushed before."""
    branch = proposal.removeprefix("origin/")
    if is_same:
        return {"outcome": "proposed", "sentence": f"the branch {branch} waits for its merge"}
    sentence = f"the branch {branch} is of an older state: merge it or delete it, and run again"
    return {"outcome": "outdated", "sentence": sentence}


def push_and_record(
    push: Callable[[Any, str], None], report: Path, settings: object, branch: str
) -> None:
    """Push as all-repos does, and record what came of it."""
    result = json.loads(_PENDING.read_text())
    try:
        push(settings, branch)
    except Exception as error:
        sentence = f"{branch} could not be pushed: {error}"
        record(report, as_data(result["checkout"], Ended(Outcome.FAILED, sentence)))
        raise
    # The push may have been one to the main branch.
    git("fetch", "--quiet")
    if not git("merge-base", "--is-ancestor", branch, "origin/HEAD"):
        result["outcome"] = "merged"
    record(report, result)


def record(report: Path, result: dict[str, Any]) -> None:
    """Add a line to the report; several processes may do so."""
    with report.open("a") as file:
        file.write(json.dumps(result) + "\n")


def group_of(result: dict[str, Any]) -> str:
    """Return the group of a line of the report."""
    return _GROUP_OF.get(result["outcome"], FAILING)


def summary(results: list[dict[str, Any]]) -> str:
    """List what is not done, and count each group."""
    rows = sorted(results, key=lambda each: (GROUPS.index(group_of(each)), each["checkout"]))
    shown_rows = [
        f"{group_of(each):11}  {each['checkout']}  {each['outcome']}: {each['sentence']}"
        for each in rows
        if group_of(each) != DONE
    ]
    counts = Counter(map(group_of, results))
    numbers = ", ".join(f"{counts[group]} {group}" for group in GROUPS)
    return "\n".join([*shown_rows, f"{len(results)} repositories: {numbers}"])


def git(*arguments: str) -> int:
    """Run git in the clone of all-repos, and return its exit status."""
    return subprocess.run(
        ["git", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
