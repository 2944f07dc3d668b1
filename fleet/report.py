#!/usr/bin/env python3
"""Check many checkouts, and tell how many have which findings.

    python3 report.py --results FOLDER [--jobs N] CHECKOUT...

Each is checked as `check_one.py` does. The folder gets `report.jsonl`, with a line for each
checkout, and the findings of each as SARIF; the Markdown table on standard output counts the
checkouts by rule. A second run checks only what is not in the folder yet, has another commit now,
or was checked by another release of the engine.
The exit status is 0 if all could be checked, and 1 otherwise.

Needs Python 3.10, git, and the engine or uv.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import find_engine, run_engine
from outcome import INTERRUPTED, Ended, Outcome, last_line
from programs import run_script
from quiet_git import git, without_filters

if TYPE_CHECKING:
    from collections.abc import Sequence

_CHECKED = {Outcome.CLEAN.word, Outcome.FINDINGS.word}
#: Of SARIF, the worst first.
_LEVELS = ("error", "warning", "note")
_WORDS = ("error", "warning", "advice")
_CHECK_ONE = Path(__file__).with_name("check_one.py")


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the checkouts that the arguments name, print the table, return the exit status."""
    parser = argparse.ArgumentParser(description="Check many checkouts, and count by rule.")
    parser.add_argument("checkouts", metavar="CHECKOUT", type=Path, nargs="+")
    parser.add_argument(
        "--results", metavar="FOLDER", type=Path, required=True, help="where the report is kept"
    )
    parser.add_argument(
        "--jobs", metavar="N", type=int, default=os.cpu_count() or 1, help="how many at a time"
    )
    options = parser.parse_args(arguments)
    if options.jobs < 1:
        parser.error("--jobs: give 1 or more")
    checkouts = list(dict.fromkeys(path.resolve() for path in options.checkouts))
    report = options.results / "report.jsonl"
    try:
        options.results.mkdir(parents=True, exist_ok=True)
        known = {(one["checkout"], one["commit"]): one for one in read(report, release_of_engine())}
    except Ended as end:
        parser.error(end.sentence)
    except (OSError, ValueError, KeyError) as error:
        parser.error(f"--results: {report} is no report of this script: {error}")
    states = {path: state_of(path) for path in checkouts}
    results = {
        path: known[str(path), at] for path, at in states.items() if (str(path), at) in known
    }
    left = [path for path in checkouts if path not in results]
    pool = ThreadPoolExecutor(options.jobs)
    try:
        with report.open("a", encoding="utf-8") as file:
            running = {
                pool.submit(check, path, sarif_of(options.results, path)): path for path in left
            }
            for number, done in enumerate(as_completed(running), 1):
                path, result = running[done], done.result()
                results[path] = {**result, "commit": states[path]}
                # A run after a kill goes on from here.
                print(json.dumps(results[path]), file=file, flush=True)
                said = f"{number} of {len(left)}: {result['checkout']}: {result['sentence']}"
                print(said, file=sys.stderr)
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        pool.shutdown(cancel_futures=True)
    lines = [results[path] for path in checkouts]
    replace(report, "".join(f"{json.dumps(result)}\n" for result in lines))
    print(table(lines))
    return int(any(result["outcome"] not in _CHECKED for result in lines))


def release_of_engine() -> str:
    """Return the version of the engine, as it is in the lines of a report.

    Raises:
        Ended: there is neither the engine nor uv, or it has a fault.

    """
    return last_line(run_engine(find_engine(), "--version", cwd=Path()).stdout).split()[-1]


def read(report: Path, release: str) -> list[dict[str, Any]]:
    """Return the lines of a report that count still, without one that a kill has cut off."""
    if not report.exists():
        return []
    whole = report.read_text(encoding="utf-8").rpartition("\n")[0]
    lines = [json.loads(text) for text in whole.splitlines()]
    # Without a commit, or if it could not be checked, a checkout is looked at again.
    checked = [one for one in lines if one["commit"] and one["outcome"] in _CHECKED]
    return [one for one in checked if one.get("engine") == release]


def replace(report: Path, text: str) -> None:
    """Write a file whole, or leave it as it was."""
    new = report.with_name(f"{report.name}.new")
    new.write_text(text, encoding="utf-8")
    new.replace(report)


def state_of(checkout: Path) -> str:
    """Return the commit of a checkout, empty if its files may be others."""
    try:
        if git(checkout, "status", "--porcelain", settings=without_filters(checkout)):
            return ""
        return git(checkout, "rev-parse", "HEAD").strip()
    except (Ended, OSError):
        return ""


def sarif_of(folder: Path, checkout: Path) -> Path:
    """Return where the findings of a checkout belong; folders of one name are told apart."""
    number = hashlib.sha256(os.fsencode(checkout)).hexdigest()[:8]
    return folder / f"{checkout.name}-{number}.sarif"


def check(checkout: Path, sarif: Path) -> dict[str, Any]:
    """Check a checkout in a process of its own, whose crash is an outcome as well."""
    sarif.unlink(missing_ok=True)
    name = str(checkout)
    arguments = (f"--sarif={sarif.resolve()}", "--", name)
    return run_script(_CHECK_ONE, *arguments, checkout=name, stderr=subprocess.DEVNULL)


def table(results: list[dict[str, Any]]) -> str:
    """Count the checkouts and the findings of each rule, in Markdown."""
    found = defaultdict(list)
    for result in results:
        for one in result.get("findings", ()):
            rule = f"{one['rule']} {one['name']}"
            found[_LEVELS.index(one["level"]), rule].append((one["count"], result["checkout"]))
    # The worst first, and of these what most checkouts have.
    order = sorted(found.items(), key=lambda row: (row[0][0], -len(row[1]), row[0][1]))
    rows = [
        f"| {rule} | {_WORDS[level]} | {len(counts)} | {sum(count for count, _ in counts)} "
        f"| {_most(counts)} |"
        for (level, rule), counts in order
    ]
    worst = Counter(_worst_level(one) for one in results if one["outcome"] in _CHECKED)
    failed = [one for one in results if one["outcome"] not in _CHECKED]
    head = f"{len(results)} checkouts: {worst['error']} with errors, {worst['warning']} with "
    head += f"warnings, {worst['note']} with advice, {worst['']} with nothing"
    head += f", {len(failed)} that could not be checked whole."
    listed = [f"- {one['checkout']}: {one['sentence']}" for one in failed]
    columns = ["| Rule | Level | Checkouts | Findings | Most in |", "|---|---|---|---|---|"]
    return "\n".join([head, "", *columns, *rows, *([""] if listed else []), *listed])


def _most(counts: list[tuple[int, str]]) -> str:
    """Name the checkout with the most findings, or say how many have as many."""
    most = max(count for count, _ in counts)
    names = [Path(checkout).name.replace("|", "\\|") for count, checkout in counts if count == most]
    return names[0] if len(names) == 1 else f"{len(names)} alike"


def _worst_level(result: dict[str, Any]) -> str:
    """Return the worst level of a checkout's findings, empty without any."""
    levels = {one["level"] for one in result.get("findings", ())}
    return next((level for level in _LEVELS if level in levels), "")


if __name__ == "__main__":
    sys.exit(main())
