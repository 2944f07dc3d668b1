"""How fast the rules on code are, compared with ruff, pyupgrade and a codemod on LibCST.

    uv run --with libcst --with psutil --with pyupgrade benchmarks/code_speed.py

Whole processes on trees made by `trees.py`, each run in turn with what it is compared with, so that
a busy machine slows both alike. The promises: a check of 2,000 files of which one in ten matters
takes at most 1.7 times as long as ruff's; a migration of 2,000 files takes at most 0.6 times as
long as pyupgrade and, with the same rules, a fifth of the time of that on LibCST; neither needs
more than 150 MB; both grow as the number of files does. The exit status says whether they hold.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from trees import write_tree

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
FILES = 2000
SIZES = (500, 1000, 2000, 4000, 8000)
#: The rules that `libcst_rules.py` has too.
SAME_RULES = "AT601,AT608,AT704,AT811"
OURS = (sys.executable, "-m", "async_test_template")


def main() -> int:
    """Print the ratios, the memory and the growth; 1 if a promise does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="files, for the growth")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        write_tree(root / "mixed", FILES, relevant=10)
        write_tree(root / "outdated", FILES, relevant=1, lines=130)
        broken = [
            *compare_checks(root / "mixed", options.rounds),
            *compare_migrations(root / "outdated", options.rounds),
            *show_growth(root, options.sizes),
        ]
    print(*broken, sep="\n")
    return int(bool(broken))


def compare_checks(tree: Path, rounds: int) -> list[str]:
    """Compare `check` with ruff's; return the promises that do not hold."""
    ruff = (sys.executable, "-m", "ruff", "check", "--select", "PT,ASYNC", "--no-cache", "--quiet")
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(rounds):
        ours.append(run((*OURS, "check", "--no-cache"), tree))
        theirs.append(run(ruff, tree))
    print(f"{FILES} files, one in ten with outdated async tests")
    return [
        *tell("check", ours, "ruff check --select PT,ASYNC", theirs, at_most=1.7),
        *tell_memory((*OURS, "check", "--no-cache"), tree),
    ]


def compare_migrations(tree: Path, rounds: int) -> list[str]:
    """Compare `migrate` with pyupgrade, and with the same rules on LibCST."""
    files = [path.relative_to(tree) for path in sorted(tree.rglob("*.py"))]
    pyupgrade = (sys.executable, "-m", "pyupgrade", "--py311-plus", *map(str, files))
    libcst = (sys.executable, str(HERE / "libcst_rules.py"))
    everything: list[float] = []
    same: list[float] = []
    upgrades: list[float] = []
    codemods: list[float] = []
    for _ in range(rounds):
        everything.append(run_on_copy((*OURS, "migrate", "--unsafe"), tree))
        upgrades.append(run_on_copy(pyupgrade, tree, names=False))
        same.append(run_on_copy((*OURS, "migrate", "--unsafe", "--select", SAME_RULES), tree))
        codemods.append(run_on_copy(libcst, tree))
    print(f"\n{FILES} files, all with outdated async tests")
    return [
        *tell("migrate, all rules", everything, "pyupgrade", upgrades, at_most=0.6),
        *tell("migrate, four rules", same, "the four on LibCST", codemods, at_most=1 / 5),
        *tell_memory((*OURS, "migrate", "--unsafe"), tree),
    ]


def show_growth(root: Path, sizes: list[int]) -> list[str]:
    """Show the time a file takes in small and in large repositories."""
    print("\nmilliseconds a file   check   migrate")
    per_file: dict[str, list[float]] = {"check": [], "migrate": []}
    for size in sizes:
        mixed, outdated = root / f"mixed{size}", root / f"outdated{size}"
        write_tree(mixed, size, relevant=10)
        write_tree(outdated, size, relevant=1, lines=130)
        per_file["check"].append(run((*OURS, "check", "--no-cache"), mixed) / size * 1000)
        migrate = run_on_copy((*OURS, "migrate", "--unsafe"), outdated)
        per_file["migrate"].append(migrate / size * 1000)
        print(f"{size:19}{per_file['check'][-1]:8.2f}{per_file['migrate'][-1]:10.2f}")
    return [
        f"{command}: {values[-1] / values[0]:.2f} times as long a file in the largest tree"
        for command, values in per_file.items()
        if values and values[-1] > values[0] * 1.5
    ]


def tell(
    name: str, ours: list[float], other: str, theirs: list[float], *, at_most: float
) -> list[str]:
    """Print two medians and their ratio."""
    one, two = statistics.median(ours), statistics.median(theirs)
    line = f"{name} {one:.2f} s, {other} {two:.2f} s: {one / two:.2f}, at most {at_most:.2f}"
    print(line)
    return [line] if one > two * at_most else []


def tell_memory(command: tuple[str, ...], tree: Path) -> list[str]:
    """Print how much memory all processes of a command have at once, at the most."""
    most = 0.0

    def look(pid: int) -> None:
        nonlocal most
        most = max(most, memory(pid))

    run_on_copy(command, tree, watch=look)
    line = f"{command[-1]}: {most:.0f} MB, at most 150"
    print(line)
    return [line] if most > 150 else []  # noqa: PLR2004


def run_on_copy(
    command: tuple[str, ...],
    tree: Path,
    *,
    names: bool = True,
    watch: Callable[[int], None] | None = None,
) -> float:
    """Run a command that writes on a copy of a tree."""
    copy = tree.with_name("copy")
    shutil.copytree(tree, copy)
    # A command that forces its own files to the disk would have to wait for these too.
    os.sync()
    try:
        return run(command, copy, names=names, watch=watch)
    finally:
        shutil.rmtree(copy)


def run(
    command: tuple[str, ...],
    tree: Path,
    *,
    names: bool = True,
    watch: Callable[[int], None] | None = None,
) -> float:
    """Return the seconds of a command in a tree.

    Args:
        command: what to run.
        tree: where.
        names: the tree is the command's last argument.
        watch: looks at the running process from time to time, which takes time too.

    """
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent / "hooks")}
    # An installed package has its bytecode.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    begin = time.perf_counter()
    with subprocess.Popen(
        [*command, str(tree)] if names else command,
        cwd=tree,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        while watch is not None and process.poll() is None:
            watch(process.pid)
            time.sleep(0.05)
        process.wait()
    if process.returncode > 1:
        raise subprocess.CalledProcessError(process.returncode, command[:4])
    return time.perf_counter() - begin


def memory(pid: int) -> float:
    """Return the megabytes of a process and its children; what they share counts once."""
    total = 0.0
    try:
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            total += process.memory_full_info().pss / 1e6
    except psutil.Error:
        # It ended in the meantime.
        return total
    return total


if __name__ == "__main__":
    sys.exit(main())
