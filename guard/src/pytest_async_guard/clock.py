"""The time, read where tests do not replace it."""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def _make() -> Callable[[], float]:
    # freezegun replaces functions of `time` by its own, time-machine what is behind those that
    # tell the time of day; neither reaches this one.
    if hasattr(time, "clock_gettime"):
        return functools.partial(time.clock_gettime, time.CLOCK_MONOTONIC)
    return functools.partial(time.perf_counter)


now = _make()
"""Tell the seconds since some moment in the past."""
