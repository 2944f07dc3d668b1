"""Where something suspended waits: its chain of awaits, and how that is told."""

from __future__ import annotations

import gc
import inspect
import linecache
from typing import TYPE_CHECKING, Any

from .project import Place, is_own, is_project

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

# What `__await__()` of a coroutine, `asend()` and `anext()` hand out (CPython's names for them).
# They lead to a coroutine or a generator only by reference.
_LINKS = frozenset(
    {
        "anext_awaitable",
        "async_generator_asend",
        "async_generator_athrow",
        "coroutine_wrapper",
    }
)


def await_chain(awaited: Any) -> list[Place]:
    """Return where something suspended waits: its chain of awaits, outermost first."""
    places = []
    seen: set[int] = set()
    while id(awaited) not in seen:  # nothing is behind None but None
        seen.add(id(awaited))
        kind = next((k for k in ("cr", "gi", "ag") if hasattr(awaited, f"{k}_frame")), None)
        if kind is None:
            awaited = _behind(awaited)
            continue
        frame = getattr(awaited, f"{kind}_frame")
        if frame is None:
            break
        places.append(Place.of(frame.f_code, frame.f_lineno))
        awaited = getattr(awaited, "gi_yieldfrom" if kind == "gi" else f"{kind}_await")
    return [place for place in places if not is_own(place.file)]


def _behind(awaited: Any) -> Any:
    links = [ref for ref in gc.get_referents(awaited) if _is_suspended(ref)]
    return links[0] if len(links) == 1 else None


def _is_suspended(value: object) -> bool:
    return inspect.iscoroutine(value) or inspect.isasyncgen(value) or type(value).__name__ in _LINKS


def raise_chain(traceback: TracebackType | None) -> list[Place]:
    """Return where an exception came from, outermost first."""
    places = []
    while traceback is not None:
        places.append(Place.of(traceback.tb_frame.f_code, traceback.tb_lineno))
        traceback = traceback.tb_next
    return [place for place in places if not is_own(place.file)]


def lines_of(chain: Iterable[Place], *, full: bool) -> list[str]:
    """Tell a chain line by line; what lies in libraries takes one line each time, or all."""
    lines: list[str] = []
    hidden: list[Place] = []
    for place in chain:
        if full or is_project(place.file):
            lines += _folded(hidden)
            hidden.clear()
            lines.append(f"    {place}")
            source = linecache.getline(place.file, place.line).strip()
            lines += [f"        {source}"] if source else []
        else:
            hidden.append(place)
    return lines + _folded(hidden)


def _folded(places: list[Place]) -> list[str]:
    if not places:
        return []
    count = f"{len(places)} calls, the last " if len(places) > 1 else ""
    return [f"    ({count}{places[-1]})"]


def waits_at(chain: list[Place]) -> Place | str:
    """Give the line of the project that waits, or the last one where none is the project's."""
    last = chain[-1] if chain else "a place that cannot be seen"  # in a coroutine of Cython, say
    return next((place for place in reversed(chain) if is_project(place.file)), last)
