"""Work on many things at once: on every core where the work is worth a process."""

from __future__ import annotations

import os
import sys
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from async_test_template import seen
from async_test_template.errors import UserError
from async_test_template.faults import Crash, fault_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

#: Bytes of Python code that are not worth another process: one works on them for 0.2 s.
_SMALL = 1_000_000
_IS_APART = False


def spread(work: Callable[[_Item], _Result], items: Sequence[_Item], size: int) -> list[_Result]:
    """Return `[work(item) for item in items]`, made by as many processes as pay.

    Other processes are forked, on Linux alone, where that is safe: they see what this one has read
    so far, and nothing but results, which must be picklable, goes from one to the other.

    Args:
        work: what to do with one item; it must change nothing that another item sees.
        items: what to do it with.
        size: how much Python code all items are, in bytes.

    Raises:
        Crash: something unexpected went wrong in another process, or the process died.

    """
    workers = max(min(_cores(), len(items), 1 + size // _SMALL), 1)
    if workers == 1 or sys.platform != "linux":
        return [work(item) for item in items]
    # Imported here: most repositories are too small for it.
    from multiprocessing import get_context

    context = get_context("fork")
    shares = [items[start::workers] for start in range(workers)]
    pipes = []
    with warnings.catch_warnings():
        # Python 3.12 warns about the thread that shows the progress; it holds no lock of ours.
        warnings.simplefilter("ignore", DeprecationWarning)
        for share in shares[1:]:
            receiver, sender = context.Pipe(duplex=False)
            process = context.Process(
                target=_work_apart, args=(work, share, receiver, sender), daemon=True
            )
            process.start()
            sender.close()
            pipes.append((process, receiver))
    done: list[list[_Result]] = [[work(item) for item in shares[0]]]
    for process, receiver in pipes:
        done.append(_received(receiver))
        process.join()
    results: list[_Result] = []
    for start in range(len(shares[0])):
        results += [share[start] for share in done if start < len(share)]
    return results


def is_apart() -> bool:
    """Tell whether this process works for another one, so that what it keeps is lost."""
    return _IS_APART


def _work_apart(
    work: Callable[[_Item], _Result],
    share: Sequence[_Item],
    receiver: Connection,
    sender: Connection,
) -> None:
    global _IS_APART  # noqa: PLW0603 - a fact of the process
    _IS_APART = True
    # Otherwise sending would wait for ever when the first process, which reads, has ended.
    receiver.close()
    with suppress(BrokenPipeError):
        try:
            seen.begin_apart()
            results = [work(item) for item in share]
            record = seen.end()
            sender.send((results, record and record.plain))
        except KeyboardInterrupt:
            # The terminal sends Ctrl-C to every process; the first one says so.
            sender.close()
        except UserError as error:
            sender.send(error)
        except Exception as error:  # noqa: BLE001 - raised again where it can be handled
            # As text: not every exception can be sent, and none with its traceback.
            sender.send(Crash(fault_of(error)))


def _received(receiver: Connection) -> list[_Result]:
    try:
        result = receiver.recv()
    except EOFError as error:
        died = ChildProcessError("a process that read Python files ended early")
        raise Crash(fault_of(died)) from error
    if isinstance(result, Exception):
        raise result
    results, record = result
    seen.add(record)
    return list(results)


def _cores() -> int:
    """Return the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
