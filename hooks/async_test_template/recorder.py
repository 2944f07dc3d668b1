"""A pytest plugin that notes in which event loop tests and async fixtures run.

`check --run` adds it to the repository's own pytest, so it needs only pytest and the
standard library. Every process of a run (pytest-xdist has several) appends lines of JSON to
the file that ASYNC_TEST_TEMPLATE_RECORD names, immediately, because a run may be killed.

It does not wrap tests and fixtures, which runners wrap, copy and inspect. Python itself reports
when their code starts: with `sys.monitoring` since 3.12, before with a profiler that stops as soon
as it has seen what it waits for.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import os
import shutil
import sys
import threading
import traceback
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _pytest.cacheprovider import Cache

if TYPE_CHECKING:
    import warnings
    from collections.abc import Callable, Generator, Iterator
    from types import CodeType, FrameType

_PLUGIN = "async_test_template_recorder"
# Kept, so that no later loop gets the same number.
_loops: list[object] = []
_loop_of_fixture: dict[object, int | None] = {}
_codes_of_test: dict[str, set[CodeType]] = {}
#: So much of what pytest says of a failure is noted, of its beginning and of its end.
_TOLD = 8000
#: So many of the last frames of an error are noted.
_FRAMES = 20
#: What to do when a code object starts.
_watched: dict[CodeType, Callable[[], None]] = {}


# Read immediately: a test may empty the environment.
_record = os.environ.get("ASYNC_TEST_TEMPLATE_RECORD", os.devnull)


def _note(what: str, **details: object) -> None:
    # If a test takes the file away, pytest goes on; `observe` reports it.
    with suppress(OSError), Path(_record).open("a", encoding="utf-8") as record:
        record.write(json.dumps({"what": what, **details}) + "\n")


def _running_loop() -> int | None:
    """Return the number of the running loop; None on trio."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return None
    if loop not in _loops:
        _loops.append(loop)
    return _loops.index(loop)


def _codes(function: object) -> Iterator[CodeType]:
    """Yield the code of a function and of the functions inside its wrappers."""
    seen: set[int] = set()
    while function is not None and id(function) not in seen:
        seen.add(id(function))
        if isinstance(function, partial):
            function = function.func
            continue
        code = getattr(function, "__code__", None)
        if inspect.iscode(code):
            yield code
        hypothesis = getattr(function, "hypothesis", None)
        function = getattr(hypothesis, "inner_test", None) or getattr(function, "__wrapped__", None)


def _keep_cache_apart() -> None:
    """Make pytest work on a copy of its cache: `--lf` works, and the cache does not change.

    This uses no option: if the cache is switched off, pytest does not know its options.
    """
    find = Cache.cache_dir_from_config

    def apart(config: pytest.Config, **more: bool) -> Path:
        folder = Path(_record).parent / "cache"
        if not folder.exists():
            with suppress(OSError):
                shutil.copytree(find(config, **more), folder)
        return folder

    Cache.cache_dir_from_config = staticmethod(apart)  # type: ignore[method-assign]


_keep_cache_apart()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Note the tests that are to run."""
    for item in session.items:
        if isinstance(item, pytest.Function):
            path, line, _ = item.reportinfo()
            codes = set(_codes(item.function))
            _codes_of_test[item.nodeid] = codes
            _note(
                "collected",
                test=item.nodeid,
                file=str(path),
                line=(line or 0) + 1,
                module=str(item.path),
                is_async=inspect.iscoroutinefunction(item.function),
            )


def pytest_runtest_logstart(nodeid: str) -> None:
    """Note that a test starts."""
    _note("started", test=nodeid)


def pytest_runtest_logfinish(nodeid: str) -> None:
    """Note that a test has ended."""
    _note("finished", test=nodeid)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note that a test passed, or what is said of its failure."""
    if report.when == "call" and report.passed:
        _note("passed", test=report.nodeid)
    if report.failed:
        _note("failed", test=report.nodeid, text=_told(report))


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Note what is said of a file that cannot be collected."""
    if report.failed:
        _note("failed", test=report.nodeid, text=_told(report))


def _told(report: pytest.TestReport | pytest.CollectReport) -> str:
    text = report.longreprtext
    return text if len(text) <= 2 * _TOLD else f"{text[:_TOLD]}\n{text[-_TOLD:]}"


class _LostErrors(logging.Handler):
    """Notes the errors of tasks that nobody has looked at, which asyncio logs.

    Attributes:
        item: the test that runs, or ran last.

    """

    item: Any = None

    def emit(self, record: logging.LogRecord) -> None:
        """Note one, unless the test looks at the log itself."""
        error = record.exc_info[1] if record.exc_info else None
        if error is None or "exception was never retrieved" not in record.getMessage():
            return
        if "caplog" in getattr(self.item, "fixturenames", ()):
            return
        frames = list(traceback.walk_tb(error.__traceback__))[-_FRAMES:]
        places = [(frame.f_code.co_filename, line) for frame, line in reversed(frames)]
        name = f"{type(error).__name__}: {error}"[:200]
        _note("lost", name=name, places=places, test=getattr(self.item, "nodeid", ""))


_lost_errors = _LostErrors()
logging.getLogger("asyncio").addHandler(_lost_errors)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Remember which test runs."""
    _lost_errors.item = item


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Note when the body of an async test starts, and in which loop."""
    codes = {code for code in _codes_of_test.get(item.nodeid, ()) if _is_async(code)}

    def begins() -> None:
        _note("awaited", test=item.nodeid, loop=_running_loop(), fixtures=_fixtures(item))

    with _watching(codes, begins) as sees:
        if sees:
            _note("watched", test=item.nodeid)
        yield


def _is_async(code: CodeType) -> bool:
    return bool(code.co_flags & (inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR))


def _fixtures(item: Any) -> list[tuple[str, str, int, int | None]]:
    """Return the async fixtures of a test: name, file, line and loop."""
    used = [definitions[-1] for definitions in item._fixtureinfo.name2fixturedefs.values()]
    return [
        (fixture.argname, *_place(fixture.func), _loop_of_fixture[fixture])
        for fixture in used
        if fixture in _loop_of_fixture
    ]


def _place(function: object) -> tuple[str, int]:
    code = next(_codes(function), None)
    return (code.co_filename, code.co_firstlineno) if code else ("", 1)


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_fixture_setup(fixturedef: Any) -> Generator[None, None, None]:
    """Note the loop in which an async fixture is set up."""
    codes = {code for code in _codes(fixturedef.func) if _is_async(code)}

    def begins() -> None:
        _loop_of_fixture[fixturedef] = _running_loop()

    with _watching(codes, begins):
        yield


@contextmanager
def _watching(codes: set[CodeType], begins: Callable[[], None]) -> Iterator[bool]:
    """Call a function when one of some code objects starts; tell whether that is possible."""
    if not codes:
        yield False
        return
    earlier = {code: _watched.get(code) for code in codes}
    _watched.update(dict.fromkeys(codes, begins))
    sees = _watch(codes)
    try:
        yield sees
    finally:
        for code, watcher in earlier.items():
            if watcher is None:
                _watched.pop(code, None)
            else:
                _watched[code] = watcher
        _watch_no_more([code for code, watcher in earlier.items() if watcher is None])


def _tell(code: CodeType) -> None:
    # An error here must not affect the test.
    with suppress(Exception):
        begins = _watched.get(code)
        if begins is not None:
            begins()


if sys.version_info >= (3, 12):
    _START = sys.monitoring.events.PY_START

    def _claim() -> int | None:
        """Take a tool number that no debugger, profiler or coverage uses."""
        for number in (4, 3):
            if sys.monitoring.get_tool(number) is None:
                sys.monitoring.use_tool_id(number, _PLUGIN)
                sys.monitoring.register_callback(number, _START, lambda code, _offset: _tell(code))
                return number
        return None

    _TOOL = _claim()

    def _watch(codes: set[CodeType]) -> bool:
        if _TOOL is not None:
            for code in codes:
                sys.monitoring.set_local_events(_TOOL, code, _START)
        return _TOOL is not None

    def _watch_no_more(codes: list[CodeType]) -> None:
        if _TOOL is not None:
            for code in codes:
                sys.monitoring.set_local_events(_TOOL, code, 0)

else:

    def _profile(frame: FrameType, event: str, _argument: object) -> None:
        # If it is closed before it starts, it is still at its first instruction.
        if event == "return" and frame.f_lasti > 0 and frame.f_code in _watched:
            _tell(frame.f_code)
            sys.setprofile(None)
        elif not _watched:  # a thread that lives longer than the test
            sys.setprofile(None)

    def _watch(_codes: set[CodeType]) -> bool:
        if sys.getprofile() not in {None, _profile}:
            return False
        threading.setprofile(_profile)
        sys.setprofile(_profile)
        return True

    def _watch_no_more(_codes: list[CodeType]) -> None:
        if _watched:  # a fixture needs another one
            return
        if sys.getprofile() is _profile:
            sys.setprofile(None)
        threading.setprofile(None)


def pytest_warning_recorded(warning_message: warnings.WarningMessage, nodeid: str) -> None:
    """Note a coroutine that was never awaited, and all places that may show where that was."""
    text = str(warning_message.message)
    if "was never awaited" in text:
        name = text.partition("coroutine '")[2].partition("'")[0]
        places = [(warning_message.filename, warning_message.lineno)]
        coroutine = warning_message.source
        if inspect.iscoroutine(coroutine):
            places.append((coroutine.cr_code.co_filename, coroutine.cr_code.co_firstlineno))
        _note("forgotten", name=name, places=places, test=nodeid)
