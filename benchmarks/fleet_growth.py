"""How long all-repos with `fleet/autofix.py` takes for more and more repositories, on all cores.

    uv run python benchmarks/fleet_growth.py

Half of every fleet has nothing to do, a third is updated, and the rest is divided among conflicts
and a lack of trust. Nothing is pushed: the remotes are on this disk, and a host's part of the time
is not ours to measure. Time should grow as the number of repositories does: the promise is that one
of the largest fleet takes at most 1.25 times as long as one of the smallest, and the exit status
says whether it holds. The smallest fleet is updated on one core as well.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1] / "fleet"))

from fleets import Fleet, Prototypes, environment
from outcome import Outcome

SIZES = [25, 50, 100, 200]
LIMIT = 1.25
# A dozen, repeated.
KINDS = [
    *[Outcome.UPDATED, Outcome.UP_TO_DATE, Outcome.UP_TO_DATE, Outcome.CONFLICTS],
    *[Outcome.UPDATED, Outcome.UP_TO_DATE, Outcome.UP_TO_DATE, Outcome.NEEDS_TRUST],
    *[Outcome.UPDATED, Outcome.UP_TO_DATE, Outcome.UP_TO_DATE, Outcome.UPDATED],
]


def main() -> int:
    """Print the seconds of each fleet, and the ratios; 1 if growth is over the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    sizes = sorted(parser.parse_args().sizes)
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        prototypes = Prototypes.make(root / "prototypes")
        # Copier's bytecode is written once, and not measured.
        seconds(prototypes, root / "first", 2, cores)
        alone = seconds(prototypes, root / "alone", sizes[0], 1)
        times = {size: seconds(prototypes, root / str(size), size, cores) for size in sizes}
    smallest = times[sizes[0]] / sizes[0]
    print(f"| repositories | seconds on {cores} cores | a repository | to that of {sizes[0]} |")
    print("|---|---|---|---|")
    for size, taken in times.items():
        print(f"| {size} | {taken:.1f} | {taken / size:.2f} | {taken / size / smallest:.2f} |")
    print(f"\n{sizes[0]} on one core: {alone:.1f} s, {alone / times[sizes[0]]:.2f} times as long")
    growth = times[sizes[-1]] / sizes[-1] / smallest
    print(f"growth {growth:.2f}, at most {LIMIT}")
    return int(growth > LIMIT)


def seconds(prototypes: Prototypes, folder: Path, size: int, jobs: int) -> float:
    """Update a new fleet, check the number of each outcome, and measure the time."""
    kinds = [KINDS[number % len(KINDS)] for number in range(size)]
    folder.mkdir()
    names = {f"{number:04}": kind.name for number, kind in enumerate(kinds)}
    variables = environment(prototypes.folder / "bytecode")
    fleet = Fleet(folder, names, prototypes)
    fleet.configure("all_repos.push.readonly", {})
    started = time.perf_counter()
    _, told, _ = fleet.fix(variables, "update", f"--jobs={jobs}")
    taken = time.perf_counter() - started
    outcomes = Counter(outcome for outcome, _ in told.values())
    if outcomes != Counter(kind.word for kind in kinds):
        sys.exit(f"other outcomes than expected: {dict(outcomes)}")
    shutil.rmtree(folder)
    return taken


if __name__ == "__main__":
    sys.exit(main())
