"""Signals to end, one or many, at any moment: all files are old, or all files are new."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest
from helpers import start_engine

if TYPE_CHECKING:
    from pathlib import Path

#: How many are tried at each run of the gate and of all tests; ATTACK_ROUNDS asks for more.
FEW = pytest.param(2, id="few")
MANY = pytest.param(int(os.environ.get("ATTACK_ROUNDS", "6")), id="many", marks=pytest.mark.full)
NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
OLD = {
    "pytest.ini": "[pytest]\nasyncio_mode = legacy\n",
    "requirements.txt": "pytest-asyncio<0.24\n",
    "test_it.py": "import pytest\n\n\n@pytest.yield_fixture\ndef it():\n    yield 1\n"
    "\n\ndef test_it(it):\n    assert it\n",
}


def contents(root: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in root.iterdir() if path.is_file()}


def fill(root: Path) -> Path:
    root.mkdir()
    for name, text in OLD.items():
        (root / name).write_text(text)
    return root


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals are sent as POSIX does")
@pytest.mark.parametrize(
    "verify",
    [[], ["--verify", f"{sys.executable} -m pytest -q -p no:cacheprovider -p no:hypothesispytest"]],
    ids=["plain", "verified"],
)
@pytest.mark.parametrize("rounds", [FEW, MANY])
def test_all_files_are_old_or_all_are_new(rounds: int, verify: list[str], tmp_path: Path) -> None:
    whole = fill(tmp_path / "whole")
    begin = time.monotonic()
    start_engine("migrate", "--unsafe", *verify, cwd=whole).communicate(timeout=60)
    took = time.monotonic() - begin
    new = contents(whole)
    assert all(new[name] != OLD[name] for name in OLD)
    seed = random.SystemRandom().randrange(1 << 32)
    choose = random.Random(seed)  # noqa: S311 - not for secrets
    for number in range(rounds):
        root = fill(tmp_path / str(number))
        process = start_engine("migrate", "--unsafe", *verify, cwd=root)
        time.sleep(choose.uniform(0.05, took))
        for _ in range(choose.choice([1, 1, 10])):
            process.send_signal(choose.choice(NUMBERS))
        _, errors = process.communicate(timeout=60)
        # Below zero: before it was there to hear it, Python itself was ended.
        # A little later it says that it cannot import what starts a module.
        not_there = process.returncode < 0 or errors.startswith("Could not import runpy")
        assert not_there or "Traceback" not in errors, (seed, number, errors)
        assert contents(root) in (OLD, new), (seed, number, errors)
        assert process.returncode in {0, 1, 130, 143, -2, -15, -1}, (seed, number, errors)
        start_engine("migrate", "--unsafe", *verify, cwd=root).communicate(timeout=60)
        assert contents(root) == new, (seed, number)
        assert not list(root.glob(".async-test-template-*")), (seed, number)
