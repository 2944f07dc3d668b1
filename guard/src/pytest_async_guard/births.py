"""Which tasks there are, and who started each."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import sys
import types
import weakref
from asyncio import all_tasks, current_task
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from .project import Place, is_project
from .state import state

if TYPE_CHECKING:
    from types import FrameType

    from .attempt import Attempt

# "backports" has the runner that pytest-asyncio takes on Python 3.10.
_LOOPS = ("anyio", "asyncio", "backports", "concurrent", "pytest_asyncio", "uvloop", "winloop")
_RUNNERS = ("_pytest", "pluggy", "threading", "unittest")


class Birth(NamedTuple):
    """How a task came to be."""

    owner: Attempt | str | None
    """The test in whose context it was started, "fixture", or None where that cannot be told."""
    place: Place | None
    """The nearest line outside of the event loop that started it."""
    attempt: Attempt | None
    """The test that ran at that time."""
    coroutine: str
    """What the coroutine is called. (Asking a task that is done for it crashes Python 3.12.0 and
    3.12.1 where an eager task never waited.)"""
    file: str
    """The file of the coroutine."""

    @classmethod
    def of(
        cls,
        coro: object,
        owner: Attempt | str | None,
        place: Place | None,
        attempt: Attempt | None,
    ) -> Birth:
        """Build it from the coroutine of a task."""
        code = getattr(coro, "cr_code", None)
        name = str(getattr(coro, "__qualname__", ""))
        return cls(owner, place, attempt, name, str(getattr(code, "co_filename", "<unknown>")))

    def is_of(self, attempt: Attempt | None) -> bool:
        """Tell whether a test has started it, from another thread, too, with a context of that."""
        return self.owner is attempt or (self.owner is None and self.attempt is attempt)

    def is_of_project(self) -> bool:
        """Tell by its caller, or by its coroutine where only an event loop was on the way."""
        return is_project(self.place.file if self.place else self.file)


births: dict[weakref.ref[asyncio.Task[Any]], Birth] = {}
"""How each task that there is came to be; `birth_of` tells it of one that goes, too.

(A WeakKeyDictionary takes five times as long.)
"""
started_by: contextvars.ContextVar[Attempt | str | None] = contextvars.ContextVar(
    "started_by", default=None
)


# Where asyncio keeps the tasks of all loops, if `all_tasks` goes through them in Python (CPython
# 3.10 to 3.13), which takes long. Most tests leave nothing there but the task that they run in.
_kept: Any = ()
if isinstance(all_tasks, types.FunctionType):
    _kept = getattr(asyncio.tasks, "_scheduled_tasks", getattr(asyncio.tasks, "_all_tasks", ()))


class Task(asyncio.Task[Any]):
    """A task that tells when a cancellation takes its error for seen.

    `cancel()` of a task that has failed clears the mark that its error is unread (CPython 3.10 to
    3.15), so that nothing ever tells of a worker that is ended after it has died.
    """

    # When the garbage collector tells that a task is lost, weak references to it are gone.
    birth: Birth | None = None

    def cancel(self, msg: Any = None) -> bool:
        """Cancel, and keep an error that nobody has read."""
        error = unread_error(self)
        if error is not None and state.attempt is not None:
            state.attempt.note_cancelled(self, error)
        return super().cancel(msg)


def birth_of(task: object) -> Birth | None:
    """Tell how a task came to be, unless it was made by hand or before its loop was watched."""
    if isinstance(task, Task):
        return task.birth
    return births.get(weakref.ref(task)) if isinstance(task, asyncio.Task) else None


def note_birth(task: asyncio.Task[Any], birth: Birth) -> None:
    """Remember how a task came to be, for as long as there is the task."""
    with suppress(TypeError):  # a class of tasks may have no weak references
        births[weakref.ref(task, births.pop)] = birth


def other_tasks() -> set[asyncio.Task[Any]]:
    """Return the tasks that run in the loop that asks, besides the one that asks."""
    task: Any = current_task()
    if len(_kept) == 1 and task in _kept:
        return set()
    return all_tasks() - {task}


def unread_error(task: asyncio.Task[Any]) -> BaseException | None:
    """Give the error that a task has died of, if nobody has asked for it; this is no asking."""
    # True from the end by an error until somebody asks for it; asyncio itself logs by it.
    return task._exception if getattr(task, "_log_traceback", False) else None


class TaskFactory:
    """Creates tasks as the loop did before, and notes who started each."""

    def __init__(self, inner: Any) -> None:
        """Take the factory of the loop, or None for asyncio's own way."""
        self.inner = inner

    def __call__(self, loop: asyncio.AbstractEventLoop, coro: Any, **kwargs: Any) -> Any:
        """Create a task."""
        birth = Birth.of(coro, started_by.get(), _birthplace(), state.attempt)
        if self.inner is None:
            task = Task(coro, loop=loop, **kwargs)
            task.birth = birth
            births[weakref.ref(task, births.pop)] = birth
        else:
            task = self.inner(loop, coro, **kwargs)
            note_birth(task, birth)
        return task


def _birthplace() -> Place | None:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:  # by hand: each task of each test comes this way
        package = _package(str(frame.f_globals.get("__name__", "")))
        if package in _RUNNERS:
            return None
        if package not in _LOOPS:
            return Place.of(frame.f_code, frame.f_lineno)
        frame = frame.f_back
    return None


@functools.cache
def _package(module: str) -> str:
    return module.partition(".")[0]
