"""The body of a test: how pytest or unittest calls it, and whether it ran."""

from __future__ import annotations

import gc
import inspect
from functools import partial
from typing import TYPE_CHECKING, Any

from .guarded import guarded_step, guarded_test
from .sentences import NEVER_AWAITED

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from .attempt import Attempt


def guard_body(item: pytest.Function, attempt: Attempt) -> tuple[Any, Callable[[], object]]:
    """Put a guarded test in the place of an async one.

    Gives the one that was there, and what puts it back.
    """
    test: Any = item.obj
    owner: Any = item
    name = "obj"
    # Hypothesis calls what it keeps on its own function (6.100 and later).
    hypothesis = getattr(test, "hypothesis", None)
    if hypothesis:
        owner, name = hypothesis, "inner_test"
        test = hypothesis.inner_test
    if not inspect.iscoroutinefunction(test):
        return test, _nothing
    instance: Any = getattr(item, "instance", None)
    if hasattr(instance, "addAsyncCleanup"):
        # The runner of unittest takes the method from the instance by its name.
        owner, name = instance, item.name
        attempt.outermost_fixture = instance
        attempt.before = frozenset()  # the loop is the test's own
        # The first that is added is called last, behind asyncTearDown.
        instance.addAsyncCleanup(attempt.look_for_leaks)
        setattr(owner, name, guarded_test(getattr(owner, name), attempt))
        attempt.has_steps = True
        for step in ("asyncSetUp", "asyncTearDown"):
            there = getattr(instance, step, None)
            if inspect.iscoroutinefunction(there):
                setattr(instance, step, guarded_step(there, f"{step} of {item.name}"))
        return test, _nothing
    setattr(owner, name, guarded_test(test, attempt))
    return test, partial(setattr, owner, name, test)


def _nothing() -> None:
    pass


def require_body_ran(attempt: Attempt, test: Any) -> None:
    """Fail a test that made the coroutine of its body, kept it and never ran it.

    Raises:
        pytest.fail.Exception: a decorator hides a body that is async.

    """
    inner = inspect.unwrap(test) if hasattr(test, "__wrapped__") else test
    if inner is test or not inspect.iscoroutinefunction(inner):
        return
    code = getattr(inner, "__code__", None)
    for found in gc.get_objects():
        if (
            inspect.iscoroutine(found)
            and found.cr_code is code
            and inspect.getcoroutinestate(found) == inspect.CORO_CREATED
        ):
            attempt.fail(
                f"the body of {attempt.item.name} never ran: a decorator makes its coroutine and "
                f"does not await it\n{NEVER_AWAITED}"
            )
            return
