"""One run of one test, and what it leaves behind."""

from __future__ import annotations

import asyncio
import sys
import weakref
from asyncio import get_running_loop
from threading import Timer
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from .births import Birth, birth_of, births, note_birth, other_tasks, unread_error
from .clock import now
from .report import tell_error, tell_tasks, warn
from .sentences import LEFT_ERROR, LEFT_RUNNING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

    from .settings import Settings


class Found(NamedTuple):
    """An error in the background."""

    error: BaseException
    source: object
    """The task or future that died of it, or None."""
    what: str
    """What is said of its source where that is no task."""


class Attempt:
    """One run of one test: from the setup of its fixtures to their teardown."""

    def __init__(self, item: pytest.Item, settings: Settings) -> None:
        """Begin."""
        self.item = item
        self.settings = settings
        self.failed = False
        self.hang: BaseException | None = None
        # The async fixture that ends last: only what still runs after it has leaked.
        self.outermost_fixture: object = None
        # Steps of unittest around the body: some come after one that hangs.
        self.has_steps = False
        # An async fixture that another plugin runs unseen: what runs may be its business.
        self.has_hidden_fixture = False
        # What runs when the test begins.
        self.before: frozenset[weakref.ref[asyncio.Task[Any]]] | None = None
        # What was told. (It is kept, for it would be told once more when it is lost.)
        self._told: set[asyncio.Task[Any]] = set()
        self._errors: dict[int, Found] = {}
        self._cancelled: list[tuple[Found, TracebackType | None]] = []

    def begin(self) -> None:
        """Remember what runs before the body of the test does; Hypothesis runs it many times."""
        self.failed = False
        if self.before is None:
            self.before = frozenset(map(weakref.ref, other_tasks()))

    def started(self) -> set[asyncio.Task[Any]]:
        """Return the tasks of this test that still run in the loop that asks."""
        before = self.before or ()
        return {
            task
            for task in other_tasks() - self._told
            if weakref.ref(task) not in before and self._is_own(task)
        }

    def _is_own(self, task: asyncio.Task[Any]) -> bool:
        birth = birth_of(task)
        if birth is None:  # made by hand, or by a factory that the test has set
            birth = Birth.of(task.get_coro(), self, None, self)
            note_birth(task, birth)
        return birth.is_of(self) and birth.is_of_project() and not self._allows(task)

    def _allows(self, task: Any) -> bool:
        birth = birth_of(task)
        if birth is None:
            return False
        short = birth.coroutine.rpartition(".")[2]
        return self.settings.allows(task.get_name(), birth.coroutine, short)

    def note(self, error: BaseException, source: object = None, what: str = "") -> None:
        """Keep an error of the background, unless it is allowed; a cancellation is none.

        (Below Python 3.13 asyncio's own servers log the cancellation of a handler as an error.)
        """
        if not self._allows(source) and not isinstance(error, asyncio.CancelledError):
            self._errors.setdefault(id(error), Found(error, source, what))

    def note_cancelled(self, task: asyncio.Task[Any], error: BaseException) -> None:
        """Keep the error of a task that was cancelled too late, until it is known if it is raised.

        Who awaits the task after that gets the error, which then has a longer traceback.
        """
        self._cancelled.append((Found(error, task, ""), error.__traceback__))

    def look_for_errors(self) -> None:
        """Note the errors of tasks that ended, of all loops, whoever started them."""
        for reference in list(births):  # others come and go meanwhile
            task = reference()
            if task is None or (error := unread_error(task)) is None:
                continue
            # As asyncio does it when nobody holds the task; a handler may be the project's.
            message = "Task exception was never retrieved"
            context = {"message": message, "exception": error, "task": task}
            task.get_loop().call_exception_handler(context)
            task.exception()  # now somebody has asked
        for found, traceback in self._cancelled:
            if found.error.__traceback__ is traceback:
                self.note(found.error, found.source)
        self._cancelled.clear()

    def raise_errors(self) -> None:
        """Fail the test with the errors of the background, unless it has failed already."""
        if not self._errors:
            return
        found = tuple(self._errors.values())
        self._errors.clear()
        lines = [line for each in found for line in tell_error(*each)]
        begin = f"{self.item.name} left errors in the background"
        text = "\n".join((begin, *lines, LEFT_ERROR))
        if self.failed:
            self.item.add_report_section("call", "async guard", text)
        else:
            self.fail(text)

    async def look_for_leaks(self) -> None:
        """Fail the test if something it started still runs; nothing is cancelled."""
        running = set() if self.has_hidden_fixture else self.started()
        if running:
            before = now()
            await _wait(running, self.settings.grace)
            _keep_from_deadline(now() - before)
            running = {task for task in running if not task.done()}
        if running and not self.failed:
            self._told |= running
            begin = f"{self.item.name} left tasks running"
            self.fail("\n".join((begin, *tell_tasks(running), LEFT_RUNNING)))

    def fail(self, text: str) -> None:
        """Fail the test with a text that is all there is to say, or warn if it may go on.

        Raises:
            pytest.fail.Exception: the guard is strict.

        """
        if self.settings.strict:
            self.failed = True
            pytest.fail(text, pytrace=False)
        warn(self.item, text)


def _keep_from_deadline(seconds: float) -> None:
    """Take what the guard has waited for out of the time that Hypothesis gives an example.

    It takes out the time of drawing, and keeps account of it (6.100 and later).
    """
    control = sys.modules.get("hypothesis.control")
    if control is not None and control.currently_in_test_context():
        times = control.current_build_context().data.draw_times
        times["async guard"] = times.get("async guard", 0.0) + seconds


async def _wait(tasks: Iterable[asyncio.Task[Any]], seconds: float) -> None:
    """Wait until tasks have ended, for some seconds of the loop's clock or of the real one.

    Whichever is over first: a frozen clock never comes to an end, and a virtual one at once.
    """
    loop = get_running_loop()
    over = loop.create_future()

    def end(*_: object) -> None:
        if not over.done():
            over.set_result(None)

    def end_with_last(_: object) -> None:
        if all(task.done() for task in tasks):
            end()

    loop.call_later(seconds, end)
    timer = Timer(seconds, loop.call_soon_threadsafe, [end])
    timer.daemon = True
    timer.start()
    for task in tasks:
        task.add_done_callback(end_with_last)
    try:
        await over
    finally:
        timer.cancel()
