"""`fleet/autofix.py` runs under all-repos, on bare repositories, and can be run again."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import pytest
from fleets import (
    BRANCH,
    CRASH,
    MAJOR,
    MERGED,
    MINOR,
    NEW_LINE,
    TEST,
    Fleet,
    Prototypes,
)
from helpers import git, serving
from outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KINDS = {"billing": Outcome.UPDATED.name, "mail": Outcome.UPDATED.name}


@contextmanager
def github() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Serve the part of GitHub's API that makes a pull request; yield its URL and the requests."""
    requests: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            requests.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(201)
            self.end_headers()
            self.wfile.write(b'{"html_url": "http://127.0.0.1/pull/1"}')

        def log_message(self, *_: object) -> None:
            pass

    with serving(Handler) as address:
        yield address, requests


# In the gate, test_update_one.py has each outcome of what this does for many.
@pytest.mark.full
def test_each_repository_gets_its_request_once(
    prototypes: Prototypes, variables: dict[str, str], tmp_path: Path
) -> None:
    fleet = Fleet(tmp_path, KINDS, prototypes)
    with github() as (url, requests):
        settings = {"username": "someone", "api_key": "none", "base_url": url}
        fleet.configure("all_repos.push.github_pull_request", settings)
        status, told, last = fleet.fix(variables, "update", "--jobs=2", "--test", TEST)
        assert {name: outcome for name, (outcome, _) in told.items()} == dict.fromkeys(
            KINDS, "updated"
        )
        assert (status, last) == (0, "2 repositories: 0 done, 2 behind, 0 conflicting, 0 failing")
        pushed = fleet.branches()
        assert list(pushed) == ["billing", "mail"]
        assert [(one["base"], one["head"], one["title"]) for one in requests] == [
            ("main", BRANCH, "Update async-test-template")
        ] * 2
        text = git(fleet.remotes["mail"], "show", f"{BRANCH}:{MERGED}")
        assert NEW_LINE in text

        # Somebody merges one.
        git(fleet.remotes["billing"], "update-ref", "refs/heads/main", BRANCH)
        status, told, last = fleet.fix(variables, "update", "--jobs=2", "--test", TEST)
        assert told["billing"] == ("nothing to do", f"{MINOR} is the newest release")
        assert told["mail"] == ("proposed", f"the branch {BRANCH} waits for its merge")
        assert (status, last) == (0, "2 repositories: 1 done, 1 behind, 0 conflicting, 0 failing")
        assert fleet.branches() == pushed
        assert len(requests) == 2


def edit_branch(remote: Path, work: Path) -> None:
    """Put another commit on the branch that was pushed."""
    git(remote.parent, "clone", "--quiet", "--branch", BRANCH, str(remote), str(work))
    (work / "own").write_text("own\n")
    git(work, "add", "own")
    git(work, "commit", "--quiet", "--message", "Own")
    git(work, "push", "--quiet")


@pytest.mark.full
def test_a_branch_that_brings_less_than_an_update_would_today_is_outdated(
    prototypes: Prototypes, variables: dict[str, str], tmp_path: Path
) -> None:
    fleet = Fleet(tmp_path, {"mail": Outcome.UPDATED.name}, prototypes)
    with github() as (url, requests):
        settings = {"username": "someone", "api_key": "none", "base_url": url}
        fleet.configure("all_repos.push.github_pull_request", settings)
        assert fleet.fix(variables, "update", "--test", TEST)[0] == 0
        git(fleet.remotes["mail"], "update-ref", f"refs/heads/{BRANCH}", f"{BRANCH}^")
        edit_branch(fleet.remotes["mail"], tmp_path / "work")
        status, told, _ = fleet.fix(variables, "update", "--repos", "clones/mail")
        assert (status, told["mail"][0]) == (0, "outdated")
        assert len(requests) == 1


@pytest.mark.full
def test_a_push_to_the_main_branch_and_one_that_fails(
    prototypes: Prototypes, variables: dict[str, str], tmp_path: Path
) -> None:
    kinds = {"billing": "UPDATED", "mail": "UPDATED", "red": "TESTS_RED", "crashing": CRASH}
    kinds |= {"conflicting": "CONFLICTS", "new": "UP_TO_DATE"}
    fleet = Fleet(tmp_path, kinds, prototypes)
    fleet.configure("all_repos.push.merge_to_master", {})
    hook = fleet.remotes["mail"] / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    status, told, last = fleet.fix(variables, "update", "--jobs=2", "--test", TEST)
    assert told["billing"] == ("merged", f"{MAJOR} -> {MINOR}, 2 files")
    assert told["mail"][0] == "failed"
    assert "could not be pushed" in told["mail"][1]
    assert told["red"][0] == "tests red"
    assert told["crashing"] == ("failed", "update_one.py ended with -9")
    assert (told["conflicting"][0], told["new"][0]) == ("conflicts", "nothing to do")
    assert (status, last) == (1, "6 repositories: 2 done, 0 behind, 1 conflicting, 3 failing")
    hook.unlink()
    chosen = ("--repos", "clones/billing", "clones/mail")
    status, told, last = fleet.fix(variables, "update", "--jobs=2", "--test", TEST, *chosen)
    assert told["billing"][0] == "nothing to do"
    assert (status, last) == (0, "2 repositories: 2 done, 0 behind, 0 conflicting, 0 failing")
