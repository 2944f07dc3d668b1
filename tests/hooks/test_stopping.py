"""Signals to end: one exception for all that come, in the first thread."""

from __future__ import annotations

import os
import signal

import pytest
from async_test_template.stopping import Stopped, start_thread, stoppable

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
