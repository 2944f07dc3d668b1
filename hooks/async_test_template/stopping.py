"""Signals that end a run, as one exception, once: what tidies up after it is not stopped again."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from threading import Thread
    from types import FrameType
    from typing import TypeAlias

    _Handler: TypeAlias = Callable[[int, FrameType | None], object] | int | None

_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
_INTERRUPTED, _TERMINATED = 130, 143


class Stopped(KeyboardInterrupt):
    """A signal asked this process to end.

    Attributes:
        number: which signal.
        status: the exit status that says so.

    """

    def __init__(self, number: int) -> None:
        """Take the number of the signal."""
        super().__init__()
        self.number = number
        self.status = _INTERRUPTED if number == signal.SIGINT else _TERMINATED


def listen() -> None:
    """Raise Stopped for the first signal to end from now on, and ignore later ones.

    One that is ignored, as by `nohup`, stays so.
    """
    process = os.getpid()
    stopped = False

    def stop(number: int, _frame: FrameType | None) -> None:
        # First of all: the next signal may come between any two lines.
        nonlocal stopped
        if stopped:
            return
        stopped = True
        if os.getpid() != process:
            # A copy of this process, which only works for it.
            os._exit(_INTERRUPTED)
        raise Stopped(number)

    _handle(stop)


def ignore() -> None:
    """Pass over signals to end from now on."""
    # Not SIG_IGN, which is an error for Python if a signal is already waiting.
    _handle(lambda _number, _frame: None)


def start_thread(target: Callable[[], None]) -> Thread:
    """Start a thread that gets none of these signals.

    One that reaches another thread than the first does not wake the first, which may wait for a
    command that never ends: Python handles it there and then only (signal, Python 3.15).
    """
    from threading import Thread

    thread = Thread(target=target, daemon=True)
    with held():
        thread.start()
    return thread


@contextmanager
def held() -> Iterator[None]:
    """Let signals to end wait, for a short while; threads that are started now never get them."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def postponed() -> Iterator[None]:
    """Take signals to end at the end of the block: what it starts is known then, and gets its own.

    A process that is started in `held` would never get them.
    """
    if not _is_first_thread():
        yield
        return
    came: list[int] = []
    with held():
        before = {number: signal.getsignal(number) for number in _SIGNALS}
        _handle(lambda number, _frame: came.append(number))
    try:
        yield
    finally:
        with held():
            _restore(before)
        for number in came:
            signal.raise_signal(number)


def _is_first_thread() -> bool:
    # Imported here: most runs start neither a thread nor a command.
    from threading import current_thread, main_thread

    return current_thread() is main_thread()


def _handle(handler: Callable[[int, FrameType | None], None]) -> None:
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def _restore(handlers: Mapping[signal.Signals, _Handler]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)


@contextmanager
def stoppable() -> Iterator[None]:
    """Handle signals for a while, in the first thread, where Python delivers them."""
    if not _is_first_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    listen()
    try:
        yield
    finally:
        _restore(before)
