"""The body of a test: how pytest or unittest calls it, and whether it ran."""

from __future__ import annotations

import gc
import inspect
import weakref
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from .guarded import guarded_test

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .attempt import Attempt


@contextmanager
def guarded_body(item: pytest.Function, attempt: Attempt) -> Iterator[Any]:
    """Put a guarded test in the place of an async one, and give the one that was there."""
    # Hypothesis calls what it keeps on its own function (6.100 and later).
    hypothesis = getattr(item.obj, "hypothesis", None)
    owner, name = (hypothesis, "inner_test") if hypothesis else (item, "obj")
    test = getattr(owner, name)
    if not inspect.iscoroutinefunction(test):
        yield test
        return
    instance: Any = getattr(item, "instance", None)
    if hasattr(instance, "addAsyncCleanup"):
        # The runner of unittest takes the method from the instance by its name.
        owner, name = instance, item.name
        attempt.outermost_fixture = instance
        attempt.before = weakref.WeakSet()  # the loop is the test's own
        # The first that is added is called last, behind asyncTearDown.
        instance.addAsyncCleanup(attempt.look_for_leaks)
        setattr(owner, name, guarded_test(getattr(owner, name), attempt))
        yield test
        return
    setattr(owner, name, guarded_test(test, attempt))
    try:
        yield test
    finally:
        setattr(owner, name, test)


def require_body_ran(item: pytest.Item, test: Any) -> None:
    """Fail a test that made the coroutine of its body, kept it and never ran it.

    Raises:
        pytest.fail.Exception: a decorator hides a body that is async.

    """
    inner = inspect.unwrap(test)
    if inner is test or not inspect.iscoroutinefunction(inner):
        return
    code = getattr(inner, "__code__", None)
    for found in gc.get_objects():
        if (
            inspect.iscoroutine(found)
            and found.cr_code is code
            and inspect.getcoroutinestate(found) == inspect.CORO_CREATED
        ):
            pytest.fail(
                f"the body of {item.name} never ran: a decorator makes its coroutine and does not "
                "await it",
                pytrace=False,
            )
