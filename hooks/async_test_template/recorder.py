"""A pytest plugin that notes in which event loop tests and async fixtures run.

`check --run` puts it into the repository's own pytest, so it needs nothing but that and the
standard library. Every process of a run, of which pytest-xdist has several, adds lines of JSON to
the file that ASYNC_TEST_TEMPLATE_RECORD names.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import json
import os
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import warnings
    from collections.abc import Callable, Generator

# Kept, so that no later loop can have the same number.
_loops: list[object] = []
_loop_of_fixture: dict[object, int | None] = {}


def _note(what: str, **details: object) -> None:
    with Path(os.environ["ASYNC_TEST_TEMPLATE_RECORD"]).open("a", encoding="utf-8") as record:
        record.write(json.dumps({"what": what, **details}) + "\n")


def _running_loop() -> int | None:
    """Give the number of the loop that runs; None on trio."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return None
    if loop not in _loops:
        _loops.append(loop)
    return _loops.index(loop)


def _place(function: Callable[..., object]) -> tuple[str, int]:
    code = inspect.unwrap(function).__code__
    return code.co_filename, code.co_firstlineno


def pytest_collection_finish(session: pytest.Session) -> None:
    """Note the tests that are to run."""
    for item in session.items:
        if isinstance(item, pytest.Function):
            line = (item.location[1] or 0) + 1
            is_async = inspect.iscoroutinefunction(item.function)
            _note("collected", test=item.nodeid, file=str(item.path), line=line, is_async=is_async)


def pytest_runtest_logstart(nodeid: str) -> None:
    """Note that the turn of a test has come."""
    _note("started", test=nodeid)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note that a test passed."""
    if report.when == "call" and report.passed:
        _note("passed", test=report.nodeid)


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Note when the body of an async test begins, and in which loop."""
    hypothesis = getattr(getattr(item, "obj", None), "hypothesis", None)
    owner, name = (hypothesis, "inner_test") if hypothesis else (item, "obj")
    test = getattr(owner, name, None)
    if not inspect.iscoroutinefunction(test):
        yield
        return

    @functools.wraps(test)
    async def noted(*args: object, **kwargs: object) -> object:
        _note("awaited", test=item.nodeid, loop=_running_loop(), fixtures=_fixtures(item))
        return await test(*args, **kwargs)

    setattr(owner, name, noted)
    yield
    setattr(owner, name, test)


def _fixtures(item: Any) -> list[tuple[str, str, int, int | None]]:
    """Give the async fixtures of a test: name, file, line and loop."""
    used = [definitions[-1] for definitions in item._fixtureinfo.name2fixturedefs.values()]
    return [
        (fixture.argname, *_place(fixture.func), _loop_of_fixture[fixture])
        for fixture in used
        if fixture in _loop_of_fixture
    ]


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_fixture_setup(fixturedef: Any) -> Generator[None, None, None]:
    """Note the loop in which an async fixture is set up."""
    fixture = fixturedef.func
    function = getattr(fixture, "__func__", fixture)
    noted: Callable[..., object]
    if inspect.isasyncgenfunction(function):

        @functools.wraps(function)
        async def noted(*args: object, **kwargs: object) -> Any:
            _loop_of_fixture[fixturedef] = _running_loop()
            generator = function(*args, **kwargs)
            try:
                yield await generator.__anext__()
                await generator.__anext__()
            except StopAsyncIteration:
                pass

    elif inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def noted(*args: object, **kwargs: object) -> object:
            _loop_of_fixture[fixturedef] = _running_loop()
            return await function(*args, **kwargs)

    else:
        yield
        return
    fixturedef.func = types.MethodType(noted, fixture.__self__) if fixture != function else noted
    yield
    fixturedef.func = fixture


def pytest_warning_recorded(warning_message: warnings.WarningMessage) -> None:
    """Note a coroutine that nobody awaited."""
    text = str(warning_message.message)
    if "was never awaited" in text:
        name = text.partition("coroutine '")[2].partition("'")[0]
        file, line = warning_message.filename, warning_message.lineno
        _note("forgotten", name=name, file=file, line=line)
