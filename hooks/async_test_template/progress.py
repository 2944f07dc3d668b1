"""A line on a terminal that says that long work goes on, and for how long."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

#: How many seconds of silence are acceptable.
PATIENCE = 2.0


@contextmanager
def progress(stream: TextIO, what: str) -> Iterator[None]:
    """Print every second how long some work has taken, and remove the line at the end.

    Args:
        stream: gets the line if it is a terminal.
        what: the work, such as `Reading the repository`.

    """
    if not stream.isatty():
        yield
        return
    # Imported here: a pipe needs no thread.
    from threading import Event

    from async_test_template.stopping import start_thread

    done = Event()

    def tell() -> None:
        begin = time.monotonic()
        line = ""
        wait = PATIENCE
        while not done.wait(wait):
            line = f"{what}: {time.monotonic() - begin:.0f} s"
            stream.write(f"\r{line}")
            stream.flush()
            wait = 1.0
        # Spaces, because not every terminal knows how to erase a line.
        stream.write(f"\r{' ' * len(line)}\r" if line else "")
        stream.flush()

    thread = start_thread(tell)
    try:
        yield
    finally:
        done.set()
        thread.join()
