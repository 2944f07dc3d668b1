#!/usr/bin/env python3
"""Run the real Renovate on a generated project, and print what it makes of new releases.

    python3 renovate/real_run.py

A server on 127.0.0.1 has the preset, and a git repository with three releases of the template. The
project holds it twice: with the usual answers file, and with that of a second layer. The exit
status is 0 if Renovate finds every release in both, holds none back, and the command that the body
of the major names brings that major.

Needs on the PATH: git, copier, uvx, and renovate with the Node that it asks for.
"""

from __future__ import annotations

import functools
import http.server
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PRESET = Path("renovate", "default.json")
ANSWERS_FILES = (".copier-answers.async-test.yml", ".copier-answers.yml")
MINOR = "1.1.0"
MAJOR = "2.0.0"
AGE = "14 days"
# Renovate's own functions: which rules apply to an update, and what the body of its request says.
RULES = """
import { applyPackageRules } from "%(renovate)s/util/package-rules/index.js";
import { getPrNotes } from "%(renovate)s/workers/repository/update/pr/body/notes.js";
const updates = JSON.parse(process.argv[1]);
const told = updates.map(async (update) => {
  const config = await applyPackageRules(update);
  return { labels: config.addLabels ?? [], body: getPrNotes({ upgrades: [config] }).trim() };
});
console.log(JSON.stringify(await Promise.all(told)));
"""

Update = dict[str, Any]


def main() -> int:
    """Print what Renovate finds; 1 if the preset does not do what it promises."""
    for name in ("git", "copier", "uvx", "node", "renovate", "renovate-config-validator"):
        if not shutil.which(name):
            print(f"{name} is not on the PATH: see {PRESET.with_name('README.md')}")
            return 2
    print("renovate", run("renovate", "--version", cwd=ROOT).strip())
    run("renovate-config-validator", "--strict", "--no-global", PRESET, cwd=ROOT)
    print(f"renovate-config-validator --strict: {PRESET} is valid")
    with tempfile.TemporaryDirectory(prefix="renovate-") as name:
        folder = Path(name)
        served = folder / "served"
        served.mkdir()
        shutil.copy(ROOT / PRESET, served)
        with serve(served) as url:
            project = releases_and_project(folder, served, f"{url}/async-test-template.git")
            alone = find_updates(project, {"minimumReleaseAge": AGE})
            config = {"extends": [f"{url}/{PRESET.name}"], "minimumReleaseAge": AGE}
            helped = find_updates(project, config)
            print(f"\nminimumReleaseAge: {AGE}, without the preset")
            show(alone)
            print(f"\nminimumReleaseAge: {AGE}, with the preset")
            body = show(helped)
            print(f"\nThe body of the major says:\n\n{body}")
            brought = follow(body, project)
    expected = {(file, version) for file in ANSWERS_FILES for version in (MINOR, MAJOR)}
    found = {(update["packageFile"], update["newVersion"]) for update in helped if comes(update)}
    if found != expected or any(map(comes, alone)) or not brought:
        print("\nThat is not what the preset promises.")
        return 1
    return 0


def releases_and_project(folder: Path, served: Path, url: str) -> Path:
    """Generate a project, with two answers files, from the first of three releases."""
    template = folder / "template"
    template.mkdir()
    for part in ("copier.yml", "includes", "template", "guard/src", "hooks"):
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, template / part)
    git(template, "init", "--quiet")
    git(served, "init", "--quiet", "--bare", "async-test-template.git")

    def publish(version: str) -> None:
        commit(template, version)
        git(template, "tag", version)
        bare = served / "async-test-template.git"
        git(template, "push", "--quiet", "--tags", str(bare), "HEAD:main")
        git(bare, "symbolic-ref", "HEAD", "refs/heads/main")
        # The server only knows files.
        git(bare, "update-server-info")

    publish("1.0.0")
    project = folder / "project"
    # The first of the two makes the project new, the other adds to it.
    for name in reversed(ANSWERS_FILES):
        options = ("--quiet", "--defaults", "--answers-file", name)
        run("copier", "copy", *options, url, project, cwd=folder)
    git(project, "init", "--quiet")
    for version in (MINOR, MAJOR):
        guard = template / "template" / "tests" / "async_guard.py.jinja"
        guard.write_text(f"{guard.read_text()}# {version}\n")
        publish(version)
    return project


def find_updates(project: Path, config: dict[str, Any]) -> list[Update]:
    """Run Renovate with a configuration, and return the updates that it finds, with its rules."""
    (project / "renovate.json").write_text(json.dumps(config))
    commit(project, "Configure")
    report = project.parent / "report.json"
    options = ("--onboarding=false", "--enabled-managers=copier", "--report-type=file")
    run("renovate", "--platform=local", *options, f"--report-path={report}", cwd=project)
    files = json.loads(report.read_text())["repositories"]["local"]["packageFiles"]["copier"]
    rules = json.loads((ROOT / PRESET).read_text()) if "extends" in config else {}
    return [
        {
            **{key: value for key, value in dependency.items() if key != "updates"},
            **update,
            "manager": "copier",
            "packageFile": file["packageFile"],
            "packageRules": rules.get("packageRules", []),
        }
        for file in files
        for dependency in file["deps"]
        for update in dependency["updates"]
    ]


def comes(update: Update) -> bool:
    """Tell whether Renovate makes a request of an update now."""
    return not update.get("pendingChecks")


def show(updates: list[Update]) -> str:
    """Print a line for each update, and return the body that Renovate gives the last major."""
    program = Path(shutil.which("renovate") or "").resolve()
    script = RULES % {"renovate": program.parent.as_uri()}
    environment = {"RENOVATE_X_IGNORE_RE2": "true"}
    command = ("node", "--input-type=module", "--eval", script, json.dumps(updates))
    told = json.loads(run(*command, cwd=ROOT, **environment).splitlines()[-1])
    body = ""
    for update, rules in zip(updates, told, strict=True):
        step = f"{update['currentVersion']} -> {update['newVersion']}"
        what = ", ".join(["comes", *rules["labels"]]) if comes(update) else "held back"
        print(f"  {update['packageFile']:{len(ANSWERS_FILES[0])}}  {step}  {what}")
        body = rules["body"] or body
    return body


def follow(body: str, project: Path) -> bool:
    """Run the command in the body of the major, and tell whether it brings that."""
    command = body.partition("```\n")[2].partition("\n```")[0]
    run(*shlex.split(command), cwd=project)
    brought = f"_commit: {MAJOR}\n" in (project / ANSWERS_FILES[1]).read_text()
    print(f"\nIt was run: {git(project, 'diff', '--shortstat').strip()}")
    return brought


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder on 127.0.0.1, and yield its URL."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def commit(folder: Path, message: str) -> None:
    """Commit everything in a folder."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)


def git(folder: Path, *arguments: str) -> str:
    """Run git with a neutral identity."""
    who = ("-c", "user.name=Nobody", "-c", "user.email=nobody@example.com")
    return run("git", *who, *arguments, cwd=folder)


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """Run a command, and return what it prints; end with that if it fails."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, "LOG_LEVEL": "error", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
