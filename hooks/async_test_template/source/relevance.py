"""Which files the index of fixtures and tests holds, told by searching their bytes.

A file without any of these words has nothing async in it, and no fixture or hook that matters to a
test which has. It is parsed only if a rule looks for something else in it (`Rule.where`).
"""

import re

# Searching for a plain word is far faster than for a pattern, and far faster than parsing.
_WORDS_OF_TESTS = (
    b"async",
    b"event_loop",
    b"anyio",
    b"httpx",
    b"aiohttp",
    b"testclient",
    b"pytest_plugins",
    b"mark.timeout",
    # No Python code: whoever reads the file says so.
    b"\0",
)
#: Other files matter where they hold fixtures, hooks or clients; async code alone is no reason.
_IN_OTHERS = re.compile(
    rb"fixture|collect_ignore|async[ \t]+def[ \t]+(?:test|setup_|teardown_)"
    rb"|pytest(?:mark|_(?:asyncio|configure|plugins|pyfunc_call|pycollect_make|collection_modifyitems"
    rb"|itemcollected))"
    rb"|mark\.timeout|\.asyncio\b|asyncio\.coroutine"
    rb"|anyio|event_loop|AsyncClient|Client\(|testclient|aiohttp|httpx|TestCase|asynctest"
)


def is_indexed(data: bytes, *, holds_tests: bool) -> bool:
    """Tell whether a file may hold something that the index is asked for.

    Args:
        data: its bytes.
        holds_tests: pytest collects tests from a file of this name.

    """
    if not holds_tests:
        return _IN_OTHERS.search(data) is not None
    return any(word in data for word in _WORDS_OF_TESTS)
