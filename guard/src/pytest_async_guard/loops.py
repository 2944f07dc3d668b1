"""Refuses a test in another event loop than its fixtures, or on another backend."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from .sentences import SAME_LOOP

if TYPE_CHECKING:
    import asyncio

    from .attempt import Attempt


def require_backend(attempt: Attempt, *, on_trio: bool) -> None:
    """Refuse to run a test on another backend of AnyIO than it says."""
    backend = getattr(attempt.item, "funcargs", {}).get("anyio_backend")
    name = backend if isinstance(backend, str) or backend is None else backend[0]
    if name is not None and on_trio != (name == "trio"):
        attempt.fail(
            f"{attempt.item.name} would not run on {name}: an async fixture of a wider scope than "
            "the test keeps another event loop open; have it ask for anyio_backend"
        )


def note_loop(fixturedef: Any, loop: asyncio.AbstractEventLoop) -> None:
    """Remember the loop in which a fixture runs, for as long as there are both."""
    fixturedef.async_guard_loop = weakref.ref(loop)


def require_loop(attempt: Attempt, loop: asyncio.AbstractEventLoop) -> None:
    """Refuse to run a test in another event loop than one of its fixtures."""
    definitions = getattr(getattr(attempt.item, "_fixtureinfo", None), "name2fixturedefs", {})
    for name in getattr(attempt.item, "fixturenames", ()):
        for fixturedef in definitions.get(name, ())[-1:]:
            known = getattr(fixturedef, "async_guard_loop", None)
            other = known() if known is not None else None
            if other is not None and other is not loop and not attempt.settings.allows(name):
                attempt.fail(
                    f"{attempt.item.name} runs in another event loop than its fixture {name!r} "
                    f"(scope {fixturedef.scope})\n"
                    f"the test: {_tell(loop)}\n"
                    f"the fixture: {_tell(other)}\n"
                    f"{SAME_LOOP}\n"
                    f'To allow the fixture: @pytest.mark.async_guard(allow=["{name}"])'
                )


def _tell(loop: asyncio.AbstractEventLoop) -> str:
    return f"{type(loop).__name__} at {id(loop):#x}"
