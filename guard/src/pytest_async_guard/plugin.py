"""Pytest's hooks, and the fixture."""

from __future__ import annotations

import inspect
import math
import types
from asyncio import wait
from typing import TYPE_CHECKING, Any

import pytest

from .alarm import is_timed, set_alarm, stop_alarm, timed
from .attempt import Attempt
from .bodies import guard_body, require_body_ran
from .clock import now
from .errors import leave_logs, watch_logs
from .guarded import ENDS, guarded_coroutine, guarded_generator
from .project import set_root
from .report import fold_cancellations, tell_tasks
from .settings import settings_of, settings_of_config
from .state import state

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the settings."""
    parser.addini("async_guard", "guard async tests (true)", type="bool", default=True)
    parser.addini(
        "async_guard_strict",
        "fail tests for more than a hang (true), or warn",
        type="bool",
        default=True,
    )
    parser.addini(
        "async_guard_grace", "seconds that the tasks of a test get to end", default="0.25"
    )
    parser.addini(
        "async_guard_allow",
        "names of tasks, coroutines and fixtures that the guard lets pass; may have * and ?",
        type="linelist",
        default=[],
    )


def pytest_configure(config: pytest.Config) -> None:
    """Read the settings, and see the errors that are only logged."""
    config.addinivalue_line(
        "markers",
        "async_guard(allow=[], grace=0.25, strict=True, enabled=True): which tasks may outlive the "
        "test, how many seconds the others get to end, whether more than a hang fails the test, "
        "whether it is guarded at all",
    )
    state.settings = settings_of_config(config)
    state.is_verbose = config.getoption("verbose") > 1
    set_root(config.rootpath)
    watch_logs()


def pytest_unconfigure() -> None:
    """Leave the loggers as they were."""
    leave_logs()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """Forget a test when it is over."""
    __tracebackhide__ = True
    state.timer = None
    try:
        return (yield)
    finally:
        state.attempt = None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    """Begin an attempt: pytest-rerunfailures makes several of one test."""
    __tracebackhide__ = True
    settings = settings_of(item, state.settings)
    state.attempt = Attempt(item, settings) if settings.enabled else None
    return (yield) if is_timed() else (yield from timed(item))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Guard the body of a test."""
    __tracebackhide__ = True
    attempt = state.attempt
    if attempt is None or not isinstance(item, pytest.Function):
        return (yield)
    test, put_back = guard_body(item, attempt)
    try:
        result = (yield) if is_timed() else (yield from timed(item))
    except ENDS:
        attempt.raise_errors()
        raise
    except BaseException:
        attempt.failed = True
        attempt.look_for_errors()
        attempt.raise_errors()
        raise
    finally:
        put_back()
    attempt.raise_errors()
    require_body_ran(attempt, test)
    return result


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """Look once more when everything has ended."""
    __tracebackhide__ = True
    result = (yield) if is_timed() else (yield from timed(item))
    attempt = state.attempt
    if attempt is not None:
        attempt.look_for_errors()
        attempt.raise_errors()
    return result


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep what is logged of the guard's own cancellation from hiding the line that hangs."""
    attempt = state.attempt
    if attempt is not None and attempt.hang is not None and not state.is_verbose:
        report.sections = [(name, fold_cancellations(text)) for name, text in report.sections]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_fixture_setup(fixturedef: Any) -> Generator[None, object, object]:
    """Guard an async fixture."""
    __tracebackhide__ = True
    attempt = state.attempt
    fixture = fixturedef.func
    what = f"fixture {fixturedef.argname!r}"
    function = getattr(fixture, "__func__", fixture)
    if attempt is None:
        return (yield)
    if inspect.isasyncgenfunction(function):
        guarded = guarded_generator(function, what, fixturedef)
        if fixturedef.scope == "function" and attempt.outermost_fixture is None:
            attempt.outermost_fixture = fixturedef
    elif inspect.iscoroutinefunction(function):
        guarded = guarded_coroutine(function, what, fixturedef)
    else:
        attempt.has_hidden_fixture |= _is_async(inspect.unwrap(function))
        return (yield)
    if inspect.ismethod(fixture):
        guarded = types.MethodType(guarded, fixture.__self__)
    arguments = fixturedef.argnames
    fixturedef.func = guarded
    try:
        return (yield)
    finally:
        fixturedef.func = fixture
        # AnyIO up to 4.6.0 adds one for a function of its own, which is gone with `func`.
        fixturedef.argnames = arguments


def _is_async(function: Any) -> bool:
    return inspect.isasyncgenfunction(function) or inspect.iscoroutinefunction(function)


@pytest.hookimpl(wrapper=True, tryfirst=True, optionalhook=True)
def pytest_timeout_set_timer(item: pytest.Item, settings: Any) -> Generator[None, object, object]:
    """Set the alarm, when pytest-timeout has set its timer."""
    result = yield
    set_alarm(item, settings)
    return result


@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_timeout_cancel_timer() -> None:
    """Stop the alarm, when pytest-timeout stops its timer."""
    stop_alarm()


@pytest.fixture
def drain_tasks() -> Callable[..., Coroutine[Any, Any, None]]:
    """Return a function that waits until all tasks that the test has started are done.

    `await drain_tasks()` waits as long as the test may take, `await drain_tasks(2)` two seconds.
    Tasks that are started meanwhile count too. Raises TimeoutError when they are not done by then.
    """

    async def drain(seconds: float = math.inf) -> None:
        end = now() + seconds
        while state.attempt is not None and (running := state.attempt.started()):
            left = end - now()
            if left <= 0:
                text = "\n".join(tell_tasks(running))
                raise TimeoutError(f"still running after {seconds:g} s:\n{text}")
            await wait(running, timeout=min(left, 3600))

    return drain
