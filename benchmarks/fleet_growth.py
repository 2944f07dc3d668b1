"""How long all-repos with `fleet/autofix.py` takes for more and more repositories, on all cores.

    uv run python benchmarks/fleet_growth.py

Half of every fleet has nothing to do, a third is updated, and the rest is divided among conflicts
and a lack of trust. Nothing is pushed: the remotes are on this disk, and a host's part of the time
is not ours to measure. The time of the processor should grow as the number of repositories does:
the promise is that one of the largest fleet takes at most 1.25 times as much as one of the
smallest, and the exit status says whether it holds. What else the machine does changes the
seconds, and not that.
"""

from __future__ import annotations

import argparse
import os
import resource
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
        print(f"| repositories | seconds with {cores} jobs | CPU a repository | to the fewest |")
        print("|---|---|---|---|", flush=True)
        used = {}
        for size in sizes:
            taken, cpu = seconds(prototypes, root / str(size), size, cores)
            used[size] = cpu / size
            ratio = used[size] / used[sizes[0]]
            print(f"| {size} | {taken:.0f} | {used[size]:.2f} s | {ratio:.2f} |", flush=True)
    growth = used[sizes[-1]] / used[sizes[0]]
    print(f"growth {growth:.2f}, at most {LIMIT}")
    return int(growth > LIMIT)


def seconds(prototypes: Prototypes, folder: Path, size: int, jobs: int) -> tuple[float, float]:
    """Update a new fleet, check the number of each outcome, and return its time and the CPU's."""
    kinds = [KINDS[number % len(KINDS)] for number in range(size)]
    folder.mkdir()
    names = {f"{number:04}": kind.name for number, kind in enumerate(kinds)}
    variables = environment(prototypes.folder / "bytecode")
    fleet = Fleet(folder, names, prototypes)
    fleet.configure("all_repos.push.readonly", {})
    started, cpu = time.perf_counter(), cpu_of_children()
    _, told, _ = fleet.fix(variables, "update", f"--jobs={jobs}")
    taken, cpu = time.perf_counter() - started, cpu_of_children() - cpu
    outcomes = Counter(outcome for outcome, _ in told.values())
    if outcomes != Counter(kind.word for kind in kinds):
        sys.exit(f"other outcomes than expected: {dict(outcomes)}")
    shutil.rmtree(folder)
    return taken, cpu


def cpu_of_children() -> float:
    """Return the seconds of the processor that programs have used which were started and ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    sys.exit(main())
