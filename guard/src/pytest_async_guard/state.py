"""What the plugin knows at a time: one test runs at a time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from .attempt import Attempt
    from .settings import Settings


class State:
    """What the plugin knows at a time; one test runs at a time."""

    def __init__(self) -> None:
        """Begin before the first test."""
        self.attempt: Attempt | None = None
        self.settings: Settings
        self.is_verbose = False
        # pytest-timeout's settings for this test, and when it will step in, by the real clock.
        self.timer: Any = None
        self.deadline = math.inf
        self.stop_thread: Callable[[], object] = lambda: None
        # What to call when time is nearly over: each wakes one loop.
        self.alarms: dict[object, Callable[[], object]] = {}


state = State()
