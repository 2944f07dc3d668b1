#!/usr/bin/env python3
"""Update many checkouts at once, each as `update_one.py` does, and print the outcomes.

    python3 update_all.py [--jobs N] [--logs FOLDER] [--trust] [--test COMMAND] CHECKOUT...

Every checkout gets a process of its own, as many at a time as there are cores. The exit status is 0
if all of them are at the newest release now, 1 if any is not, and 2 for arguments that cannot be
used.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from update_one import INTERRUPTED, Outcome, add_options

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

UPDATE_ONE = Path(__file__).with_name("update_one.py")
DONE = {Outcome.UPDATED, Outcome.UP_TO_DATE}
Result = tuple[Outcome, str]


def main(arguments: Sequence[str] | None = None) -> int:
    """Update the checkouts that the arguments name, and return the exit status."""
    parser = argparse.ArgumentParser(
        description="Update many checkouts at once, and print what became of each."
    )
    parser.add_argument("checkouts", metavar="CHECKOUT", nargs="+")
    parser.add_argument(
        "--jobs",
        metavar="N",
        type=int,
        default=os.cpu_count() or 1,
        help="how many at a time (default: one a core)",
    )
    parser.add_argument(
        "--logs", metavar="FOLDER", type=Path, help="write a log for each checkout here"
    )
    add_options(parser)
    options = parser.parse_args(arguments)
    if options.jobs < 1:
        parser.error("--jobs: give 1 or more")
    passed_on = ["--trust"] if options.trust else []
    passed_on += [f"--test={options.test}"] if options.test else []
    passed_on += [f"--answers-file={options.answers_file}"] if options.answers_file else []
    # A checkout that is named twice would be updated twice at the same time.
    checkouts = list({Path(name).resolve(): name for name in options.checkouts}.values())
    try:
        logs = log_files(options.logs, checkouts) if options.logs else {}
    except OSError as error:
        parser.error(f"--logs: {error}")
    results = update_all(checkouts, passed_on, logs, options.jobs)
    print(table(results))
    if len(results) < len(checkouts):
        return INTERRUPTED
    return int(any(outcome not in DONE for outcome, _ in results.values()))


def log_files(folder: Path, checkouts: list[str]) -> dict[str, Path]:
    """Name a log for each checkout; the number distinguishes folders of the same name."""
    folder.mkdir(parents=True, exist_ok=True)
    width = len(str(len(checkouts)))
    return {
        checkout: folder / f"{number:0{width}}-{Path(checkout).resolve().name}.log"
        for number, checkout in enumerate(checkouts, 1)
    }


def update_all(
    checkouts: list[str], options: list[str], logs: dict[str, Path], jobs: int
) -> dict[str, Result]:
    """Update checkouts and return their outcomes in order; fewer after Ctrl-C."""
    results: dict[str, Result] = {}
    with tempfile.TemporaryDirectory(prefix="fleet-", ignore_cleanup_errors=True) as scratch:
        worker = threading.local()

        def start_worker() -> None:
            # Copier's cache of templates breaks when several update it at once: one per worker.
            worker.cache = tempfile.mkdtemp(dir=scratch)

        def work(checkout: str) -> Result:
            return update_one(checkout, options, logs.get(checkout), worker.cache)

        pool = ThreadPoolExecutor(jobs, initializer=start_worker)
        begin = time.monotonic()
        futures: dict[Future[Result], str] = {pool.submit(work, one): one for one in checkouts}
        try:
            progress(f"0/{len(checkouts)}")
            for future in as_completed(futures):
                results[futures[future]] = future.result()
                seconds = time.monotonic() - begin
                progress(f"{len(results)}/{len(checkouts)}, {seconds:.0f} s")
        except KeyboardInterrupt:
            # The terminal has interrupted the processes too, and they restore everything.
            print("Stopped: the others are as they were.", file=sys.stderr)
        finally:
            pool.shutdown(cancel_futures=True)
    progress("")
    return {checkout: results[checkout] for checkout in checkouts if checkout in results}


def update_one(checkout: str, options: list[str], log: Path | None, cache: str) -> Result:
    """Update a checkout in a separate process; a crash of it is also an outcome."""
    with ExitStack() as stack:
        stderr = stack.enter_context(log.open("w")) if log else subprocess.DEVNULL
        done = subprocess.run(
            [sys.executable, UPDATE_ONE, *options, "--", checkout],
            env={**os.environ, "COPIER_CACHE_DIR": cache},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            check=False,
        )
        line = done.stdout.decode("utf-8", "replace").strip()
        if log and line:
            print(line, file=stack.enter_context(log.open("a")))
    for outcome in Outcome:
        if done.returncode == outcome.status and line.startswith(f"{outcome.word}: "):
            return outcome, line.partition(": ")[2]
    return Outcome.FAILED, f"{UPDATE_ONE.name} ended with {done.returncode}"


def table(results: dict[str, Result]) -> str:
    """Lay the results out for people, with the count of each outcome below."""
    width = max((len(checkout) for checkout in results), default=0)
    words = max(len(outcome.word) for outcome in Outcome)
    rows = [
        f"{checkout:{width}}  {outcome.word:{words}}  {sentence}"
        for checkout, (outcome, sentence) in results.items()
    ]
    counts = Counter(outcome for outcome, _ in results.values())
    shown = ", ".join(f"{counts[one]} {one.word}" for one in Outcome if counts[one])
    return "\n".join([*rows, "", f"{len(results)} checkouts: {shown or 'none'}"])


def progress(line: str) -> None:
    """Overwrite the last line of a terminal; write nothing elsewhere."""
    if sys.stderr.isatty():
        # Spaces, because not every terminal knows how to erase a line.
        sys.stderr.write(f"\r{line:30}\r" if line else f"\r{'':30}\r")
        sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
