"""Which files are worth parsing, told by searching their bytes."""

import re

#: A test file without any of these words has nothing async in it, and is never parsed. Searching
#: for a plain word is far faster than for a pattern, and far faster than parsing.
_WORDS_OF_TESTS = (
    b"async",
    b"event_loop",
    b"anyio",
    b"httpx",
    b"aiohttp",
    b"testclient",
    b"yield_fixture",
    b"pytest_plugins",
    b"mark.timeout",
    b"def setup(",
    b"def teardown(",
    b"importorskip",
    b"warns(None",
    b"allow_redirects",
)
#: Words that are rare in other files, and say enough there.
_WORDS_OF_OTHERS = (b".on_event(", b"on_startup=", b"on_shutdown=", b"allow_redirects")
#: Other files matter where they hold fixtures, hooks or clients; async code alone is no reason.
_IN_OTHERS = re.compile(
    rb"fixture|async[ \t]+def[ \t]+(?:test|setup_|teardown_)|def[ \t]+(?:setup|teardown)\("
    rb"|pytest(?:mark|_(?:asyncio|configure|plugins|pyfunc_call|pycollect_make|collection_modifyitems"
    rb"|itemcollected|ignore_collect|collect_file|report_))"
    rb"|mark\.(?:timeout|tryfirst|trylast|hookwrapper|optionalhook)|\.asyncio\b|asyncio\.coroutine"
    rb"|anyio|event_loop|AsyncClient|Client\(|testclient|aiohttp|httpx|TestCase|importorskip"
    rb"|asynctest|inicfg|warns\(None|uvloop|set_event_loop_policy"
)
# In a test file without async code a fixture matters when it has a mark or a scope by position,
# which stop pytest, or when it stands in a class and is wider than a function.
# One pattern each: each begins with a plain byte, which `re` looks for at once. Between a decorator
# and the `def` below it stand only other decorators.
_LINES = (
    rb"[^\n]*\n(?:(?![ \t]*(?:async[ \t]+)?(?:def|class)[ \t])[^\n]*\n){0,20}?[ \t]*@(?:\w+\.)?"
)
_ODD_FIXTURES = (
    re.compile(rb"@(?:\w+\.)?fixture\b" + _LINES + rb"mark\."),
    re.compile(rb"@(?:\w+\.)?mark\." + _LINES + rb"fixture"),
    re.compile(rb"fixture\(\s*[\"']"),
    re.compile(rb"\n[ \t]+@(?:\w+\.)?fixture\((?:(?!\bdef\b)[\s\S]){0,2000}?scope"),
)


def is_relevant(data: bytes, *, holds_tests: bool) -> bool:
    """Tell whether a file may hold something that a rule asks for.

    Args:
        data: its bytes.
        holds_tests: pytest collects tests from a file of this name.

    """
    if not holds_tests:
        return any(word in data for word in _WORDS_OF_OTHERS) or _IN_OTHERS.search(data) is not None
    return any(word in data for word in _WORDS_OF_TESTS) or any(
        pattern.search(data) for pattern in _ODD_FIXTURES
    )
