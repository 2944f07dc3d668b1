"""Work on several processes gives the same result as on one, and their errors are reported."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from async_test_template import spread as spreading
from async_test_template.errors import EditError
from async_test_template.faults import Crash
from async_test_template.source.readings import Readings
from async_test_template.spread import spread

if TYPE_CHECKING:
    from collections.abc import Callable

LARGE = 100_000_000


@pytest.fixture(autouse=True)
def three_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreading, "_cores", lambda: 3)


@pytest.mark.parametrize("number", [0, 1, 2, 3, 7, 100])
def test_the_results_come_in_the_order_of_the_items(number: int) -> None:
    assert spread(lambda item: item * 2, range(number), LARGE) == [2 * n for n in range(number)]


def test_much_work_is_done_by_several_processes_and_little_by_this_one() -> None:
    assert len(set(spread(lambda _: os.getpid(), range(9), LARGE))) == 3
    assert set(spread(lambda _: os.getpid(), range(9), 1000)) == {os.getpid()}


def test_no_syntax_tree_is_kept_in_a_process_that_ends() -> None:
    data = b"a" * 200_000

    def keeps(_: int) -> bool:
        readings = Readings()
        first = readings.source("a.py", data)
        # The last files are kept for a while anyway.
        readings.source("b.py", data)
        return readings.source("a.py", data) is first

    assert spread(keeps, range(3), LARGE) == [True, False, False]


def test_an_error_in_another_process_is_raised_here() -> None:
    def refuse_the_second(item: int) -> int:
        if item == 1:
            raise EditError("no", line=7)
        return item

    with pytest.raises(EditError, match="no") as caught:
        spread(refuse_the_second, range(3), LARGE)
    assert caught.value.line == 7


def test_a_process_that_dies_is_an_error_and_no_endless_wait() -> None:
    me = os.getpid()
    with pytest.raises(Crash, match="ended early"):
        spread(lambda _: os.getpid() == me or os._exit(1), range(3), LARGE)


@pytest.mark.parametrize("raised", [KeyboardInterrupt, SystemExit])
def test_the_others_end_quietly_when_they_are_interrupted(
    raised: type[BaseException], capfd: pytest.CaptureFixture[str]
) -> None:
    me = os.getpid()

    def stop_the_others(_item: int) -> None:
        if os.getpid() != me:
            raise raised

    with pytest.raises(Crash, match="ended early"):
        spread(stop_the_others, range(3), LARGE)
    assert capfd.readouterr() == ("", "")


def test_what_cannot_be_sent_is_an_error_too() -> None:
    def make(item: int) -> Callable[[], int]:
        return lambda: item

    with pytest.raises(Exception, match="pickle"):
        spread(make, range(3), LARGE)


def test_the_others_end_when_the_first_one_is_killed(tmp_path: Path) -> None:
    first = os.fork()
    if first == 0:

        def work(item: int) -> str:
            if item:
                (tmp_path / str(os.getpid())).touch()
                return "x" * 10_000_000
            while len(list(tmp_path.iterdir())) < 2:
                time.sleep(0.01)
            os.kill(os.getpid(), signal.SIGKILL)
            return ""

        spread(work, range(3), LARGE)
    os.waitpid(first, 0)
    others = [int(file.name) for file in tmp_path.iterdir()]
    assert len(others) == 2
    end = time.monotonic() + 10
    while any(map(_is_running, others)) and time.monotonic() < end:
        time.sleep(0.01)
    left = [other for other in others if _is_running(other)]
    for other in left:
        os.kill(other, signal.SIGKILL)
    assert left == []


def _is_running(process: int) -> bool:
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False
    # A process that inherits it must not ask for it.
    return status.rpartition(")")[2].split()[0] != "Z"
