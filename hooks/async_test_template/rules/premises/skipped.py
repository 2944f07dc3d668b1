"""Code in the body of a test that is always skipped: nobody sees what goes wrong there."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from async_test_template.source.items import Test
from async_test_template.source.nodes import callee

if TYPE_CHECKING:
    from async_test_template.source.source import Function, Source

_WORDS = (b"mark.skip", b"unittest")


def is_skipped(source: Source, line: int) -> bool:
    """Tell whether a line is in the body of a test with a mark that always skips it.

    What is around the body, as a parameter of its marks, is read all the same.
    """
    return any(first <= line <= last for first, last in _skipped(source))


# One file is looked at by all rules before the next.
@lru_cache(maxsize=2)
def _skipped(source: Source) -> tuple[tuple[int, int], ...]:
    if not any(word in source.data for word in _WORDS):
        return ()
    return tuple(
        (function.body[0].lineno, function.end_lineno or function.lineno)
        for function in source.functions.values()
        if _is_always_skipped(source, function)
    )


def _is_always_skipped(source: Source, function: Function) -> bool:
    item = source.items.get(function.lineno)
    if not isinstance(item, Test):
        return False
    if any(mark.name == "skip" for mark in (*item.marks, *source.module.marks)):
        return True
    names = (source.names.resolve(callee(decorator)) for decorator in function.decorator_list)
    return "unittest.skip" in names
