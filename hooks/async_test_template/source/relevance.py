"""Which files the index of fixtures and tests needs, found by searching their bytes.

A file without any of these words has nothing async in it, and no fixture or hook that matters to a
test which has. It is parsed only if a rule looks for something else in it (`Rule.where`).
"""

import re
from collections.abc import Iterator

from async_test_template.source.items import Module
from async_test_template.source.words import Words

_WORDS_OF_TESTS = (
    rb"async[ \t]+def|async[ \t]+with|async[ \t]+for|async[ \t]*\\|await"
    rb"|asyncio|asynctest|async_generator|event_loop|anyio|pytest_plugins|mark\.timeout"
    # It is not Python code, and the reader of the file says so.
    b"|\0"
)
#: Other files matter where they hold fixtures, hooks or test classes; async code is no reason.
_WORDS_OF_OTHERS = (
    rb"fixture|collect_ignore|async[ \t]+def[ \t]+test|async[ \t]+def[ \t]+setup_"
    rb"|async[ \t]+def[ \t]+teardown_"
    rb"|pytestmark|pytest_async_guard|pytest_asyncio|pytest_configure|pytest_plugin"
    rb"|pytest_pyfunc_call|pytest_pycollect_make|pytest_collection_modifyitems"
    rb"|pytest_itemcollected|mark\.timeout|mark\.asyncio|mark\.anyio|anyio_backend"
    rb"|asyncio\.coroutine|asyncio import coroutine|\bevent_loop\b"
    rb"|TestCase|TestClient\s*[,)]|asynctest"
)
_CLIENTS = rb"AsyncClient|Client\(|testclient|aiohttp|httpx"
_OUTLINED = rb"anyio|event_loop|\.asyncio\b|" + _CLIENTS
_IMPORT = re.compile(
    rb"[ \t]*(?:lazy[ \t]+)?(?:from[ \t]+([\w.]+)[ \t]+import\b"
    rb"|import[ \t]+([\w.]+(?:[ \t]*,[ \t]*[\w.]+)*))"
)


def _imports(data: bytes) -> Iterator[re.Match[bytes]]:
    """Yield the lines that begin with an import; to look for the word first is far faster."""
    place = data.find(b"import")
    while place >= 0:
        match = _IMPORT.match(data, data.rfind(b"\n", 0, place) + 1)
        if match is not None:
            yield match
        place = data.find(b"import", max(place + 1, match.end() if match is not None else 0))


def is_indexed(words: Words, *, holds_tests: bool) -> bool:
    """Tell whether a file may have something that the index needs.

    Args:
        words: its words.
        holds_tests: pytest collects tests from a file of this name.

    """
    return words.hold(_WORDS_OF_TESTS if holds_tests else _WORDS_OF_OTHERS)


def is_of_tests(file: str) -> bool:
    """Tell whether a file belongs to the tests, by its name and where it is."""
    *folders, name = file.split("/")
    return (
        bool({"test", "tests"} & set(folders))
        or name == "conftest.py"
        or name.startswith("test_")
        or name.endswith("_test.py")
    )


def holds_clients(words: Words) -> bool:
    """Tell whether a file mentions a client of httpx, Starlette or aiohttp."""
    return words.hold(_CLIENTS)


def outline(file: str, words: Words, *, holds_tests: bool) -> Module | None:
    """Return what a file imports, found without parsing it; None if nobody asks for that.

    Whether a repository uses a library is told by what its code imports, and most of that code is
    in no test. What is in a text over several lines, such as a docstring, is no import.

    Args:
        file: its path from the root.
        words: its words.
        holds_tests: pytest collects tests from a file of this name.

    """
    if not words.hold(_OUTLINED):
        return None
    data = words.data
    imports: dict[str, int] = {}
    line, counted = 1, 0
    for match in _imports(data):
        before = data[: match.start()]
        if before.count(b'"""') % 2 or before.count(b"'''") % 2:
            continue
        line += data.count(b"\n", counted, match.start())
        counted = match.start()
        for name in (match[1] or match[2]).split(b","):
            imports.setdefault(name.strip().decode(errors="replace"), line)
    # Another process may send it, which cannot send the read-only defaults of the others.
    return Module(
        file, imports=imports, targets={}, aliases={}, holds_tests=holds_tests, is_outline=True
    )
