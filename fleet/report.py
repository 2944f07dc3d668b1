#!/usr/bin/env python3
"""Check many checkouts, and tell how many have which findings.

    python3 report.py --results FOLDER [--jobs N] CHECKOUT...

Each is checked as `check_one.py` does. The folder gets `report.jsonl`, with a line for each
checkout, and the findings of each as SARIF; the Markdown table on standard output counts the
checkouts by rule. A second run checks only what is not in the folder yet or is another commit now.
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
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outcome import INTERRUPTED, Ended, Outcome
from programs import run_script
from quiet_git import git, without_filters

if TYPE_CHECKING:
    from collections.abc import Sequence

_CHECKED = {Outcome.CLEAN.word, Outcome.FINDINGS.word}
#: Of SARIF, the worst first.
_LEVELS = ("error", "warning", "note")
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
        known = {(one["checkout"], one["commit"]): one for one in read(report)}
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
            done = pool.map(check, left, [sarif_of(options.results, path) for path in left])
            for path, result in zip(left, done, strict=True):
                results[path] = {**result, "commit": states[path]}
                # A run after a kill goes on from here.
                print(json.dumps(results[path]), file=file, flush=True)
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        pool.shutdown(cancel_futures=True)
    lines = [results[path] for path in checkouts]
    replace(report, "".join(f"{json.dumps(result)}\n" for result in lines))
    print(table(lines))
    return int(any(result["outcome"] not in _CHECKED for result in lines))


def read(report: Path) -> list[dict[str, Any]]:
    """Return the lines of a report, without one that a kill has cut off."""
    if not report.exists():
        return []
    whole = report.read_text(encoding="utf-8").rpartition("\n")[0]
    lines = [json.loads(text) for text in whole.splitlines()]
    # What has no commit, or could not be checked, is looked at again.
    return [one for one in lines if one["commit"] and one["outcome"] in _CHECKED]


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
    """Count the checkouts and the findings of each rule, in Markdown, errors first."""
    checkouts: Counter[tuple[int, str]] = Counter()
    findings: Counter[tuple[int, str]] = Counter()
    for result in results:
        for found in result.get("findings", ()):
            at = (_LEVELS.index(found["level"]), found["rule"])
            checkouts[at] += 1
            findings[at] += found["count"]
    rows = [
        f"| {rule} | {_LEVELS[level]} | {checkouts[level, rule]} | {findings[level, rule]} |"
        for level, rule in sorted(checkouts)
    ]
    lie = sum(any(f["level"] == "error" for f in one.get("findings", ())) for one in results)
    clean = sum(one["outcome"] == Outcome.CLEAN.word for one in results)
    failed = [one for one in results if one["outcome"] not in _CHECKED]
    head = f"{len(results)} checkouts: {lie} with errors, {clean} with nothing but advice, "
    head += f"{len(failed)} that could not be checked whole."
    listed = [f"- {one['checkout']}: {one['sentence']}" for one in failed]
    columns = ["| Rule | Level | Checkouts | Findings |", "|---|---|---|---|"]
    return "\n".join([head, "", *columns, *rows, *([""] if listed else []), *listed])


if __name__ == "__main__":
    sys.exit(main())
