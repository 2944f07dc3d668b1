"""Sees the errors that reach nothing but an exception handler or a log."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

from .births import TaskFactory, birth_of
from .chains import raise_chain
from .state import state

LOGGERS = ("asyncio", "trio.async_generator_errors", "uvicorn.error")


def watch_loop(loop: asyncio.AbstractEventLoop) -> None:
    """See every task that a loop gets from now on, and every error that nobody else takes."""
    factory = loop.get_task_factory()
    if not isinstance(factory, TaskFactory):
        loop.set_task_factory(TaskFactory(factory))
    handler = loop.get_exception_handler()
    if not isinstance(handler, _Handler) and (handler is None or _is_of_runner(handler)):
        loop.set_exception_handler(_Handler(handler))


class _Handler:
    """Keeps an error that asyncio would only log, and that AnyIO's runner would raise later.

    (It does not where the test is skipped, and knows of no task that is allowed to fail.)
    """

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        attempt = state.attempt
        task = context.get("task") or context.get("future")
        message = str(context.get("message"))
        error = context.get("exception")
        if error is None and _is_lost(task):
            error = RuntimeError(message)
        if attempt is not None and error is not None:
            attempt.note(error, task, str(context.get("handle") or message))
            if attempt.settings.strict:
                return
        if self.inner is not None:
            self.inner(loop, context)
        else:
            loop.default_exception_handler(context)


def _is_lost(task: object) -> bool:
    """Tell whether a task of the project was collected before its end: nobody kept it.

    That of a test which is over was told as one that it left running.
    """
    birth = birth_of(task)
    if birth is None or not birth.is_of_project():
        return False
    return birth.owner == "fixture" or birth.is_of(state.attempt)


def _is_of_runner(handler: object) -> bool:
    return str(getattr(handler, "__module__", "")).startswith("anyio.")


class _LogOfErrors(logging.Handler):
    """Sees the errors that reach nothing but a log: of loops that a test opens, and of servers."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if state.attempt is None or error is None:
            return
        # uvicorn logs what a handler raises, too, and then answers with a status; only what runs
        # after the answer is seen by nobody.
        if record.name == "uvicorn.error" and not _is_after_the_answer(error):
            return
        state.attempt.note(error, None, record.getMessage().partition("\n")[0])


def _is_after_the_answer(error: BaseException) -> bool:
    files = (Path(place.file) for place in raise_chain(error.__traceback__))
    return any((file.parent.name, file.name) == ("starlette", "background.py") for file in files)


_log_of_errors = _LogOfErrors(logging.ERROR)
_log_error = asyncio.BaseEventLoop.default_exception_handler


def _note_and_log(self: asyncio.BaseEventLoop, context: dict[str, Any]) -> None:
    """Keep what asyncio logs: tests set up logging, too, and switch it off."""
    error = context.get("exception")
    if state.attempt is not None and error is not None:
        state.attempt.note(error, context.get("task"), str(context.get("message")))
    _log_error(self, context)


def watch_logs() -> None:
    """Begin to see the errors that are only logged."""
    asyncio.BaseEventLoop.default_exception_handler = _note_and_log  # type: ignore[method-assign]
    for name in LOGGERS:
        logging.getLogger(name).addHandler(_log_of_errors)


def leave_logs() -> None:
    """Leave the loggers as they were, and asyncio."""
    asyncio.BaseEventLoop.default_exception_handler = _log_error  # type: ignore[method-assign]
    for name in LOGGERS:
        logging.getLogger(name).removeHandler(_log_of_errors)
