"""Signals to end: one exception for all of them, in the first thread."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from async_test_template import write
from async_test_template.stopping import Stopped, postponed, start_thread, stoppable

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are sent as POSIX does")
SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


def masked() -> set[signal.Signals]:
    return {signal.Signals(number) for number in signal.pthread_sigmask(signal.SIG_BLOCK, ())}


def test_a_thread_that_is_started_leaves_signals_to_the_first() -> None:
    before = masked()
    seen: list[set[signal.Signals]] = []
    start_thread(lambda: seen.append(masked())).join()
    assert seen[0] >= SIGNALS
    assert masked() == before


def test_signals_that_wait_together_stop_once() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    with stoppable():
        for number in SIGNALS:
            signal.raise_signal(number)
        with pytest.raises(Stopped) as stopped:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
    assert stopped.value.status in {130, 143}


def test_a_signal_that_is_postponed_comes_at_the_end() -> None:
    seen = []

    def begin() -> None:
        with postponed():
            signal.raise_signal(signal.SIGTERM)
            seen.append("begun")
        seen.append("gone on")

    with stoppable(), pytest.raises(Stopped) as stopped:
        begin()
    assert seen == ["begun"]
    assert stopped.value.number == signal.SIGTERM


def test_what_stages_files_has_ended_when_a_signal_tidies_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, fill, remove = threading.Thread.start, write._fill, write._remove  # noqa: SLF001
    busy: list[threading.Thread] = []
    left: list[int] = []

    def signalled(thread: threading.Thread) -> None:
        start(thread)
        while not busy:
            time.sleep(0.001)
        signal.raise_signal(signal.SIGTERM)

    def slow(*arguments: Any) -> None:  # noqa: ANN401 - its own
        busy.append(threading.current_thread())
        time.sleep(0.2)
        fill(*arguments)
        busy.pop()

    def tidy_up(folder: Path) -> None:
        left.append(len(busy))
        remove(folder)

    monkeypatch.setattr(threading.Thread, "start", signalled)
    monkeypatch.setattr(write, "_fill", slow)
    monkeypatch.setattr(write, "_remove", tidy_up)
    file = tmp_path / "pytest.ini"
    file.write_text("old")
    with pytest.raises(Stopped), stoppable():
        write.write_all(tmp_path, {file: b"new"}, allow_dirty=True)
    assert left == [0]
    assert file.read_text() == "old"


def test_a_signal_does_not_stop_what_puts_files_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["a.ini", "b.ini", "c.ini"]
    for name in names:
        (tmp_path / name).write_text("old")
    replace, put_back = write._replace, write._is_put_back  # noqa: SLF001 - made to fail

    def fail_at_the_last(file: Any) -> None:  # noqa: ANN401 - its own
        if file.target.name == names[-1]:
            raise OSError(28, "No space left on device")
        replace(file)

    def signalled(target: Path, old: Path | None) -> bool:
        signal.raise_signal(signal.SIGTERM)
        return put_back(target, old)

    monkeypatch.setattr(write, "_replace", fail_at_the_last)
    monkeypatch.setattr(write, "_is_put_back", signalled)
    with pytest.raises(Stopped), stoppable():
        write.write_all(tmp_path, {tmp_path / name: b"new" for name in names}, allow_dirty=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert {(tmp_path / name).read_text() for name in names} == {"old"}
