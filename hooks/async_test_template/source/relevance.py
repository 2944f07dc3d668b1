"""Which files the index of fixtures and tests needs, found by searching their bytes.

A file without any of these words has nothing async in it, and no fixture or hook that matters to a
test which has. It is parsed only if a rule looks for something else in it (`Rule.where`).
"""

import re

from async_test_template.source.words import Words

_WORDS_OF_TESTS = (
    rb"async|event_loop|anyio|httpx|aiohttp|testclient|pytest_plugins|mark\.timeout"
    # It is not Python code, and the reader of the file says so.
    rb"|\0"
)
#: Other files matter where they hold fixtures, hooks or clients; async code alone is no reason.
_IN_OTHERS = re.compile(
    rb"fixture|collect_ignore|async[ \t]+def[ \t]+(?:test|setup_|teardown_)"
    rb"|pytest(?:mark|_(?:async_guard|asyncio|configure|plugins|pyfunc_call|pycollect_make"
    rb"|collection_modifyitems|itemcollected))"
    rb"|mark\.timeout|\.asyncio\b|asyncio(?:\.| import )coroutine"
    rb"|anyio|event_loop|AsyncClient|Client\(|testclient|aiohttp|httpx|TestCase|asynctest"
)


def is_indexed(words: Words, *, holds_tests: bool) -> bool:
    """Tell whether a file may have something that the index needs.

    Args:
        words: its words.
        holds_tests: pytest collects tests from a file of this name.

    """
    if holds_tests:
        return words.hold(_WORDS_OF_TESTS)
    return _IN_OTHERS.search(words.data) is not None
