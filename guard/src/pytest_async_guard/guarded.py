"""Tests and async fixtures as they run under the guard."""

from __future__ import annotations

import functools
import unittest
from asyncio import SelectorEventLoop, get_running_loop, sleep
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from .births import started_by
from .errors import watch_loop
from .hang import bounded, bounded_on_asyncio, bounded_on_trio, is_on_trio, step_on_trio
from .loops import note_loop, require_backend, require_loop
from .state import state

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from .attempt import Attempt

# What ends a test early without failing it: what it leaves behind still counts.
ENDS = (pytest.skip.Exception, unittest.SkipTest)

_ASYNCIO: Any = SelectorEventLoop


def guarded_test(test: Any, attempt: Attempt) -> Any:
    """Bound an async test, and look at what it leaves."""
    name = attempt.item.name

    @functools.wraps(test)
    async def run(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        if attempt.hang is not None:  # Hypothesis tries once more
            raise attempt.hang
        on_trio = is_on_trio()
        require_backend(attempt, on_trio=on_trio)
        if on_trio:  # it leaves no task behind
            return await bounded_on_trio(test(*args, **kwargs), name, attempt)
        loop = get_running_loop()
        watch_loop(loop)
        require_loop(attempt, loop)
        attempt.begin()
        started_by.set(attempt)
        ended: BaseException | None = None
        result = None
        try:
            result = await bounded_on_asyncio(test(*args, **kwargs), name, attempt)
        except ENDS as error:
            ended = error
        await look_behind(attempt)
        if ended is not None:
            raise ended
        return result

    return run


def guarded_step(step: Any, what: str) -> Any:
    """Bound a set-up or tear-down of unittest."""

    @functools.wraps(step)
    async def run() -> Any:
        __tracebackhide__ = True
        return await bounded(step(), what)

    return run


async def look_behind(attempt: Attempt) -> None:
    """Fail a test for what it has left, once what it has scheduled last has come.

    Its fixtures still live: cancelling a task that has failed takes its error for seen.
    """
    if _may_bring_more(get_running_loop()):
        await sleep(0)
    attempt.look_for_errors()
    attempt.raise_errors()
    if attempt.outermost_fixture is None:
        await attempt.look_for_leaks()


def _may_bring_more(loop: Any) -> bool:
    """Tell whether something runs before the one who gives the loop a turn is back.

    On asyncio's own loop that is what waits to be called now (CPython 3.10 to 3.15): timers that
    are due and files that are ready come behind.
    """
    return type(loop) is not _ASYNCIO or bool(loop._ready)


def guarded_coroutine(fixture: Any, what: str, fixturedef: Any) -> Any:
    """Bound an async fixture that returns."""

    @functools.wraps(fixture)
    async def run(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        _enter_fixture(fixturedef)
        started_by.set("fixture")
        return await bounded(fixture(*args, **kwargs), what)

    return run


def guarded_generator(fixture: Any, what: str, fixturedef: Any) -> Any:
    """Bound both halves of an async fixture that yields."""

    @functools.wraps(fixture)
    async def run(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        __tracebackhide__ = True
        _enter_fixture(fixturedef)
        generator = fixture(*args, **kwargs)
        step = step_on_trio if is_on_trio() else _step
        with suppress(StopAsyncIteration):
            while True:
                yield await step(generator.__anext__(), what)
        attempt = state.attempt
        if attempt is not None and attempt.outermost_fixture is fixturedef and not is_on_trio():
            await attempt.look_for_leaks()

    return run


def _enter_fixture(fixturedef: Any) -> None:
    if not is_on_trio():
        loop = get_running_loop()
        watch_loop(loop)
        note_loop(fixturedef, loop)


async def _step(awaitable: Any, what: str) -> Any:
    __tracebackhide__ = True
    started_by.set("fixture")
    return await bounded(awaitable, what)
