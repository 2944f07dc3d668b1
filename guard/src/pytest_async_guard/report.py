"""What is told of tasks and of errors."""

from __future__ import annotations

import asyncio
import re
import traceback
import warnings
from typing import TYPE_CHECKING, Any

import pytest

from .births import birth_of
from .chains import await_chain, lines_of, raise_chain, waits_at
from .project import is_project
from .state import state

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .project import Place

_MOST_TASKS = 8
_CANCELLATION = re.compile(
    r"Traceback \(most recent call last\):\n(?:[ \t].*\n|\n)+asyncio\.exceptions\.CancelledError.*"
)


def tell_tasks(tasks: Iterable[asyncio.Task[Any]]) -> list[str]:
    """Tell of each task where it waits, where it was started, and who awaits it.

    Those that lie in libraries from their start to where they wait are only counted, unless all
    is asked for.
    """
    full = state.is_verbose
    chains = {task: await_chain(task.get_coro()) for task in tasks}
    shown = [task for task, chain in chains.items() if full or _is_of_project(task, chain)]
    most = len(shown) if full else _MOST_TASKS
    lines: list[str] = []
    for task in shown[:most]:
        lines.append(f"{task.get_name()}: waits at {waits_at(chains[task])}")
        lines += [f"    {line}" for line in (*_started_at(task), *_awaited_by(task))]
        lines += lines_of(chains[task][:-1] if not full else chains[task], full=full)
    if len(shown) > most:
        lines.append(f"more tasks of the project, which -vv shows: {len(shown) - most}")
    if len(chains) > len(shown):
        lines.append(f"tasks of libraries, which -vv shows: {len(chains) - len(shown)}")
    return lines


def _is_of_project(task: asyncio.Task[Any], chain: list[Place]) -> bool:
    birth = birth_of(task)
    places = [*chain, *([birth.place] if birth is not None and birth.place is not None else [])]
    return any(is_project(place.file) for place in places)


def _started_at(task: object) -> list[str]:
    birth = birth_of(task)
    return [f"started at {birth.place}"] if birth is not None and birth.place is not None else []


def _awaited_by(task: asyncio.Task[Any]) -> list[str]:
    """Name the tasks that await one, which Python tells from 3.14 on."""
    capture = getattr(asyncio, "capture_call_graph", None)
    if capture is None:
        return []
    futures = [graph.future for graph in capture(task).awaited_by]
    found = sorted(future.get_name() for future in futures if isinstance(future, asyncio.Task))
    return [f"awaited by {', '.join(found)}"] if found else []


def tell_error(error: BaseException, source: object, what: str) -> list[str]:
    """Tell of an error in the background whose it is, what it says and where it came from."""
    name = f"task {source.get_name()!r}" if isinstance(source, asyncio.Task) else what
    if state.is_verbose:
        said = "".join(traceback.format_exception(error))
        return [f"{name}:", *(f"    {line}" for line in (*_started_at(source), *said.splitlines()))]
    said = "".join(traceback.format_exception_only(error)).strip()
    lines = [f"{name}: {said}", *(f"    {line}" for line in _started_at(source))]
    lines += lines_of(raise_chain(error.__traceback__), full=False)
    for inner in getattr(error, "exceptions", ()):
        lines += tell_error(inner, None, "in it")
    return lines


def fold_cancellations(text: str) -> str:
    """Fold the tracebacks that a server has logged of handlers that were cancelled.

    The cancellation is the guard's own, and the traceback goes through a dozen layers of libraries.
    """
    return _CANCELLATION.sub("(cancelled; -vv shows the traceback)", text)


def warn(item: pytest.Item, text: str) -> None:
    """Put a text into the summary of warnings, which no filter of the project makes an error.

    This is how pytest reports a warning that it has caught (7.4 to 9.2), in a worker of
    pytest-xdist too.
    """
    path, line, _ = item.location
    said = warnings.WarningMessage(
        pytest.PytestWarning(text), pytest.PytestWarning, path, (line or 0) + 1
    )
    item.ihook.pytest_warning_recorded.call_historic(
        kwargs={
            "warning_message": said,
            "nodeid": item.nodeid,
            "when": "runtest",
            "location": None,
        }
    )
