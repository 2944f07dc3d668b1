"""The alarm: it rings shortly before pytest-timeout steps in, by the same means.

Not by the event loop: its clock can be a frozen or a virtual one.
"""

from __future__ import annotations

import math
import signal
import sys
from importlib import import_module
from threading import Thread, Timer, current_thread, main_thread
from typing import TYPE_CHECKING, Any

from .clock import now
from .state import state

if TYPE_CHECKING:
    from collections.abc import Generator

    import pytest


# `signal.signal` tries to make an enum of each handler: below Python 3.13 that takes ten times as
# long.
_set_handler = import_module("_signal").signal
# Seconds that code has at least to end after the signal of pytest-timeout.
_LEAST_WAIT = 5


def set_alarm(item: pytest.Item, settings: Any) -> None:
    """Have the alarm ring shortly before the timer of pytest-timeout, which is set already.

    Its handler of the signal is put aside until then, and gets the time that is left. What the
    handler raises can be swallowed, by an `except` around each `await` or by the loop below a
    callback. It is called once more, and then the run ends as by the method "thread".
    """
    state.timer = settings
    state.deadline = now() + settings.timeout
    early = settings.timeout - min(1, settings.timeout * 0.4)
    if settings.method == "signal" and current_thread() is main_thread():

        def ring(_signum: int, _frame: object) -> None:
            signal.signal(signal.SIGALRM, insist)
            left = max(state.deadline - now(), 0.001)
            signal.setitimer(signal.ITIMER_REAL, left, max(settings.timeout, _LEAST_WAIT))
            _ring()

        def insist(signum: int, frame: object) -> None:
            __tracebackhide__ = True
            next(tries, end_run)(signum, frame)

        def end_run(_signum: int, _frame: object) -> None:
            # In a thread, because it shows where all other threads are.
            Thread(
                target=sys.modules["pytest_timeout"].timeout_timer, args=(item, settings)
            ).start()

        theirs: Any = _set_handler(signal.SIGALRM, ring)
        tries = iter((theirs, theirs))
        signal.setitimer(signal.ITIMER_REAL, early)
    else:
        thread = Timer(early, _ring)
        thread.daemon = True
        thread.start()
        state.stop_thread = thread.cancel


def stop_alarm() -> None:
    """Keep the alarm from ringing; pytest-timeout itself takes its signal back."""
    state.deadline = math.inf
    state.stop_thread()


def _ring() -> None:
    """Wake every loop that is waited for; called in a signal handler or a thread."""
    # No import: a project with a copy of this folder can be without pytest-timeout, which has no
    # types (2.4). Here it is loaded, for it has set its timer.
    is_debugging = sys.modules["pytest_timeout"].is_debugging
    always = getattr(state.timer, "disable_debugger_detection", False)  # since 2.2
    if always or not is_debugging():
        for alarm in tuple(state.alarms.values()):
            alarm()


def is_timed() -> bool:
    """Tell whether pytest-timeout times what comes, as it nearly always does, or need not.

    It stops its timer when a test has failed (2.4: `pytest_exception_interact`), and sets it once
    for all attempts of pytest-rerunfailures.
    """
    timer = state.timer
    return timer is None or timer.func_only or state.deadline < math.inf


def timed(item: pytest.Item) -> Generator[None, object, object]:
    """Time what pytest-timeout does not: a teardown after a failure, and a second attempt."""
    __tracebackhide__ = True
    timer = state.timer
    if any(name.startswith("anyio") for name in getattr(item, "fixturenames", ())):
        # A signal cannot get AnyIO's test runner out of a coroutine that stays: end the whole run.
        timer = timer._replace(method="thread")
    start_timer(item, timer)
    try:
        return (yield)
    finally:
        end_timer(item)


def start_timer(item: pytest.Item, timer: Any) -> None:
    """Have pytest-timeout set its timer, and with it the alarm."""
    item.ihook.pytest_timeout_set_timer(item=item, settings=timer)


def end_timer(item: pytest.Item) -> None:
    """Keep pytest-timeout from stepping in, and the alarm from ringing."""
    item.ihook.pytest_timeout_cancel_timer(item=item)
