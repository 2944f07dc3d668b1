"""Waiting with an end: what hangs fails shortly before pytest-timeout steps in."""

from __future__ import annotations

import asyncio
import sys
from asyncio import all_tasks, current_task, get_running_loop
from typing import TYPE_CHECKING, Any

import pytest

from .alarm import end_timer, start_timer
from .chains import await_chain, lines_of, waits_at
from .project import is_project
from .report import tell_tasks
from .sentences import HANGS
from .state import state

if TYPE_CHECKING:
    from collections.abc import Callable

    from .attempt import Attempt
    from .project import Place


_Failed: Any = pytest.fail.Exception


class Hang(_Failed):  # type: ignore[misc] # its class is known by this way only
    """A test or a fixture hangs. Pytest takes it for a failure like any other."""

    __module__ = "builtins"  # so that the summary says "Hang: ..."


def is_on_trio() -> bool:
    """Tell whether trio runs what asks, not asyncio."""
    trio = sys.modules.get("trio")
    return trio is not None and bool(trio.lowlevel.in_trio_run())


def bounded(awaitable: Any, what: str) -> Any:
    """Give what awaits something, and gives up shortly before pytest-timeout steps in.

    What does not end by a cancellation is left to pytest-timeout. What is given raises Hang when
    the time is over, whatever the code made of its cancellation.
    """
    attempt = state.attempt
    if attempt is None:
        return awaitable
    bounded_here = bounded_on_trio if is_on_trio() else bounded_on_asyncio
    return bounded_here(awaitable, what, attempt)


async def bounded_on_asyncio(awaitable: Any, what: str, attempt: Attempt) -> Any:
    """Await on asyncio, and give up shortly before pytest-timeout steps in.

    Raises:
        Hang: the time is over.

    """
    __tracebackhide__ = True
    loop = get_running_loop()
    task: Any = current_task()
    hang: Hang | None = None

    def give_up() -> None:
        nonlocal hang
        if key in state.alarms:
            others = tell_tasks(all_tasks(loop) - {task})
            hang = _hang(what, await_chain(task.get_coro()), others)
            task.cancel()

    key = _wake(lambda: loop.call_soon_threadsafe(give_up))
    cause: BaseException | None = None
    try:
        result = await awaitable
    except BaseException as error:
        if hang is None:
            raise
        cause = None if isinstance(error, asyncio.CancelledError) else error
    finally:
        del state.alarms[key]
    if hang is None:
        return result
    # Since Python 3.11. (A version block would be reported in projects on newer Pythons.)
    getattr(task, "uncancel", int)()
    raise _noted(hang, attempt) from cause


async def bounded_on_trio(awaitable: Any, what: str, attempt: Attempt) -> Any:
    """Await on trio, and give up shortly before pytest-timeout steps in.

    Raises:
        Hang: the time is over.

    """
    __tracebackhide__ = True
    trio = sys.modules["trio"]
    token = trio.lowlevel.current_trio_token()
    task = trio.lowlevel.current_task()
    scope = trio.CancelScope()
    hang: Hang | None = None

    def give_up() -> None:
        nonlocal hang
        hang = _hang(what, await_chain(task.coro), tell_trio_tasks(trio, {task}))
        scope.cancel()

    key = _wake(lambda: token.run_sync_soon(give_up))
    cause: BaseException | None = None
    try:
        with scope:
            result = await awaitable
    except BaseException as error:
        if hang is None:
            raise
        cause = error
    finally:
        del state.alarms[key]
    if hang is None:
        return result
    raise _noted(hang, attempt) from cause


def _noted(hang: Hang, attempt: Attempt) -> Hang:
    attempt.hang = hang
    end_timer(attempt.item)
    if attempt.has_steps:
        start_timer(attempt.item, state.timer)
    return hang


async def step_on_trio(awaitable: Any, what: str) -> Any:
    """Await a half of a fixture that yields, and only tell where it hangs.

    A task group in the fixture may not outlive a cancel scope around its first half. So
    pytest-timeout ends the run.
    """
    __tracebackhide__ = True
    trio = sys.modules["trio"]
    token = trio.lowlevel.current_trio_token()

    def tell() -> None:
        lines = [f"{what} hangs (timeout: {state.timer.timeout:g} s)", *tell_trio_tasks(trio, ())]
        sys.stderr.write("\n".join(lines) + "\n")

    key = _wake(lambda: token.run_sync_soon(tell))
    try:
        return await awaitable
    finally:
        del state.alarms[key]


def _wake(call: Callable[[], object]) -> object:
    key = object()
    state.alarms[key] = call
    return key


def _hang(what: str, chain: list[Place], others: list[str]) -> Hang:
    """Build the failure of a test or a fixture that hangs."""
    lines = [
        f"{what} hangs (timeout: {state.timer.timeout:g} s)",
        f"it waits at {waits_at(chain)}",
        *lines_of(chain, full=state.is_verbose),
        HANGS,
        *others,
    ]
    return Hang("\n".join(lines), pytrace=False)


def tell_trio_tasks(trio: Any, besides: Any) -> list[str]:
    """Tell of each task of trio that is in the project where it waits."""
    waiting = [trio.lowlevel.current_root_task()]
    lines = []
    for task in waiting:
        waiting += [child for nursery in task.child_nurseries for child in nursery.child_tasks]
        chain = await_chain(task.coro)
        if task not in besides and any(is_project(place.file) for place in chain):
            lines.append(f"{task.name}: waits at {waits_at(chain)}")
            lines += lines_of(chain, full=state.is_verbose)
    return lines
